/// What every Coordination must do (include/stellwerk/coordination.h), as tests that run on all of them.
///
/// An implementation's test program links coordination_contract, implements CoordinationWorld and says
///   INSTANTIATE_TEST_SUITE_P(Local, CoordinationContract, testing::Values(CoordinationCase{...}));
///   INSTANTIATE_TEST_SUITE_P(Local, CoordinationQueueContract, testing::Values(CoordinationCase{...}));
/// The second is for services that several masters use at once; a program without it says
///   GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CoordinationQueueContract);
/// All of that in namespace stellwerk::test.
#pragma once

#include <gtest/gtest.h>
#include <stellwerk/coordination.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace stellwerk::test {

/// One service, empty at first, and the masters that use it. Everything runs on the test's thread.
class CoordinationWorld {
 public:
  virtual ~CoordinationWorld() = default;

  /// Another master process, not started yet. Numbered from 0.
  virtual std::size_t add() = 0;
  /// Not after kill().
  virtual Coordination& master(std::size_t index) = 0;
  /// As by kill -9 (with its guard, where there is one): nothing is given back in order.
  virtual void kill(std::size_t index) = 0;

  virtual Time now() const = 0;
  /// Lets the world go on until `done()` holds or `limit` has passed; says whether it holds.
  virtual bool wait_until(const std::function<bool()>& done, Duration limit) = 0;

  /// What the service still holds of the cluster, for people; must be empty after erase_cluster().
  virtual std::vector<std::string> traces() = 0;
};

struct CoordinationCase {
  std::string name;
  std::function<std::unique_ptr<CoordinationWorld>()> make_world;
  /// Writes of masters that are not in the queue are refused.
  bool guarded = true;
  /// What has not happened after this long never will (more than the service's session timeout).
  Duration limit = std::chrono::seconds(20);
  /// This long nothing may happen where nothing should.
  Duration quiet = std::chrono::milliseconds(300);

  friend std::ostream& operator<<(std::ostream& out, const CoordinationCase& c) { return out << c.name; }
};

/// A master's listener that remembers. The test fails if it is called from inside a call.
class Heard : public CoordinationListener {
 public:
  explicit Heard(const bool& inside_a_call) : inside_(inside_a_call) {}

  void on_status(const CoordinationStatus& now) override;
  void on_contact(Time sent, Duration valid_for) override;
  void on_may_claim(Time noticed) override;
  void on_lock_lost(bool session_lost, const std::string& why) override;
  void on_head(const HeadReading& reading) override;
  void on_members(const std::vector<Candidate>& now) override;
  void on_refused(const Error& error) override;

  struct Contact {
    Time sent;
    Duration valid_for;
  };

  std::size_t calls = 0;
  std::optional<CoordinationStatus> status;
  std::vector<Contact> contacts;
  bool may_claim = false;  ///< now
  std::size_t may_claims = 0;
  std::vector<std::string> losses;
  std::optional<HeadReading> head;
  std::vector<Candidate> members;
  std::vector<Error> refusals;

  std::vector<std::string> member_ids() const;

 private:
  void called();
  const bool& inside_;
};

class CoordinationContract : public testing::TestWithParam<CoordinationCase> {
 protected:
  CoordinationContract() : world_(GetParam().make_world()) {}
  void TearDown() override;

  static Candidate candidate(std::size_t index);
  static std::vector<std::string> ids(const std::vector<std::size_t>& indexes);

  bool wait(const std::function<bool()>& done) { return world_->wait_until(done, GetParam().limit); }
  /// For "and then nothing more happens".
  void stay_quiet() {
    world_->wait_until([] { return false; }, GetParam().quiet);
  }

  /// Adds a master, starts it and waits until it is connected and has heard of the head.
  std::size_t start();
  /// start(), and waits until it stands in the queue.
  std::size_t start_and_join();
  /// start_and_join(), and waits until it may claim.
  std::size_t start_leader();
  void join(std::size_t index);
  void leave(std::size_t index);
  void kill(std::size_t index);
  void close(std::size_t index);
  Result<HeadReading> read(std::size_t index);
  WriteResult write(std::size_t index, const std::string& bytes, HeadVersion expected);
  /// Asks without waiting; `into` lives until it is answered.
  void begin_write(std::size_t index, const std::string& bytes, HeadVersion expected, std::optional<WriteResult>& into);
  /// As write(), for one that must stand: its version.
  HeadVersion write_ok(std::size_t index, const std::string& bytes, HeadVersion expected);
  /// What to expect when there is no head.
  HeadVersion absent(std::size_t index);
  Result<void> erase(std::size_t index);

  Heard& heard(std::size_t index) { return *heard_[index]; }
  bool wait_for_members(std::size_t index, const std::vector<std::size_t>& expected);

  /// Calls into a master, on guard against completions from inside.
  void call(std::size_t index, const std::function<void(Coordination&)>& what);

  bool inside_ = false;
  std::vector<std::unique_ptr<Heard>> heard_;
  std::vector<bool> living_;
  std::unique_ptr<CoordinationWorld> world_;
};

class CoordinationQueueContract : public CoordinationContract {};

}  // namespace stellwerk::test
