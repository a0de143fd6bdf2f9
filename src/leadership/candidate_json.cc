#include "leadership/candidate_json.h"

#include "base/json.h"

namespace stellwerk::leadership {
namespace {

constexpr std::size_t kCandidateBytesMax = 4096;

std::string bounded(const std::string& text) {
  return text.substr(0, kCandidateTextMax);
}

}  // namespace

std::string encode_candidate(const Candidate& candidate) {
  json::object out;
  out["id"] = bounded(candidate.id);
  out["rest"] = bounded(candidate.rest);
  out["rpc"] = bounded(candidate.rpc);
  out["host"] = bounded(candidate.host);
  out["pid"] = candidate.pid;
  out["since"] = candidate.since_ms;
  return canonical_json(out);
}

Result<Candidate> decode_candidate(std::string_view text) {
  if (text.size() > kCandidateBytesMax) return make_error(Errc::damaged, "candidate is longer than 4096 bytes");
  const auto value = parse_json(text, "candidate");
  if (!value) return value.error();
  JsonFields fields(*value, "candidate");
  Candidate out;
  out.id = fields.string("id");
  out.rest = fields.string("rest");
  out.rpc = fields.string_or("rpc", "");
  out.host = fields.string_or("host", "");
  out.pid = fields.integer_or("pid", 0);
  out.since_ms = fields.integer_or("since", 0);
  for (const std::string* each : {&out.id, &out.rest, &out.rpc, &out.host}) {
    if (each->size() > kCandidateTextMax) fields.fail("id, rest, rpc, host", "at most 256 bytes each");
  }
  if (!fields.ok()) return fields.error();
  return out;
}

Candidate unreadable_candidate(std::string_view guid) {
  Candidate out;
  out.id = bounded(std::string(guid));
  out.host = "(unreadable)";
  return out;
}

}  // namespace stellwerk::leadership
