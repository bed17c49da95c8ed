#include "prod/host.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "core/base/build_id.h"
#include "core/store/memory_store.h"
#include "prod/asio/boot_clock.h"
#include "prod/asio/loop.h"
#include "prod/asio/termination.h"
#include "prod/asio/transport.h"
#include "prod/events/alert_file.h"
#include "prod/events/event_file.h"
#include "prod/events/event_tail.h"
#include "prod/events/events.h"
#include "prod/events/recorder.h"
#include "prod/events/text_log.h"
#include "prod/signals/recorded_signal_feed.h"
#include "prod/store/worker_store.h"
#include "prod/system/entropy.h"

namespace arbees::prod {

class Host::Parts {
 public:
  Parts(const HostOptions& host_options, std::optional<EventFile> opened,
        std::optional<sqlite::StoreFile> stored)
      : options(host_options),
        file(std::move(opened)),
        alerts(host_options.alerts_file),
        log(host_options.log_level),
        events(host_options.node, clock, EventIds(seed), outputs()),
        store(make_store(std::move(stored))) {
    print_tail_on_assertion(&tail);
  }
  ~Parts() { print_tail_on_assertion(nullptr); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  std::unique_ptr<Store> make_store(std::optional<sqlite::StoreFile> stored) {
    if (stored)
      return std::make_unique<WorkerStore>(*std::move(stored), loop);
    return std::make_unique<MemoryStore>(memory, clock, false);
  }

  std::vector<EventOutput*> outputs() {
    // The tail first: if a later output fails an assertion, the event is in it.
    std::vector<EventOutput*> all{&tail};
    if (file)
      all.push_back(&*file);
    all.push_back(&alerts);
    all.push_back(&log);
    return all;
  }

  HostOptions options;
  std::uint64_t seed = system_seed();
  Loop loop;
  BootClock clock{loop.io()};
  AsioTransport transport{loop.io()};
  EventTail tail;
  std::optional<EventFile> file;
  AlertFile alerts;
  TextLog log;
  EventRecorder events;
  StoreImage memory;
  std::unique_ptr<Store> store;
  SeededEntropy entropy{seed};
  RecordedSignalFeed signals;
  Ports ports{.clock = clock,
              .transport = transport,
              .store = *store,
              .entropy = entropy,
              .signals = signals,
              .events = events,
              .process = loop};
};

namespace {

std::expected<std::optional<EventFile>, std::string> open_event_file(const HostOptions& options) {
  if (options.events_file.empty())
    return std::nullopt;
  EventFileHeader header;
  header.program = options.program;
  header.build = build_id();
  header.more = {{"node", options.node.str()}, {"pid", static_cast<std::uint64_t>(::getpid())}};
  return EventFile::open(options.events_file, std::move(header));
}

std::expected<std::optional<sqlite::StoreFile>, std::string> open_store_file(
    const HostOptions& options) {
  if (options.store_file.empty())
    return std::nullopt;
  auto opened = sqlite::StoreFile::open(options.store_file);
  if (!opened)
    return std::unexpected("--store: " + opened.error());
  return *std::move(opened);
}

}  // namespace

std::expected<std::unique_ptr<Host>, std::string> Host::create(const HostOptions& options) {
  auto file = open_event_file(options);
  if (!file)
    return std::unexpected(file.error());
  auto stored = open_store_file(options);
  if (!stored)
    return std::unexpected(stored.error());
  try {
    auto parts = std::make_unique<Parts>(options, *std::move(file), *std::move(stored));
    parts->events.record(ProcessStarted{.program = options.program,
                                        .version = std::string(build_id()),
                                        .pid = static_cast<std::uint64_t>(::getpid()),
                                        .entropy_seed = parts->seed},
                         EventId{});
    return std::unique_ptr<Host>(new Host(std::move(parts)));
  } catch (const std::system_error& error) {
    return std::unexpected(std::string("the system refuses what the program needs: ") +
                           error.what());
  }
}

Host::Host(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Host::~Host() = default;

Ports& Host::ports() { return parts_->ports; }

int Host::run(Program& program) {
  Parts& parts = *parts_;
  const TerminationSignals signals(parts.loop.io(), [&](int number) {
    parts.events.record(TerminationAsked{.signal = number == SIGINT ? "SIGINT" : "SIGTERM"},
                        EventId{});
    program.terminate();
  });
  parts.loop.post([&] { program.start(); });

  ExitCode code = ExitCode::internal_error;
  std::string why;
  try {
    code = parts.loop.run();
    why = parts.loop.why();
  } catch (const std::exception& error) {
    // Exceptions do not cross ports: the state behind this one is not known to be whole.
    why = std::string("an exception left a step: ") + error.what();
    print_internal_error("internal error: " + why);
  }
  parts.transport.flush();
  parts.events.record(
      ProcessEnding{.code = static_cast<std::uint64_t>(code), .why = std::move(why)}, EventId{});
  return static_cast<int>(code);
}

void leave(int code) {
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace arbees::prod
