#include "prod/asio/transport.h"

#include <utility>

#include "prod/asio/stream.h"

namespace arbees::prod {
namespace {

/// What the core holds: its destruction is the abort.
class Handle final : public Connection {
 public:
  explicit Handle(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  ~Handle() override { stream_->abandon(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void write(std::string_view bytes) override { stream_->write(bytes); }
  [[nodiscard]] std::size_t queued_bytes() const override { return stream_->queued_bytes(); }
  void pause_reading() override { stream_->pause_reading(); }
  void resume_reading() override { stream_->resume_reading(); }
  void close() override { stream_->close(); }

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace

AsioTransport::AsioTransport(boost::asio::io_context& io, SocketLimits limits)
    : group_(std::make_shared<StreamGroup>(StreamGroup{.io = io, .limits = limits})) {}
AsioTransport::~AsioTransport() = default;

std::unique_ptr<Connection> AsioTransport::connect(const Endpoint& endpoint,
                                                   ConnectionHandler& handler) {
  auto stream = std::make_shared<Stream>(group_, endpoint, handler);
  stream->begin();
  return std::make_unique<Handle>(std::move(stream));
}

void AsioTransport::flush() {
  for (Stream* stream : group_->alive)
    stream->flush_now();
}

}  // namespace arbees::prod
