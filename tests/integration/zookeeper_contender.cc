#include "integration/zookeeper_contender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace stellwerk::test {

Contender::Contender(RealLoop& loop, coordination::Resolver& resolver, const coordination::ZooKeeperOptions& client,
                     const std::string& ns, int number)
    : loop_(loop), number_(number) {
  coordination::ZookeeperHooks hooks;
  hooks.log = [this](const std::string& line) { log.push_back(line); };
  hooks.session = [this](const leadership::ZkSession& session) { sessions.push_back(session); };
  hooks.candidate = [this](const std::string& path) { place = path; };
  const auto factory = [this, &resolver, client] {
    return coordination::make_zookeeper_client(
        loop_.io(), loop_.executor(), client, resolver,
        [this](coordination::ZooKeeperLogLevel, const std::string& line) { log.push_back(line); });
  };
  coordination_ = std::make_unique<coordination::ZookeeperCoordination>(
      loop_.executor(), factory, coordination::ZookeeperOptions{ns, client.quorum, candidate().id, {}},
      std::move(hooks));
  call([this](Coordination& c) { c.start(*this); });
}

Candidate Contender::candidate() const {
  const std::string number = std::to_string(number_);
  return {"0a0b0c0d-0000-4000-8000-00000000000" + number,
          "http://host" + number + ":8081",
          "",
          "host" + number,
          100 + number_,
          1'795'000'000'000};
}

void Contender::call(const std::function<void(Coordination&)>& what) {
  inside_ = true;
  what(*coordination_);
  inside_ = false;
}

bool Contender::connected() {
  return wait([this] { return state() == "connected" && head; });
}

bool Contender::join() {
  call([this](Coordination& c) { c.join(candidate()); });
  return wait([this] {
    const auto ids = member_ids();
    return std::find(ids.begin(), ids.end(), candidate().id) != ids.end();
  });
}

bool Contender::may_claim() {
  return wait([this] { return leads; });
}

bool Contender::lead() {
  return join() && may_claim();
}

bool Contender::leave() {
  bool done = false;
  leads = false;
  call([&done](Coordination& c) { c.leave([&done] { done = true; }); });
  return wait([&done] { return done; });
}

bool Contender::close() {
  bool done = false;
  call([&done](Coordination& c) { c.close([&done] { done = true; }); });
  return wait([&done] { return done; });
}

Result<HeadReading> Contender::read() {
  std::optional<Result<HeadReading>> answer;
  call([&answer](Coordination& c) { c.read_head([&answer](Result<HeadReading> got) { answer = std::move(got); }); });
  if (wait([&answer] { return answer.has_value(); })) return *answer;
  return make_error(Errc::failed, "read_head never completed");
}

WriteResult Contender::write(const std::string& bytes, HeadVersion expected) {
  std::optional<WriteResult> answer;
  call(
      [&](Coordination& c) { c.write_head(bytes, expected, [&answer](WriteResult got) { answer = std::move(got); }); });
  EXPECT_TRUE(wait([&answer] { return answer.has_value(); })) << "write_head never completed";
  return answer.value_or(WriteResult{});
}

HeadVersion Contender::version() {
  const auto reading = read();
  EXPECT_TRUE(reading) << reading.error().text;
  return reading ? reading->version : HeadVersion{};
}

std::size_t Contender::count(const std::string& what) const {
  return static_cast<std::size_t>(std::count(told.begin(), told.end(), what));
}

std::vector<std::string> Contender::member_ids() const {
  std::vector<std::string> out;
  for (const Candidate& member : members) out.push_back(member.id);
  return out;
}

void Contender::tell(const std::string& what) {
  EXPECT_FALSE(inside_) << what << " was told from inside a call";
  told.push_back(what);
}

void Contender::on_status(const CoordinationStatus& status) {
  if (state() != status.state) tell(status.state);
  statuses.push_back(status);
}

void Contender::on_contact(Time sent, Duration valid_for) {
  act_until = std::max(act_until, sent + valid_for);
}

void Contender::on_may_claim(Time) {
  EXPECT_FALSE(leads) << "told twice for one candidate";
  tell("may claim");
  leads = true;
}

void Contender::on_lock_lost(bool session_lost, const std::string&) {
  tell(session_lost ? "session lost" : "lock lost");
  leads = false;
}

void Contender::on_head(const HeadReading& reading) {
  head = reading;
}

void Contender::on_members(const std::vector<Candidate>& now) {
  members = now;
}

void Contender::on_refused(const Error& error) {
  tell("refused");
  refusals.push_back(error);
}

}  // namespace stellwerk::test
