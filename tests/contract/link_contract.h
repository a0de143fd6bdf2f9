/// What every implementation of the link port must do (link/link.h), as tests that run on all of them.
///
/// A test program links link_contract, implements LinkWorld and says, in namespace stellwerk::test,
///   INSTANTIATE_TEST_SUITE_P(Memory, LinkContract, testing::Values(LinkCase{...}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "link/link.h"

namespace stellwerk::test {

/// One place that takes connections, and somebody who dials.
class LinkWorld {
 public:
  virtual ~LinkWorld() = default;
  virtual link::Dialer& dialer() = 0;
  /// Where connections are taken; each goes to `on_link`, which the world calls from then on.
  virtual std::string listen(std::function<void(std::unique_ptr<link::Link>)> on_link) = 0;
  /// An address where nobody listens.
  virtual std::string nobody() = 0;
  /// Turns the loop until `done()` holds or far too much time has passed; says whether it holds.
  virtual bool run_until(const std::function<bool()>& done) = 0;
  /// Turns it for a moment, for "and nothing more happens".
  virtual void run_on() = 0;
};

struct LinkCase {
  std::string name;
  std::function<std::unique_ptr<LinkWorld>()> make_world;

  friend std::ostream& operator<<(std::ostream& out, const LinkCase& c) { return out << c.name; }
};

/// One end of a connection, and what it heard.
struct LinkEnd {
  std::unique_ptr<link::Link> link;
  std::vector<link::Message> heard;
  std::string closed;  ///< empty: not yet

  void listen();
};

class LinkContract : public testing::TestWithParam<LinkCase> {
 protected:
  LinkContract() : world(GetParam().make_world()) {}

  /// Both ends of a new connection, listening.
  void connect();
  bool run_until(const std::function<bool()>& done) { return world->run_until(done); }

  std::unique_ptr<LinkWorld> world;
  LinkEnd worker, master;
};

}  // namespace stellwerk::test
