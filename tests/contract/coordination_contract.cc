#include "contract/coordination_contract.h"

#include <algorithm>
#include <utility>

namespace stellwerk::test {

void Heard::called() {
  EXPECT_FALSE(inside_) << "a listener was called from inside a call";
  ++calls;
}

void Heard::on_status(const CoordinationStatus& now) {
  called();
  status = now;
}

void Heard::on_contact(Time sent, Duration valid_for) {
  called();
  contacts.push_back({sent, valid_for});
}

void Heard::on_may_claim(Time) {
  called();
  EXPECT_FALSE(may_claim) << "told twice for one candidate";
  may_claim = true;
  ++may_claims;
}

void Heard::on_lock_lost(bool, const std::string& why) {
  called();
  may_claim = false;
  losses.push_back(why);
}

void Heard::on_head(const HeadReading& reading) {
  called();
  head = reading;
}

void Heard::on_members(const std::vector<Candidate>& now) {
  called();
  members = now;
}

void Heard::on_refused(const Error& error) {
  called();
  refusals.push_back(error);
}

std::vector<std::string> Heard::member_ids() const {
  std::vector<std::string> out;
  for (const auto& member : members) out.push_back(member.id);
  return out;
}

void CoordinationContract::TearDown() {
  for (std::size_t i = 0; i < living_.size(); ++i) {
    if (living_[i]) close(i);
    EXPECT_TRUE(heard(i).refusals.empty()) << heard(i).refusals.front().text;
  }
  world_.reset();
}

Candidate CoordinationContract::candidate(std::size_t index) {
  const std::string number = std::to_string(index);
  return {"0a0b0c0d-0000-4000-8000-00000000000" + number,
          "http://host" + number + ":8081",
          "host" + number + ":6123",
          "host" + number,
          100 + static_cast<std::int64_t>(index),
          1'795'000'000'000};
}

std::vector<std::string> CoordinationContract::ids(const std::vector<std::size_t>& indexes) {
  std::vector<std::string> out;
  for (const auto index : indexes) out.push_back(candidate(index).id);
  return out;
}

void CoordinationContract::call(std::size_t index, const std::function<void(Coordination&)>& what) {
  inside_ = true;
  what(world_->master(index));
  inside_ = false;
}

std::size_t CoordinationContract::start() {
  const std::size_t index = world_->add();
  heard_.push_back(std::make_unique<Heard>(inside_));
  living_.push_back(true);
  Heard& ears = heard(index);
  call(index, [&](Coordination& c) { c.start(ears); });
  EXPECT_TRUE(wait([&] { return ears.status && ears.status->state == "connected" && ears.head; }))
      << "not connected: " << (ears.status ? ears.status->state + " " + ears.status->detail : "no status");
  return index;
}

std::size_t CoordinationContract::start_and_join() {
  const std::size_t index = start();
  join(index);
  return index;
}

std::size_t CoordinationContract::start_leader() {
  const std::size_t index = start_and_join();
  EXPECT_TRUE(wait([&] { return heard(index).may_claim; }));
  return index;
}

void CoordinationContract::join(std::size_t index) {
  call(index, [&](Coordination& c) { c.join(candidate(index)); });
  EXPECT_TRUE(wait([&] {
    const auto members = heard(index).member_ids();
    return std::count(members.begin(), members.end(), candidate(index).id) == 1;
  })) << "not in the queue";
}

void CoordinationContract::leave(std::size_t index) {
  bool done = false;
  heard(index).may_claim = false;
  call(index, [&](Coordination& c) {
    c.leave([&] {
      EXPECT_FALSE(inside_);
      done = true;
    });
  });
  EXPECT_TRUE(wait([&] { return done; })) << "leave never completed";
}

void CoordinationContract::kill(std::size_t index) {
  living_[index] = false;
  world_->kill(index);
}

void CoordinationContract::close(std::size_t index) {
  bool done = false;
  call(index, [&](Coordination& c) {
    c.close([&] {
      EXPECT_FALSE(inside_);
      done = true;
    });
  });
  EXPECT_TRUE(wait([&] { return done; })) << "close never completed";
  living_[index] = false;
}

Result<HeadReading> CoordinationContract::read(std::size_t index) {
  std::optional<Result<HeadReading>> answer;
  call(index, [&](Coordination& c) {
    c.read_head([&](Result<HeadReading> reading) {
      EXPECT_FALSE(inside_);
      answer = std::move(reading);
    });
  });
  if (wait([&] { return answer.has_value(); })) return *answer;
  return make_error(Errc::failed, "read_head never completed");
}

void CoordinationContract::begin_write(std::size_t index, const std::string& bytes, HeadVersion expected,
                                       std::optional<WriteResult>& into) {
  call(index, [&](Coordination& c) {
    c.write_head(bytes, expected, [this, &into](WriteResult result) {
      EXPECT_FALSE(inside_);
      EXPECT_FALSE(into.has_value()) << "completed twice";
      into = std::move(result);
    });
  });
}

WriteResult CoordinationContract::write(std::size_t index, const std::string& bytes, HeadVersion expected) {
  std::optional<WriteResult> answer;
  begin_write(index, bytes, expected, answer);
  EXPECT_TRUE(wait([&] { return answer.has_value(); })) << "write_head never completed";
  return answer.value_or(WriteResult{});
}

HeadVersion CoordinationContract::write_ok(std::size_t index, const std::string& bytes, HeadVersion expected) {
  const WriteResult result = write(index, bytes, expected);
  EXPECT_EQ(result.outcome, WriteOutcome::ok) << result.reason;
  EXPECT_FALSE(result.version.absent());
  return result.version;
}

HeadVersion CoordinationContract::absent(std::size_t index) {
  const auto reading = read(index);
  EXPECT_TRUE(reading.has_value()) << reading.error().text;
  if (!reading) return {};
  EXPECT_FALSE(reading->bytes.has_value());
  EXPECT_TRUE(reading->version.absent());
  return reading->version;
}

Result<void> CoordinationContract::erase(std::size_t index) {
  std::optional<Result<void>> answer;
  call(index, [&](Coordination& c) {
    c.erase_cluster([&](Result<void> result) {
      EXPECT_FALSE(inside_);
      answer = std::move(result);
    });
  });
  if (wait([&] { return answer.has_value(); })) return *answer;
  return make_error(Errc::failed, "erase_cluster never completed");
}

bool CoordinationContract::wait_for_members(std::size_t index, const std::vector<std::size_t>& expected) {
  return wait([&] { return heard(index).member_ids() == ids(expected); });
}

}  // namespace stellwerk::test
