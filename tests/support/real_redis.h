#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace arbees::testing {

/// What a test's server is: redis-server from PATH, or our model of it on real sockets.
enum class RedisProgram { redis_server, served_model };

/// A real redis-server of the test's own: on a free loopback port and a Unix socket, in
/// a folder of its own, without persistence. Ends with the object, and with the test if that
/// crashes.
///
/// Use it from the test's main thread: the kernel ends the server when the thread that started it
/// ends. Every wait has a deadline (10 s); what goes wrong is thrown as std::runtime_error with the
/// end of the server's log.
class RealRedis {
 public:
  /// `arguments` are added to the command line, e.g. {"--maxclients", "1"}. Starts the server.
  explicit RealRedis(std::vector<std::string> arguments = {},
                     RedisProgram program = RedisProgram::redis_server);
  ~RealRedis();
  RealRedis(const RealRedis&) = delete;
  RealRedis& operator=(const RealRedis&) = delete;

  /// Starts it, again on the same port and path and with nothing in memory, and waits until it
  /// answers.
  void start();
  /// SIGTERM: it ends in order. Waits for the end.
  void stop();
  /// SIGKILL. Waits for the end.
  void kill();
  /// SIGSTOP: it keeps its connections and port and does nothing. Waits until it stands.
  void freeze();
  /// SIGCONT.
  void thaw();

  [[nodiscard]] bool running() const { return process_ > 0; }
  [[nodiscard]] pid_t pid() const { return process_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }
  [[nodiscard]] std::string log() const;

 private:
  void spawn();
  [[nodiscard]] std::vector<std::string> command_line() const;
  void wait_until_it_answers();
  [[nodiscard]] bool answers() const;
  [[nodiscard]] bool ended_within_a_moment();
  void end_with(int signal);
  void signal(int number) const;
  void reap();
  [[noreturn]] void fail(const std::string& what) const;

  std::vector<std::string> arguments_;
  RedisProgram program_;
  std::filesystem::path folder_;
  std::string socket_path_;
  std::uint16_t port_;
  pid_t process_ = 0;
  int process_fd_ = -1;  // readable once the process has ended
};

}  // namespace arbees::testing
