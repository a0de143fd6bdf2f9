#include "transcripts/master_world.h"

#include <cstdio>

#include "base/sha256.h"
#include "journal/journal_file.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
using master::Clocks;
namespace event = master::event;

namespace {

constexpr WallMs kWallAtStart = 1'795'000'000'000;
constexpr Time kStart{1000s};
const std::string kOther = "22222222-2222-4222-8222-222222222222";

std::string brief(const std::string& bytes) {
  const auto head = model::decode_head(bytes);
  if (head.has_error()) return head.error().text;
  std::string out = "epoch " + std::to_string(head->epoch) + " of " + (head->leader.id == kOther ? "another" : "us") +
                    ", seq " + std::to_string(head->seq);
  if (head->snapshot) out += ", snapshot " + to_string(*head->snapshot);
  if (head->ended) out += ", ended";
  return out;
}

std::string brief(HeadVersion version) {
  return version.absent() ? "none" : std::to_string(version.version);
}

JobId job_id(int job) {
  return JobId::mint(kWallAtStart - 1000 + job, {0, static_cast<std::uint64_t>(job)});
}

jobs::SubmitJob job_of(int job) {
  const std::string n = std::to_string(job);
  const std::string spec = R"({"name":"job-)" + n + R"(","vertices":[{"command":["x"],"name":"v"}]})";
  return {job_id(job), spec, "hash-" + n, "job-" + n, 1};
}

std::string brief(jobs::Reply::Kind kind) {
  constexpr const char* kNames[] = {"accepted",   "not found", "conflict",    "refused",
                                    "overloaded", "no space",  "unavailable", "unknown"};
  return kNames[static_cast<std::size_t>(kind)];
}

Error failure(const std::string& how) {
  if (how == "full") return make_error(Errc::no_space, "the disk is full");
  if (how == "gone") return make_error(Errc::not_found, "it is not there");
  return make_error(Errc::unavailable, "the mount is gone");
}

master::Options options() {
  master::Options out;
  out.self.id = "11111111-1111-4111-8111-111111111111";
  out.self.rest = "http://us:8081";
  out.new_cluster = "cccccccc-cccc-4ccc-8ccc-cccccccccccc";
  out.cluster_id = "default";
  out.storage = "file:///storage";
  return out;
}

std::string bundle_uuid(int bundle) {
  return "22222222-2222-4222-8222-22222222222" + std::to_string(bundle);
}

}  // namespace

MasterWorld::MasterWorld() : now_(kStart), core_(options()) {}

void MasterWorld::step(const std::string& text, master::Event event) {
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "[%6lld] ", static_cast<long long>((now_ - kStart) / 1ms));
  const Clocks clocks{now_, kWallAtStart + (now_ - kStart) / 1ms};
  auto effects = core_.step(clocks, std::move(event));
  if (!effects.empty() || text != "beat") trace.push_back(stamp + text);
  for (auto& effect : effects) std::visit([this](auto& each) { take(each); }, effect);
}

void MasterWorld::drain() {
  while (!due_.empty()) {
    auto next = std::move(due_.front());
    due_.pop_front();
    next();
  }
}

void MasterWorld::deliver(const std::string& text, master::Event event) {
  step(text, std::move(event));
  drain();
}

void MasterWorld::run(Duration span) {
  for (const Time end = now_ + span; now_ < end;) {
    now_ += 100ms;
    deliver("beat", event::Beat{});
  }
}

void MasterWorld::hold(const std::string& kind) {
  ++holds_[kind];
}

void MasterWorld::ask(const std::string& kind, Answerer answerer) {
  if (holds_[kind] > 0) {
    held_.push_back({kind, std::move(answerer)});
    return;
  }
  due_.push_back([answerer = std::move(answerer)] { answerer("ok"); });
}

void MasterWorld::answer(const std::string& kind, const std::string& how) {
  for (auto it = held_.begin(); it != held_.end(); ++it) {
    if (it->kind != kind) continue;
    const Answerer answerer = std::move(it->answerer);
    held_.erase(it);
    --holds_[kind];
    answerer(how);
    drain();
    return;
  }
  throw std::invalid_argument("nothing waits for " + kind);
}

// ---- callers and other masters

void MasterWorld::submit(int job, Duration limit) {
  deliver("submit " + std::to_string(job), event::Requested{next_ticket(), job_of(job), now_ + limit});
}

void MasterWorld::cancel(int job, Duration limit) {
  deliver("cancel " + std::to_string(job), event::Requested{next_ticket(), jobs::CancelJob{job_id(job)}, now_ + limit});
}

void MasterWorld::upload(int bundle, Duration limit) {
  jobs::AddBundle add;
  add.uuid = bundle_uuid(bundle);
  add.bytes = std::make_shared<const std::string>("content " + std::to_string(bundle / 2));
  add.artifact = {sha256_hex(*add.bytes), static_cast<std::int64_t>(add.bytes->size()), "x.jar",
                  model::ArtifactKind::jar};
  deliver("upload " + std::to_string(bundle), event::Requested{next_ticket(), std::move(add), now_ + limit});
}

