#include "api/metrics.h"

#include <charconv>

#include "api/worker_views.h"
#include "base/text.h"
#include "jobs/metric_views.h"

namespace stellwerk::api {
namespace {

using master::MasterView;
using master::Role;

/// Jobs and workers that have series of their own: each has about ten.
constexpr std::size_t kJobSeriesMax = 1'000;
constexpr std::size_t kWorkerSeriesMax = 1'000;

struct Label {
  std::string_view name;
  std::string_view value;
};

std::string number(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

class Page {
 public:
  Page& family(std::string name, std::string_view type, std::string_view help) {
    name_ = std::move(name);
    text_ += "# HELP ";
    text_ += name_;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name_;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
    return *this;
  }

  void sample(double value, std::initializer_list<Label> labels = {}, std::string_view suffix = {}) {
    text_ += name_;
    text_ += suffix;
    if (labels.size() > 0) {
      char before = '{';
      for (const Label& label : labels) {
        text_ += before;
        text_ += label.name;
        text_ += "=\"";
        append_escaped(label.value);
        text_ += '"';
        before = ',';
      }
      text_ += '}';
    }
    text_ += ' ';
    text_ += number(value);
    text_ += '\n';
  }

  void gauge(std::string name, std::string_view help, double value) {
    family(std::move(name), "gauge", help).sample(value);
  }
  void counter(std::string name, std::string_view help, double value) {
    family(std::move(name), "counter", help).sample(value);
  }

  std::string take() { return std::move(text_); }

 private:
  void append_escaped(std::string_view value) {
    const bool utf8 = !find_bad_utf8(value).has_value();
    for (const char c : value) {
      if (c == '\\' || c == '"') text_ += '\\';
      if (c == '\n')
        text_ += "\\n";
      else
        text_ += !utf8 && static_cast<unsigned char>(c) >= 0x80 ? '?' : c;
    }
  }

  std::string text_;
  std::string name_;
};

double seconds(std::chrono::duration<double> duration) {
  return duration.count();
}

void add_workers(Page& page, const jobs::WorkerTable& workers) {
  const WorkerCounts counts = count_workers(workers);
  page.gauge("flink_jobmanager_numRegisteredTaskManagers", "Workers that are registered with this master.",
             static_cast<double>(counts.workers));
  page.gauge("flink_jobmanager_taskSlotsTotal", "Slots of all workers.", static_cast<double>(counts.slots));
  page.gauge("flink_jobmanager_taskSlotsAvailable", "Slots that are free.", static_cast<double>(counts.free));
}

void add_jobs(Page& page, const jobs::ClusterState& state) {
  const jobs::JobCounts& counts = state.counts();
  page.gauge("flink_jobmanager_numRunningJobs", "Jobs that have not ended.", static_cast<double>(counts.running));
  page.family("stellwerk_jobs", "gauge", "Jobs that are known in detail, by how they are.");
  page.sample(static_cast<double>(counts.running), {{"state", "running"}});
  page.sample(static_cast<double>(counts.finished), {{"state", "finished"}});
  page.sample(static_cast<double>(counts.canceled), {{"state", "canceled"}});
  page.sample(static_cast<double>(counts.failed), {{"state", "failed"}});
  page.gauge("stellwerk_quarantined_jobs", "Jobs whose records are damaged.",
             static_cast<double>(state.quarantined().size()));
  page.counter("stellwerk_evicted_jobs_total", "Ended jobs that were forgotten.",
               static_cast<double>(state.evicted_count()));
}

/// Of jobs that have not ended, each of Flink's numbers as a family of its own.
void add_job_series(Page& page, const jobs::ClusterState& state, WallMs now) {
  std::vector<std::pair<std::string, const model::JobState*>> shown;
  std::int64_t left_out = 0;
  state.jobs().for_each([&](const std::string& id, const jobs::JobEntry& job) {
    if (!job.state || is_terminal(job.state->status)) return;
    if (shown.size() < kJobSeriesMax)
      shown.emplace_back(id, &*job.state);
    else
      ++left_out;
  });
  std::vector<jobs::Metrics> metrics;
  metrics.reserve(shown.size());
  for (const auto& [id, job] : shown) metrics.push_back(jobs::job_metrics(*job, now));
  for (std::size_t i = 0; !metrics.empty() && i < metrics[0].size(); ++i) {
    page.family("flink_jobmanager_job_" + metrics[0][i].id, "gauge", "As /jobs/:jobid/metrics has it; times in ms.");
    for (std::size_t job = 0; job < shown.size(); ++job)
      page.sample(metrics[job][i].value, {{"job_id", shown[job].first}, {"job_name", shown[job].second->name}});
  }
  page.gauge("stellwerk_jobs_without_series", "Jobs that are left out here, because there are too many.",
             static_cast<double>(left_out));
}

/// "Status.Host.CPU.Load" as Flink's reporter writes it.
std::string series_name(std::string_view id) {
  std::string name = "flink_taskmanager_" + std::string(id);
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

void add_worker_series(Page& page, const jobs::WorkerTable& workers) {
  std::vector<const jobs::WorkerEntry*> shown;
  workers.entries().for_each([&](const std::string&, const jobs::WorkerEntry& worker) {
    if (shown.size() < kWorkerSeriesMax) shown.push_back(&worker);
  });
  std::vector<jobs::Metrics> metrics;
  metrics.reserve(shown.size());
  for (const auto* worker : shown) metrics.push_back(jobs::worker_metrics(*worker));
  for (std::size_t i = 0; !metrics.empty() && i < metrics[0].size(); ++i) {
    page.family(series_name(metrics[0][i].id), "gauge", "As /taskmanagers/:taskmanagerid/metrics has it.");
    for (std::size_t at = 0; at < shown.size(); ++at)
      page.sample(metrics[at][i].value, {{"host", shown[at]->about.host}, {"tm_id", shown[at]->about.id}});
  }
  page.gauge("stellwerk_workers_without_series", "Workers that are left out here, because there are too many.",
             static_cast<double>(workers.entries().size() - shown.size()));
}

/// Under the names that Prometheus has for every process.
void add_process(Page& page, const Core& core) {
  if (core.facts.log_lines_lost)
    page.counter("stellwerk_log_lines_lost_total", "Lines of this process' log that its disk did not take.",
                 static_cast<double>(core.facts.log_lines_lost()));
  if (!core.facts.own_usage) return;
  const model::TaskUsage usage = core.facts.own_usage();
  page.gauge("process_resident_memory_bytes", "Memory of this process.", static_cast<double>(usage.memory_bytes));
  page.counter("process_cpu_seconds_total", "Processor time of this process.",
               static_cast<double>(usage.cpu_ms) / 1000);
}

void add_role(Page& page, const Core& core, const MasterView& view) {
  page.family("stellwerk_role", "gauge", "1 for what this master is.");
  for (const Role role : {Role::starting, Role::follower, Role::claiming, Role::leader})
    page.sample(view.role == role ? 1 : 0, {{"role", to_string(role)}});
  const bool acting = view.role == Role::leader && core.backend.liveness()->acting(core.backend.now());
  page.gauge("stellwerk_acting", "1 while this master leads and may act.", acting ? 1 : 0);
  page.gauge("stellwerk_eligible", "1 while this master leads or may.", view.eligible ? 1 : 0);
  page.gauge("stellwerk_loop_alive", "1 while the loop of this master turns.",
             core.backend.liveness()->alive(core.backend.now()) ? 1 : 0);
  page.gauge("stellwerk_epoch", "The highest epoch seen.", static_cast<double>(view.epoch));
  page.gauge("stellwerk_masters", "Masters that stand for election.", static_cast<double>(view.members.size()));
  page.family("stellwerk_coordination_connected", "gauge", "1 while connected to the coordination service.");
  page.sample(view.coordination.state == "connected" ? 1 : 0, {{"type", view.coordination.type}});
}

void add_takeover(Page& page, const master::TakeoverTimes& times) {
  if (!times.noticed) return;
  page.family("stellwerk_takeover_seconds", "gauge",
              "This master's last takeover: time from noticing the loss to the end of each phase.");
  const auto phase = [&](std::string_view name, const std::optional<Time>& at) {
    if (at) page.sample(seconds(*at - *times.noticed), {{"phase", name}});
  };
  phase("lock", times.lock);
  phase("claimed", times.claimed);
  phase("complete", times.complete);
  phase("first_write", times.first_write);
}

void add_turns(Page& page, const loop::TurnTimes& turns) {
  page.family("stellwerk_loop_turn_seconds", "histogram", "How long the turns of this master's loop took.");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < turns.counts.size(); ++i) {
    below += turns.counts[i];
    const bool last = i == loop::kTurnBounds.size();
    page.sample(static_cast<double>(below), {{"le", last ? "+Inf" : number(seconds(loop::kTurnBounds[i]))}}, "_bucket");
  }
  page.sample(seconds(turns.sum), {}, "_sum");
  page.sample(static_cast<double>(below), {}, "_count");
  page.gauge("stellwerk_loop_turn_longest_seconds", "The longest turn since this master began.",
             seconds(turns.longest));
}

void add_server(Page& page, const http::ServerStats& stats) {
  page.gauge("stellwerk_http_connections", "Open connections.", static_cast<double>(stats.connections));
  page.counter("stellwerk_http_connections_accepted_total", "Connections accepted.",
               static_cast<double>(stats.connections_accepted));
  page.counter("stellwerk_http_connections_refused_total", "Connections refused: there were too many.",
               static_cast<double>(stats.connections_refused));
  page.counter("stellwerk_http_connections_dropped_total",
               "Connections closed for new ones, because their clients had kept them waiting longest.",
               static_cast<double>(stats.connections_dropped));
  page.counter("stellwerk_http_requests_total", "Requests.", static_cast<double>(stats.requests));
  page.counter("stellwerk_http_bad_requests_total", "Requests that could not be understood or were too slow.",
               static_cast<double>(stats.bad_requests));
  page.counter("stellwerk_http_handler_deadlines_total", "Requests that were not answered in time.",
               static_cast<double>(stats.handler_deadlines));
  page.gauge("stellwerk_http_requests_active", "Requests that are being served.", static_cast<double>(stats.active));
  page.gauge("stellwerk_http_body_bytes", "Bytes of bodies that are being worked on.",
             static_cast<double>(stats.body_bytes));
  page.gauge("stellwerk_http_answer_bytes", "Bytes of answers that wait for slow clients.",
             static_cast<double>(stats.answer_bytes));
  page.counter("stellwerk_http_readers_dropped_total",
               "Clients cut off, because slow ones took too much memory or too many files.",
               static_cast<double>(stats.readers_dropped));
}

}  // namespace

std::string metrics_text(const Core& core, EventFeed::Counts events, const std::optional<http::ServerStats>& server) {
  const auto view = core.backend.view();
  Page page;
  static const jobs::ClusterState kNothing;
  static const jobs::WorkerTable kNobody;
  add_jobs(page, view->state ? *view->state : kNothing);
  add_workers(page, view->workers ? *view->workers : kNobody);
  if (view->role == Role::leader) {
    if (view->state) add_job_series(page, *view->state, core.backend.wall_ms());
    if (view->workers) add_worker_series(page, *view->workers);
  }
  add_process(page, core);
  add_role(page, core, *view);
  page.family("stellwerk_journal_seq", "gauge", "The newest commit that is known, and the newest that is applied.");
  page.sample(static_cast<double>(view->committed.seq), {{"which", "committed"}});
  page.sample(static_cast<double>(view->applied.seq), {{"which", "applied"}});
  page.gauge("stellwerk_journal_lag_seconds", "How far behind the leader's state this master's may be.",
             static_cast<double>(lag(core, *view).count()) / 1000);
  page.gauge("stellwerk_storage_slowest_seconds", "How long the storage took for one answer, at most in a minute.",
             seconds(view->storage.longest(core.backend.now())));
  add_takeover(page, view->takeover);
  add_turns(page, core.backend.turns());
  page.gauge("stellwerk_events_listeners", "Listeners of /events.", static_cast<double>(events.listeners));
  page.counter("stellwerk_events_dropped_total", "Listeners of /events that were too slow and were dropped.",
               static_cast<double>(events.dropped));
  page.gauge("stellwerk_uptime_seconds", "Since this process began to serve.",
             seconds(core.backend.now() - core.started));
  page.family("stellwerk_build_info", "gauge", "1, with the version.");
  page.sample(1, {{"version", core.facts.version}, {"revision", core.facts.revision}});
  if (server) add_server(page, *server);
  return page.take();
}

}  // namespace stellwerk::api
