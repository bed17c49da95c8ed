#include "sim/recording/failure_file.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/assert.h"
#include "core/base/build_id.h"
#include "sim/json/json_writer.h"
#include "sim/report/output_file.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

using nlohmann::json;

std::string hexadecimal(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16);
  return {digits, end.ptr};
}

std::uint64_t number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || end.ec != std::errc{} || end.ptr != text.data() + text.size()) {
    throw std::invalid_argument(in_quotes(text) + " is no number");
  }
  return value;
}

Duration span(const std::string& text) {
  const std::optional<Duration> value = parse_span(text);
  if (!value) {
    throw std::invalid_argument(in_quotes(text) + " is no span of time");
  }
  return *value;
}

std::string joined(const std::vector<std::uint64_t>& draws) {
  std::string text;
  for (const std::uint64_t draw : draws) {
    text.append(text.empty() ? "" : " ").append(hexadecimal(draw));
  }
  return text;
}

std::vector<std::uint64_t> split(std::string_view text) {
  std::vector<std::uint64_t> draws;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    draws.push_back(number(text.substr(0, space), 16));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return draws;
}

void write_moments(JsonWriter& out, std::string_view key, const std::vector<SimTime>& moments) {
  std::string text;
  for (const SimTime moment : moments) {
    text.append(text.empty() ? "" : " ").append(span_text(moment.time_since_epoch()));
  }
  out.member(key, text);
}

void write_schedule(JsonWriter& out, const ResolvedSchedule& schedule) {
  out.key("schedule");
  out.open_object();
  out.key("parameters");
  out.open_object();
  for (const auto& [name, value] : schedule.parameters) {
    out.member(name, span_text(value));
  }
  out.close();
  out.key("episodes");
  out.open_list();
  for (const auto& [name, moments] : schedule.times) {
    out.item();
    out.open_object();
    out.member("fault", name);
    write_moments(out, "started", moments.started);
    write_moments(out, "healed", moments.healed);
    out.close();
  }
  out.close();
  out.close();
}

void write_run(JsonWriter& out, const FailureFile& file) {
  out.key("scenario");
  out.open_object();
  out.member("name", file.scenario_name);
  out.member("text", file.scenario_text);
  out.close();
  out.member("policy", file.policy);
  out.key("policy_settings");
  out.open_object();
  for (const auto& [policy, source] : file.policy_settings) {
    out.key(policy);
    out.open_object();
    for (const auto& [name, value] : source.values) {
      out.member(name, value);
    }
    out.close();
  }
  out.close();
  out.member("seed", std::to_string(file.seed));
  out.key("parameters");
  out.open_object();
  for (const auto& [name, range] : file.parameters) {
    out.member(name, span_text(range));
  }
  out.close();
  if (file.duration) {
    out.member("duration", span_text(*file.duration));
  }
  write_schedule(out, file.schedule);
  out.key("tape");
  out.open_object();
  for (const auto& [name, draws] : file.tape) {
    out.member(name, joined(draws));
  }
  out.close();
}

void write_outcome(JsonWriter& out, const FailureFile& file) {
  out.member("digest", file.digest);
  out.member("items", file.items);
  out.key("ladder");
  out.open_list();
  for (const Checkpoint& rung : file.ladder) {
    out.item();
    out.text(std::to_string(rung.items) + " " +
             std::to_string(rung.time.time_since_epoch().count()) + " " + hexadecimal(rung.digest));
  }
  out.close();
  out.key("failure");
  out.open_object();
  out.member("subject", file.failure.subject);
  out.member("kind", file.failure.kind);
  out.member("text", file.failure.text);
  if (file.failure.at) {
    out.member("at", span_text(file.failure.at->time_since_epoch()));
  }
  if (!file.failure.event.none()) {
    out.member("event", file.failure.event.value());
  }
  out.close();
  out.member("repro", file.repro);
}

Checkpoint rung_of(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = text.rfind(' ');
  if (first == std::string_view::npos || first == second) {
    throw std::invalid_argument(in_quotes(text) + " is no rung of a ladder");
  }
  return {.items = number(text.substr(0, first), 10),
          .time = SimTime(Duration(
              static_cast<std::int64_t>(number(text.substr(first + 1, second - first - 1), 10)))),
          .digest = number(text.substr(second + 1), 16)};
}

Failing failing_of(const json& object) {
  Failing failing{.subject = object.at("subject").get<std::string>(),
                  .kind = object.at("kind").get<std::string>(),
                  .text = object.at("text").get<std::string>(),
                  .at = {},
                  .event = {}};
  if (object.contains("at")) {
    failing.at = SimTime(span(object.at("at").get<std::string>()));
  }
  if (object.contains("event")) {
    failing.event = EventId(object.at("event").get<std::uint64_t>());
  }
  return failing;
}

