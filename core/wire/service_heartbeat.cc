#include "core/wire/service_heartbeat.h"

#include <optional>
#include <utility>

#include "core/wire/json_reader.h"

namespace arbees::wire {
namespace {

class ServiceHeartbeatDecoder final : public JsonVisitor {
 public:
  bool text(const JsonPlace& at, std::string_view value) override {
    if (at.in_array || !at.inner.empty()) {
      return at.key != "checks";
    }
    if (at.key == "service") {
      beat.service = ServiceName(value);
    } else if (at.key == "instance_id") {
      beat.instance = ServiceInstance(value);
    } else if (at.key == "status") {
      beat.status = value;
    } else if (at.key == "started_at") {
      beat.started_at = value;
    } else if (at.key == "hostname") {
      host = ServiceInstance(value);
    } else {
      return at.key != "checks";
    }
    return true;
  }
  bool integer(const JsonPlace& at, std::uint64_t /*value*/) override { return !is_known(at.key); }
  bool other_number(const JsonPlace& at) override { return !is_known(at.key); }
  bool flag(const JsonPlace& at, bool value) override {
    if (at.key == "checks" && !at.inner.empty()) {
      beat.checks.insert_or_assign(std::string(at.inner), value);
      return true;
    }
    if (at.key == "healthy" && at.inner.empty() && !at.in_array) {
      healthy = value;
    }
    return !is_known(at.key);
  }
  bool begins(const JsonPlace& at, JsonContainer container) override {
    if (at.key == "checks") {
      beat.checks.clear();
      return container == JsonContainer::object;
    }
    return !is_known(at.key);
  }

  ServiceHeartbeat beat;
  ServiceInstance host;
  std::optional<bool> healthy;  ///< what a listener says that has no word for its status

 private:
  static bool is_known(std::string_view key) {
    return key == "service" || key == "instance_id" || key == "status" || key == "started_at" ||
           key == "checks";
  }
};

}  // namespace

std::expected<ServiceHeartbeat, std::string> decode_service_heartbeat(std::string_view message) {
  ServiceHeartbeatDecoder decoder;
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(read.error());
  }
  if (decoder.beat.instance.empty()) {
    decoder.beat.instance = std::move(decoder.host);
  }
  if (decoder.beat.status.empty() && decoder.healthy) {
    decoder.beat.status = *decoder.healthy ? "healthy" : "degraded";
  }
  if (decoder.beat.service.empty() || decoder.beat.instance.empty()) {
    return std::unexpected("no \"service\" or no \"instance_id\"");
  }
  return std::move(decoder.beat);
}

}  // namespace arbees::wire