void MasterWorld::remove(int bundle, Duration limit) {
  deliver("remove " + std::to_string(bundle),
          event::Requested{next_ticket(), jobs::RemoveBundle{{bundle_uuid(bundle), "x.jar"}}, now_ + limit});
}

void MasterWorld::write_by_hand(const model::Head& head) {
  head_ = model::encode_head(head);
  version_.version = version_.absent() ? 0 : version_.version + 1;
}

void MasterWorld::another_claims(std::int64_t epoch) {
  model::Head head;
  head.cluster = options().new_cluster;
  if (head_) head = *model::decode_head(*head_);
  files_.emplace("cluster.json", master::encode_cluster_file(head.cluster));
  head.epoch = epoch;
  head.leader = {kOther, "http://other:8081", ""};
  head.stamp = {kOther, epoch};
  head.since_ms = kWallAtStart;
  write_by_hand(head);
}

void MasterWorld::another_commits(int job) {
  model::Head head = *model::decode_head(*head_);
  jobs::ClusterState empty;
  const auto decision = jobs::decide(empty, job_of(job), kWallAtStart, {});
  journal::FileHeader header;
  header.cluster = head.cluster;
  header.at = {head.epoch, head.seq + 1};
  header.previous = head.position();
  header.snapshot = head.snapshot;
  files_[model::segment_name(head.epoch, head.seq + 1)] = journal::encode_segment(header, decision.records);
  head.append(head.epoch);
  head.stamp.counter += 100;
  write_by_hand(head);
}

void MasterWorld::delete_head() {
  head_.reset();
  version_.version = HeadVersion::kAbsent;
}

void MasterWorld::show_files() {
  for (const auto& [name, bytes] : files_) asked("file " + name);
}

void MasterWorld::show_takeovers() {
  for (const auto& [epoch, record] : core_.view()->state->takeovers())
    asked("takeover " + std::to_string(epoch) + " " + *record);
}

void MasterWorld::damage(const std::string& name) {
  auto& bytes = files_.at(name);
  bytes[bytes.find("/state {") + 20] ^= 0x10;
}

void MasterWorld::lose(const std::string& name) {
  files_.erase(name);
}

// ---- effects

void MasterWorld::take(master::Join&) {
  asked("join the queue");
}

void MasterWorld::take(master::Leave& effect) {
  asked("leave the queue");
  ask("leave", [this, op = effect.op](const std::string&) { step("left", event::Left{op}); });
}

void MasterWorld::take(master::ReadHead& effect) {
  asked("read the head");
  ask("read", [this, op = effect.op](const std::string& how) {
    if (how != "ok") return step("the head could not be read", event::HeadRead{op, failure(how)});
    step("the head: " + (head_ ? brief(*head_) : "none"), event::HeadRead{op, reading()});
  });
}

void MasterWorld::take(master::WriteHead& effect) {
  asked("write the head over " + brief(effect.expected) + ": " + brief(effect.bytes));
  ask("write", [this, effect](const std::string& how) {
    WriteResult result;
    const bool fits = effect.expected == version_;
    if ((how == "ok" || how == "unknown-done") && fits) {
      head_ = effect.bytes;
      version_.version = version_.absent() ? 0 : version_.version + 1;
    }
    if (how == "ok" && fits) {
      result = {WriteOutcome::ok, version_, ""};
    } else if (how == "not-sent") {
      result = {WriteOutcome::not_sent, {}, "no connection"};
    } else if (how == "lost") {
      result = {WriteOutcome::lost, {}, "the session is gone"};
    } else if (how.starts_with("unknown")) {
      result = {WriteOutcome::unknown, {}, "no answer"};
    } else {
      result = {WriteOutcome::mismatch, {}, "another version stands there"};
    }
    step("the head's write: " + (how == "ok" && !fits ? "mismatch" : how), event::HeadWritten{effect.op, result});
  });
}

void MasterWorld::take(master::Announce&) {
  asked("announce");
}

void MasterWorld::take(master::LoadFile& effect) {
  asked("load " + effect.name);
  ask("load", [this, effect](const std::string& how) {
    const auto it = files_.find(effect.name);
    if (how == "ok" && it != files_.end())
      return step("loaded " + effect.name, event::Loaded{effect.op, journal::decode_file(effect.name, it->second)});
    step("could not load " + effect.name, event::Loaded{effect.op, failure(how == "ok" ? "gone" : how)});
  });
}

void MasterWorld::take(master::GetBlob& effect) {
  asked("get " + effect.name);
  ask("get", [this, effect](const std::string& how) {
    const auto it = files_.find(effect.name);
    if (how == "ok" && it != files_.end()) return step("got " + effect.name, event::Got{effect.op, it->second});
    step(effect.name + " is not there", event::Got{effect.op, failure(how == "ok" ? "gone" : how)});
  });
}

