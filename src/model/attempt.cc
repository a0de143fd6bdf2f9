#include "model/attempt.h"

#include <array>
#include <charconv>

#include "base/json.h"
#include "base/json_writer.h"
#include "model/job.h"
#include "model/versioned.h"

namespace stellwerk::model {
namespace {

constexpr std::array<std::string_view, 3> kEnds{"FINISHED", "FAILED", "CANCELED"};

/// The number before the next '/', or at the end; -1 if there is none. Takes it from `text`.
std::int64_t take_number(std::string_view& text) {
  std::int64_t number = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number < 0) return -1;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  if (text.empty()) return number;
  if (text.front() != '/' || text.size() == 1) return -1;
  text.remove_prefix(1);
  return number;
}

}  // namespace

std::string AttemptId::text() const {
  return job.text() + '/' + std::to_string(task.vertex) + '/' + std::to_string(task.subtask) + '/' +
         std::to_string(number);
}

Result<AttemptId> parse_attempt_id(std::string_view text) {
  const auto wrong = [whole = std::string(text)] {
    return make_error(Errc::invalid, "\"" + whole + "\" is no attempt: <job>/<vertex>/<subtask>/<number> is expected");
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return wrong();
  const auto job = JobId::parse(text.substr(0, slash));
  if (job.has_error()) return wrong();
  std::string_view rest = text.substr(slash + 1);
  const std::int64_t vertex = take_number(rest);
  const std::int64_t subtask = vertex < 0 || rest.empty() ? -1 : take_number(rest);
  const std::int64_t number = subtask < 0 || rest.empty() ? -1 : take_number(rest);
  if (number < 0 || !rest.empty() || vertex >= static_cast<std::int64_t>(kVerticesMax) || subtask >= kParallelismMax ||
      number > std::numeric_limits<std::int32_t>::max())
    return wrong();
  AttemptId id;
  id.job = *job;
  id.task = {static_cast<std::int32_t>(vertex), static_cast<std::int32_t>(subtask)};
  id.number = static_cast<std::int32_t>(number);
  return id;
}

std::string_view to_string(AttemptEnd end) noexcept {
  return kEnds[static_cast<std::size_t>(end)];
}

std::optional<AttemptEnd> parse_attempt_end(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kEnds.size(); ++i)
    if (kEnds[i] == text) return static_cast<AttemptEnd>(i);
  return std::nullopt;
}

std::string encode_attempt(const Attempt& attempt) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  if (attempt.end) out.member("end", attempt.end_ms);
  out.member("host", attempt.host);
  if (attempt.end) out.member("how", to_string(*attempt.end));
  out.member("incarnation", attempt.incarnation).member("n", attempt.number).member("start", attempt.start_ms);
  out.member("v", kJobSchema).member("worker", attempt.worker).end_object();
  return text;
}

Result<Attempt> decode_attempt(std::string_view text) {
  constexpr const char* kWhat = "an attempt";
  auto value = parse_versioned(text, kWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, kWhat);
  fields.only({"end", "host", "how", "incarnation", "n", "start", "v", "worker"});
  Attempt attempt;
  const std::int64_t number = fields.integer("n");
  if (number < 0 || number > std::numeric_limits<std::int32_t>::max()) fields.fail("n", "a number from 0");
  attempt.number = static_cast<std::int32_t>(number);
  attempt.worker = fields.string("worker");
  attempt.incarnation = fields.integer("incarnation");
  attempt.host = fields.string("host");
  attempt.start_ms = fields.integer("start");
  if (fields.has("how")) {
    attempt.end = parse_attempt_end(fields.string("how"));
    if (!attempt.end) fields.fail("how", "FINISHED, FAILED or CANCELED");
    attempt.end_ms = fields.integer("end");
  }
  if (!fields.ok()) return fields.error();
  return attempt;
}

}  // namespace stellwerk::model
