#include <algorithm>
#include <charconv>
#include <ostream>

#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stellwerk::cli {
namespace {

/// Since a moment on the leader's clock, which may be ahead of ours.
std::string age(WallMs then, WallMs now) {
  return short_duration(std::max<WallMs>(0, now - then)) + " ago";
}

std::string joined(const std::vector<std::string>& labels) {
  std::string out;
  for (const auto& label : labels) out += (out.empty() ? "" : ",") + label;
  return out;
}

std::string render_workers(const std::vector<WorkerLine>& workers, Host& host) {
  std::vector<std::vector<Cell>> rows(1);
  for (const char* title : {"ID", "HOST", "PID", "SLOTS", "FREE", "STATE", "HEARD", "LOAD", "CPUS", "VERSION"})
    rows.front().push_back({title, Colour::bold});
  const WallMs now = host.wall_ms();
  for (const WorkerLine& worker : workers)
    rows.push_back({{worker.id},
                    {worker.host},
                    {std::to_string(worker.pid)},
                    {std::to_string(worker.slots)},
                    {std::to_string(worker.free), worker.free > 0 ? Colour::green : Colour::none},
                    {worker.away ? "away" : "registered", worker.away ? Colour::yellow : Colour::none},
                    {age(worker.heard_ms, now)},
                    {worker.load},
                    {std::to_string(worker.processors)},
                    {worker.version}});
  // Most clusters have none.
  if (std::any_of(workers.begin(), workers.end(), [](const auto& worker) { return !worker.labels.empty(); })) {
    rows.front().push_back({"LABELS", Colour::bold});
    for (std::size_t i = 0; i < workers.size(); ++i) rows[i + 1].push_back({joined(workers[i].labels)});
  }
  return render_table(rows, host.colour());
}

/// A follower whose leader does not answer shows what it heard last.
void say_if_stale(const http::ClientResponse& response, Host& host) {
  const auto stale = response.header("Stellwerk-Stale-Ms");
  if (!stale) return;
  long long ms = 0;
  std::from_chars(stale->data(), stale->data() + stale->size(), ms);
  host.err() << "The leader does not answer; this is what was known " << short_duration(ms) << " ago.\n";
}

}  // namespace

int list_workers(const WorkersArguments& arguments, Host& host) {
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  Conversation conversation(host, *config);
  const Outcome outcome = conversation.read("/taskmanagers");
  if (!outcome.ok()) return fail(host, outcome);
  const auto workers = read_workers(outcome.response.body);
  if (!workers) return fail(host, kExitNoLeader, "No master answered as one would: " + workers.error().text);
  say_if_stale(outcome.response, host);
  if (arguments.client.json)
    host.out() << outcome.response.body << '\n';
  else if (workers->empty())
    host.out() << "No workers are registered.\n";
  else
    host.out() << render_workers(*workers, host);
  return kExitDone;
}

}  // namespace stellwerk::cli