FailureFile file_of(const json& object) {
  FailureFile file;
  file.build = object.at("build").get<std::string>();
  file.scenario_name = object.at("scenario").at("name").get<std::string>();
  file.scenario_text = object.at("scenario").at("text").get<std::string>();
  file.policy = object.at("policy").get<std::string>();
  for (const auto& [policy, settings] : object.at("policy_settings").items()) {
    file.policy_settings[policy] = {"policy " + policy,
                                    settings.get<std::map<std::string, std::string>>()};
  }
  file.seed = number(object.at("seed").get<std::string>(), 10);
  for (const auto& [name, range] : object.at("parameters").items()) {
    const auto read = parse_span_range(range.get<std::string>());
    if (!read) {
      throw std::invalid_argument("parameter " + in_quotes(name) + " is no span of time");
    }
    file.parameters[name] = *read;
  }
  if (object.contains("duration")) {
    file.duration = span(object.at("duration").get<std::string>());
  }
  for (const auto& [name, draws] : object.at("tape").items()) {
    file.tape[name] = split(draws.get<std::string>());
  }
  file.digest = object.at("digest").get<std::string>();
  file.items = object.at("items").get<std::uint64_t>();
  for (const json& rung : object.at("ladder")) {
    file.ladder.push_back(rung_of(rung.get<std::string>()));
  }
  file.failure = failing_of(object.at("failure"));
  file.repro = object.at("repro").get<std::string>();
  return file;
}

}  // namespace

Tape schedule_tape(const Tape& all) {
  Tape schedule;
  for (const auto& [name, draws] : all) {
    if (name.starts_with("fault:") || name.starts_with("parameter:") ||
        name.starts_with("start:")) {
      schedule.emplace(name, draws);
    }
  }
  return schedule;
}

FailureFile failure_of(const LoadedScenario& loaded, const RunRequest& request,
                       const RunResult& result, const std::string& repro) {
  ensure(request.tape.kept != nullptr, "the draws of the run were kept");
  const std::vector<Failing> all = failings(result);
  ensure(!all.empty(), "the run failed");
  return {.build = std::string(build_id()),
          .scenario_name = result.scenario,
          .scenario_text = loaded.text,
          .policy_settings = loaded.policies,
          .policy = result.policy,
          .seed = result.seed,
          .parameters = request.parameters,
          .duration = request.duration,
          .schedule = result.schedule,
          .tape = schedule_tape(*request.tape.kept),
          .digest = digest_text(result.digest),
          .items = result.digest.items(),
          .ladder = result.digest.ladder(),
          .failure = all.front(),
          .repro = repro};
}

std::string failure_json(const FailureFile& file) {
  JsonWriter out;
  out.open_object();
  out.member("schema", failure_schema);
  out.member("schema_version", failure_version);
  out.member("build", file.build);
  write_run(out, file);
  write_outcome(out, file);
  out.close();
  return out.take();
}

bool is_failure_text(std::string_view text) {
  constexpr std::size_t looked_at = 200;
  return text.substr(0, looked_at).find(failure_schema) != std::string_view::npos;
}

std::expected<FailureFile, std::string> parse_failure(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("schema") ||
      object["schema"] != std::string(failure_schema)) {
    return std::unexpected("not a failure file; expected one that `arbees-chaos run --out` wrote");
  }
  try {
    const auto version = object.at("schema_version").get<std::uint64_t>();
    if (version != failure_version) {
      return std::unexpected("its schema_version is " + std::to_string(version) +
                             ", and this program reads " + std::to_string(failure_version));
    }
    return file_of(object);
  } catch (const json::exception& error) {
    return std::unexpected("a damaged failure file: " + std::string(error.what()));
  } catch (const std::invalid_argument& error) {
    return std::unexpected("a damaged failure file: " + std::string(error.what()));
  }
}

std::expected<std::string, std::string> write_failure(const std::filesystem::path& folder,
                                                      const FailureFile& file) {
  if (auto made = make_output_folder(folder); !made) {
    return std::unexpected(made.error());
  }
  const std::filesystem::path path = folder / (file.scenario_name + "-" + file.policy + "-" +
                                               std::to_string(file.seed) + ".failure.json");
  if (auto written = write_output(path, failure_json(file)); !written) {
    return std::unexpected(written.error());
  }
  return path.string();
}

bool FailureFile::same_build() const { return build == build_id(); }

RunRequest FailureFile::request(const Scenario& scenario) const {
  return {.scenario = scenario,
          .policy = *scenario.policy(policy),
          .seed = seed,
          .parameters = parameters,
          .duration = duration,
          .tape = {.given = same_build() ? nullptr : &tape}};
}

std::expected<OpenedFailure, std::string> open_failure(std::string_view text,
                                                       std::string_view name) {
  auto file = parse_failure(text);
  if (!file) {
    return std::unexpected(std::string(name) + ": " + file.error());
  }
  auto scenario = read_scenario(file->scenario_text, file->policy_settings);
  if (!scenario) {
    return std::unexpected(
        problem_text(std::string(name) + ": the scenario in it", scenario.error()));
  }
  if (scenario->policy(file->policy) == nullptr) {
    return std::unexpected(std::string(name) + ": its scenario says nothing about its policy, " +
                           in_quotes(file->policy));
  }
  for (const auto& [parameter, range] : file->parameters) {
    if (scenario->parameter(parameter) == nullptr) {
      return std::unexpected(std::string(name) + ": its scenario has no parameter " +
                             in_quotes(parameter));
    }
  }
  LoadedScenario loaded{std::string(name), std::move(*scenario), file->scenario_text,
                        file->policy_settings};
  return OpenedFailure{std::move(*file), std::move(loaded)};
}

}  // namespace arbees::sim