void MasterWorld::take(master::PutBlob& effect) {
  asked("put " + effect.name);
  ask("put", [this, op = effect.op, name = effect.name, bytes = effect.make()](const std::string& how) {
    PutResult result;
    if (how == "ok" || how == "unknown-done") {
      const auto [it, fresh] = files_.emplace(name, bytes);
      if (!fresh && it->second != bytes) result = {PutOutcome::exists, make_error(Errc::conflict, name + " exists")};
    } else if (how == "exists") {
      result = {PutOutcome::exists, make_error(Errc::conflict, name + " exists")};
    } else if (how == "full" || how == "fails") {
      result = {PutOutcome::not_done, failure(how)};
    }
    if (how.starts_with("unknown")) result = {PutOutcome::unknown, make_error(Errc::unknown, "no answer")};
    step("put " + how, event::Put{op, result, bytes.size()});
  });
}

void MasterWorld::take(master::ListBlobs& effect) {
  asked("list " + effect.prefix);
  ask("list", [this, effect](const std::string& how) {
    if (how != "ok") return step("could not list", event::Listed{effect.op, failure(how)});
    std::vector<BlobInfo> found;
    for (const auto& [name, bytes] : files_)
      if (name.starts_with(effect.prefix)) found.push_back({name, bytes.size(), kWallAtStart});
    const std::string text = "listed " + std::to_string(found.size()) + " files";
    step(text, event::Listed{effect.op, std::move(found)});
  });
}

void MasterWorld::take(master::RemoveBlob& effect) {
  asked("remove " + effect.name);
  ask("remove", [this, effect](const std::string& how) {
    if (how != "ok") return step("could not remove", event::Removed{effect.op, failure(how)});
    files_.erase(effect.name);
    step("removed", event::Removed{effect.op, Result<void>{}});
  });
}

void MasterWorld::take(master::ProbeStorage& effect) {
  asked("probe storage");
  ask("probe", [this, effect](const std::string& how) {
    if (how != "ok") return step("storage: " + failure(how).text, event::Probed{effect.op, failure(how)});
    step("storage works", event::Probed{effect.op, Result<void>{}});
  });
}

void MasterWorld::take(master::EraseCluster& effect) {
  asked("erase the cluster");
  ask("erase", [this, effect](const std::string&) {
    delete_head();
    step("erased", event::Erased{effect.op, Result<void>{}});
  });
}

void MasterWorld::take(master::AskPeer& effect) {
  asked("ask " + effect.rest);
  ask("peer", [this, effect](const std::string& how) {
    if (how == "fails") return step("no answer", event::PeerAnswered{effect.op, failure(how)});
    event::PeerState state;
    state.eligible = true;
    if (how == "ok" && head_) state.applied = model::decode_head(*head_)->position();
    step("it has applied " + to_string(state.applied), event::PeerAnswered{effect.op, state});
  });
}

void MasterWorld::take(master::SendLink& effect) {
  asked("tell link " + std::to_string(effect.link) + " " + link::encode(effect.message));
}

void MasterWorld::take(master::CloseLink& effect) {
  asked("close link " + std::to_string(effect.link));
}

void MasterWorld::take(master::Answer& effect) {
  const auto& reply = effect.reply;
  asked("answer " + std::to_string(effect.ticket) + ": " + brief(reply.kind) +
        (reply.position.seq > 0 ? " at " + to_string(reply.position) : "") +
        (reply.text.empty() ? "" : " (" + reply.text + ")"));
}

void MasterWorld::take(master::AnswerDeath& effect) {
  asked("answer guard " + std::to_string(effect.ticket) + ": " + effect.answer.text);
}

void MasterWorld::take(master::Continue&) {
  due_.push_back([this] { step("slice", event::Slice{}); });
}

void MasterWorld::take(master::BeatSoon&) {
  ask("beat", [this](const std::string&) { step("beat", event::Beat{}); });
}

void MasterWorld::take(master::Publish&) {
  const auto view = core_.view();
  std::string line = std::string(to_string(view->role)) + " at " + to_string(view->applied);
  if (view->state) line += ", " + std::to_string(view->state->jobs().size()) + " jobs";
  if (view->state && !view->state->quarantined().empty())
    line += ", " + std::to_string(view->state->quarantined().size()) + " quarantined";
  line += view->eligible ? "" : "; not eligible: " + view->eligible_reason;
  if (line == shown_) return;
  shown_ = line;
  asked("show " + line);
}

void MasterWorld::take(master::Note& effect) {
  asked("log " + effect.text);
}

void MasterWorld::take(master::Exit& effect) {
  asked("exit " + std::to_string(effect.code) + ": " + effect.why);
}

}  // namespace stellwerk::test
