#include "drill/clients.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/signals_blocked.h"

namespace stellwerk::drill {
namespace {

using history::Action;
using history::Call;
using history::Outcome;
using std::chrono::milliseconds;

/// A client that rests looks so often whether it shall stop.
constexpr milliseconds kLookMax = milliseconds(20);

std::string spec_of(const Wish& wish) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("jobId", wish.job).member("name", "drill");
  // So that it ends by itself or by its cancel, but never because its worker was hit.
  json.key("restart-strategy").begin_object().member("type", "fixed-delay").member("attempts", 1'000'000);
  json.member("delay", "10 ms").end_object().key("vertices").begin_array();
  json.begin_object().member("name", "only").key("command").begin_array();
  if (wish.short_lived)
    json.value("true");
  else
    json.value("sleep").value("864000");
  json.end_array().end_object().end_array().end_object();
  return out;
}

http::ClientRequest request_of(const Wish& wish) {
  http::ClientRequest out;
  switch (wish.action) {
    case Action::submit:
      out.method = http::Method::post;
      out.target = "/jobs";
      out.headers = {{"Content-Type", "application/json"}};
      out.body = wish.spec.empty() ? spec_of(wish) : wish.spec;
      break;
    case Action::cancel:
      out.method = http::Method::patch;
      out.target = "/jobs/" + wish.job + "?mode=cancel";
      break;
    case Action::read_job: out.target = "/jobs/" + wish.job + "/status"; break;
    case Action::list_jobs: out.target = "/jobs/overview"; break;
  }
  if (wish.action == Action::submit || wish.action == Action::cancel)
    out.headers.emplace_back("Stellwerk-Deadline-Ms", std::to_string(kCallToldMax.count()));
  if (wish.at_least) out.headers.emplace_back("Stellwerk-At-Least", to_string(*wish.at_least));
  return out;
}

void read_body(const http::ClientResponse& response, Call& call) {
  const auto parsed = parse_json(response.body, "an answer");
  if (!parsed || !parsed->is_object()) return;
  if (call.action == Action::read_job) {
    JsonFields fields(*parsed, "an answer");
    if (const auto status = model::parse_job_status(fields.string_or("status", "")))
      call.seen.push_back({call.job, *status});
    return;
  }
  JsonFields fields(*parsed, "an answer");
  for (const json::value& each : fields.array("jobs")) {
    JsonFields line(each, "a job");
    if (const auto status = model::parse_job_status(line.string_or("state", "")))
      call.seen.push_back({line.string_or("jid", ""), *status});
  }
}

void read_headers(const http::ClientResponse& response, Call& call) {
  call.status = response.status;
  call.outcome = history::outcome_of(response.status);
  call.follower = response.header("Stellwerk-Role").value_or("") == "follower";
  if (const auto text = response.header("Stellwerk-Position"))
    if (const auto position = model::parse_position(*text)) call.position = *position;
  if (const auto text = response.header("Stellwerk-Lag-Ms")) call.lag_ms = std::atoll(std::string(*text).c_str());
}

}  // namespace

history::Micros steady_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Call call_master(const http::Endpoint& master, const Wish& wish, history::Micros began) {
  Call call{.action = wish.action, .job = wish.job, .master = master.authority(), .at_least = wish.at_least};
  call.short_lived = wish.action == Action::submit && wish.short_lived;
  http::ClientOptions options;
  options.connect_deadline = kCallMax;
  options.answer_deadline = kCallMax;
  call.invoked = steady_micros() - began;
  const auto response = http::fetch(master, request_of(wish), options);
  call.answered = steady_micros() - began;
  if (response.has_error()) {
    call.outcome = response.error().code == Errc::unknown ? Outcome::unknown : Outcome::nothing;
    return call;
  }
  read_headers(*response, call);
  const bool read = call.action == Action::read_job || call.action == Action::list_jobs;
  if (read && call.outcome == Outcome::done) read_body(*response, call);
  return call;
}

void Clients::start() {
  const SignalsBlocked blocked;
  for (int i = 0; i < std::min(setup_.clients, kClientsMax); ++i) threads_.emplace_back([this, i] { live(i + 1); });
}

void Clients::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Clients::rest(milliseconds time) {
  for (milliseconds left = time; left.count() > 0 && !stopping_; left -= kLookMax)
    std::this_thread::sleep_for(std::min(left, kLookMax));
  return !stopping_;
}

void Clients::live(int number) {
  ClientMind mind(setup_.seed, number, setup_.masters.size());
  std::uint64_t made = 0;
  milliseconds pause{0};
  do {
    pause = setup_.thinks;
    std::size_t calls = 0, listed = 0;
    {
      const std::lock_guard lock(mutex_);
      calls = calls_.size();
      listed = listed_;
    }
    if (calls >= kCallsMax) continue;
    const WallMs wall =
        std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const auto bits = static_cast<std::uint64_t>(steady_micros());
    const JobId fresh = JobId::mint(wall, {bits, setup_.seed ^ (static_cast<std::uint64_t>(number) << 56) ^ ++made});
    const Wish wish = mind.next(fresh.text(), listed < kListedMax);
    Call told = call_master(setup_.masters[wish.master], wish, began_);
    told.client = number;
    mind.learn(wish, told);
    if (told.outcome == Outcome::nothing) pause = setup_.tries_again;
    put_down(std::move(told));
  } while (rest(pause));
}

void Clients::put_down(Call call) {
  const std::lock_guard lock(mutex_);
  if (call.action == Action::list_jobs) listed_ += call.seen.size();
  calls_.push_back(std::move(call));
}

Call Clients::call(const Wish& wish) {
  Call told = call_master(setup_.masters[wish.master], wish, began_);
  put_down(told);
  return told;
}

std::vector<Call> Clients::take_calls() {
  const std::lock_guard lock(mutex_);
  return std::move(calls_);
}

std::vector<JobAsked> Clients::jobs() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, JobAsked, std::greater<>> asked;  // ids begin with the time
  for (const Call& call : calls_)
    if (call.action == Action::submit && (call.outcome == Outcome::done || call.outcome == Outcome::unknown))
      asked[call.job].id = call.job;
  const auto ends = [&](const std::string& job) {
    if (const auto found = asked.find(job); found != asked.end()) found->second.ends = true;
  };
  for (const Call& call : calls_) {
    if (call.action == Action::cancel && (call.outcome == Outcome::done || call.status == 409)) ends(call.job);
    for (const history::Seen& seen : call.seen)
      if (is_terminal(seen.status)) ends(seen.job);
  }
  std::vector<JobAsked> out;
  out.reserve(asked.size());
  for (auto& [id, job] : asked) out.push_back(std::move(job));
  return out;
}

std::optional<model::Position> Clients::newest() {
  const std::lock_guard lock(mutex_);
  std::optional<model::Position> out;
  for (const Call& call : calls_) out = std::max(out, call.position);
  return out;
}

bool Clients::full() {
  const std::lock_guard lock(mutex_);
  return calls_.size() >= kCallsMax;
}

std::optional<history::Micros> Clients::first_write_since(history::Micros since) {
  const std::lock_guard lock(mutex_);
  std::optional<history::Micros> first;
  // In the order of their ends: what ended before `since` was begun before it too.
  for (auto call = calls_.rbegin(); call != calls_.rend() && call->answered >= since; ++call)
    if (call->invoked >= since && call->outcome == Outcome::done &&
        (call->action == Action::submit || call->action == Action::cancel))
      first = call->answered;
  return first;
}

}  // namespace stellwerk::drill
