#include <algorithm>
#include <charconv>
#include <ostream>

#include "base/text.h"
#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/show_logs.h"
#include "cli/verbs.h"
#include "http/error_text.h"
#include "http/syntax.h"
#include "model/job_spec.h"

namespace stellwerk::cli {
namespace {

/// Most names that a sentence lists.
constexpr std::size_t kNamesMax = 10;

/// Some subtasks of a vertex: from `first`, `count` of them.
struct Chosen {
  const VertexLine* vertex = nullptr;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

const VertexLine* find_vertex(const JobDetails& job, std::string_view name) {
  const std::string id = model::vertex_id(name);
  const auto found =
      std::find_if(job.vertices.begin(), job.vertices.end(), [&](const VertexLine& each) { return each.id == id; });
  return found == job.vertices.end() ? nullptr : &*found;
}

std::string names_of(const JobDetails& job) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kNamesMax, job.vertices.size()); ++i)
    out += (i == 0 ? "" : ", ") + job.vertices[i].name;
  return out + (job.vertices.size() > kNamesMax ? ", ..." : "");
}

/// `what`: "", "VERTEX" or "VERTEX/SUBTASK". A vertex whose name has a slash comes first.
Result<std::vector<Chosen>> choose(const JobDetails& job, const std::string& what) {
  std::vector<Chosen> out;
  if (what.empty()) {
    for (const VertexLine& vertex : job.vertices) out.push_back({&vertex, 0, vertex.parallelism});
    return out;
  }
  if (const VertexLine* const vertex = find_vertex(job, what))
    return std::vector<Chosen>{{vertex, 0, vertex->parallelism}};
  const std::size_t slash = what.rfind('/');
  const VertexLine* const vertex = slash == std::string::npos ? nullptr : find_vertex(job, what.substr(0, slash));
  if (vertex == nullptr)
    return Error{Errc::not_found,
                 "Job " + job.id + " has no vertex " + shown(what.substr(0, slash)) + "; it has " + names_of(job)};
  const std::string_view number = std::string_view(what).substr(slash + 1);
  std::int64_t subtask = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), subtask);
  if (fault != std::errc{} || end != number.data() + number.size() || subtask < 1 || subtask > vertex->parallelism)
    return Error{Errc::not_found, "Vertex " + vertex->name + " has no subtask " + shown(number) + "; they are 1 to " +
                                      std::to_string(vertex->parallelism)};
  return std::vector<Chosen>{{vertex, subtask - 1, 1}};
}

tail::File file_of(const VertexLine& vertex, std::int64_t subtask, const std::string& path, std::string_view stream) {
  const std::string number = std::to_string(subtask + 1);
  const bool many = vertex.parallelism > 1;
  return {.target = path + "/subtasks/" + std::to_string(subtask) + '/' + std::string(stream),
          .title = vertex.name + " (" + number + '/' + std::to_string(vertex.parallelism) + ')',
          .prefix = vertex.name + (many ? ' ' + number : "") + "> ",
          .subtask = subtask};
}

Result<tail::Options> options_for(const JobDetails& job, const LogsArguments& arguments, const std::string& path) {
  const auto chosen = choose(job, arguments.what);
  if (!chosen) return chosen.error();
  std::int64_t count = 0;
  for (const Chosen& each : *chosen) count += std::clamp<std::int64_t>(each.count, 0, model::kParallelismMax);
  const std::size_t most = arguments.follow ? tail::kFollowedMax : tail::kShownMax;
  if (static_cast<std::size_t>(count) > most)
    return make_error(Errc::invalid, std::to_string(count) + " subtasks are too many: at most " + std::to_string(most) +
                                         " can be " + (arguments.follow ? "followed" : "shown") + " at once; name " +
                                         (chosen->size() > 1 ? "a vertex (VERTEX) or a subtask (VERTEX/SUBTASK)"
                                                             : "a subtask (VERTEX/SUBTASK)"));
  if (count == 0) return make_error(Errc::not_found, "Job " + job.id + " has no subtasks");
  tail::Options out;
  for (const auto& [vertex, first, number] : *chosen) {
    const std::string of_vertex = path + "/vertices/" + vertex->id;
    for (std::int64_t i = first; i < first + number; ++i) {
      out.files.push_back(file_of(*vertex, i, of_vertex, arguments.errors ? "stderr" : "stdout"));
      out.files.back().place = out.places.size();
    }
    out.places.push_back(number == 1 ? of_vertex + "/subtasks/" + std::to_string(first) : of_vertex);
  }
  if (out.files.size() == 1) out.files.front().prefix.clear();
  out.status = path + "/status";
  return out;
}

int show(tail::Options options, const LogsArguments& arguments, Conversation& conversation, Host& host) {
  options.follow = arguments.follow;
  options.patience = conversation.timeout();
  if (arguments.follow) host.catch_interrupts();
  return show_logs(std::move(options), conversation, host);
}

int of_worker(const LogsArguments& arguments, Conversation& conversation, Host& host) {
  const std::string path = "/taskmanagers/" + http::escape_segment(arguments.worker);
  // So that an unknown one, or a cluster that is not there, is known at once.
  const Outcome outcome = conversation.read(path);
  if (!outcome.ok()) return fail(host, outcome);
  tail::Options options;
  options.files.push_back({.target = path + (arguments.output ? "/stdout" : "/log"),
                           .title = "Worker " + escaped(arguments.worker, http::kErrorBytesMax)});
  return show(std::move(options), arguments, conversation, host);
}

int of_job(const LogsArguments& arguments, const JobId& id, Conversation& conversation, Host& host) {
  const std::string path = "/jobs/" + id.text();
  const Outcome outcome = conversation.read(path);
  if (!outcome.ok()) return fail(host, outcome);
  const auto job = read_job(outcome.response.body);
  if (!job) return fail(host, kExitNoLeader, "No master answered as one would: " + job.error().text);
  auto options = options_for(*job, arguments, path);
  if (!options)
    return fail(host, options.error().code == Errc::not_found ? kExitRefused : kExitUsage, options.error().text);
  return show(std::move(*options), arguments, conversation, host);
}

}  // namespace

int show_logs_of(const LogsArguments& arguments, Host& host) {
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const auto id = arguments.worker.empty() ? JobId::parse(arguments.job) : Result<JobId>(JobId{});
  if (!id) {
    host.err() << bad_job_id(arguments.job).text;
    return kExitUsage;
  }
  Conversation conversation(host, *config);
  return arguments.worker.empty() ? of_job(arguments, *id, conversation, host)
                                  : of_worker(arguments, conversation, host);
}

}  // namespace stellwerk::cli
