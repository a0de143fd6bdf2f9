#include "contract/link_contract.h"

#include <gmock/gmock.h>

namespace stellwerk::test {
namespace {

using link::Echo;
using link::Message;
using testing::HasSubstr;
using testing::IsEmpty;

}  // namespace

void LinkEnd::listen() {
  link->listen({[this](Message message) { heard.push_back(std::move(message)); },
                [this](const std::string& why) {
                  EXPECT_TRUE(closed.empty()) << "told twice";
                  closed = why;
                }});
}

void LinkContract::connect() {
  const std::string address = world->listen([this](std::unique_ptr<link::Link> link) {
    master.link = std::move(link);
    master.listen();
  });
  bool inside = true;
  world->dialer().dial(address, [this, &inside](Result<std::unique_ptr<link::Link>> result) {
    EXPECT_FALSE(inside) << "never from inside the call";
    ASSERT_TRUE(result) << result.error().text;
    worker.link = std::move(*result);
    worker.listen();
  });
  inside = false;
  ASSERT_TRUE(run_until([this] { return worker.link && master.link; }));
}

TEST_P(LinkContract, MessagesArriveInOrder) {
  connect();
  for (int i = 1; i <= 1000; ++i) worker.link->send(Echo{1, i});
  for (int i = 1; i <= 10; ++i) master.link->send(Echo{2, i});
  EXPECT_THAT(master.heard, IsEmpty()) << "never from inside the call";
  ASSERT_TRUE(run_until([this] { return master.heard.size() == 1000 && worker.heard.size() == 10; }));
  for (int i = 1; i <= 1000; ++i) ASSERT_EQ(master.heard[static_cast<std::size_t>(i - 1)], Message(Echo{1, i}));
}

TEST_P(LinkContract, BothEndsHaveANameForTheOther) {
  connect();
  EXPECT_NE(worker.link->peer(), "");
  EXPECT_NE(master.link->peer(), "");
}

TEST_P(LinkContract, WhatWasSentBeforeTheCloseArrives) {
  connect();
  for (int i = 1; i <= 100; ++i) master.link->send(Echo{1, i});
  master.link->close();
  master.link->send(Echo{1, 101});
  ASSERT_TRUE(run_until([this] { return !worker.closed.empty(); }));
  EXPECT_EQ(worker.heard.size(), 100u);
  EXPECT_THAT(worker.closed, HasSubstr(worker.link->peer()));
  EXPECT_EQ(master.closed, "") << "whoever closes is not told";
}

TEST_P(LinkContract, ACloseGoesOutThoughItsOwnerIsGone) {
  connect();
  master.link->send(link::Rejected{"why"});
  master.link->close();
  master.link.reset();
  ASSERT_TRUE(run_until([this] { return !worker.closed.empty(); }));
  ASSERT_EQ(worker.heard.size(), 1u);
}

TEST_P(LinkContract, DestroyingOneEndIsHeardAtTheOther) {
  connect();
  worker.link.reset();
  ASSERT_TRUE(run_until([this] { return !master.closed.empty(); }));
  master.link->send(Echo{1, 1});
  master.link->close();
  world->run_on();
}

TEST_P(LinkContract, ALinkMayBeDestroyedFromItsOwnCallback) {
  bool heard = false;
  const std::string address = world->listen([&](std::unique_ptr<link::Link> link) {
    master.link = std::move(link);
    master.link->listen({[&](const Message&) {
                           heard = true;
                           master.link.reset();
                         },
                         [](const std::string&) { ADD_FAILURE() << "it ended it itself"; }});
  });
  world->dialer().dial(address, [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result);
    worker.link = std::move(*result);
    worker.listen();
    worker.link->send(Echo{1, 1});
    worker.link->send(Echo{1, 2});
  });
  ASSERT_TRUE(run_until([&] { return heard && !worker.closed.empty(); }));
}

TEST_P(LinkContract, MessagesWaitForAListener) {
  std::unique_ptr<link::Link> late;
  const std::string address = world->listen([&](std::unique_ptr<link::Link> link) { late = std::move(link); });
  world->dialer().dial(address, [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result);
    worker.link = std::move(*result);
    worker.listen();
    worker.link->send(Echo{1, 1});
  });
  ASSERT_TRUE(run_until([&] { return worker.link && late; }));
  world->run_on();
  master.link = std::move(late);
  master.listen();
  EXPECT_TRUE(run_until([this] { return master.heard.size() == 1; }));
}

TEST_P(LinkContract, LargeMessagesArriveWhole) {
  connect();
  link::Wait wait;
  for (std::size_t i = 0; i < link::kMastersMax; ++i)
    wait.masters.push_back(std::string(link::kTextBytesMax, static_cast<char>('a' + i % 26)));
  master.link->send(wait);
  ASSERT_TRUE(run_until([this] { return worker.heard.size() == 1; }));
  EXPECT_EQ(worker.heard[0], Message(wait));
}

/// As large as one may be without a thought.
link::Message large_message() {
  link::Wait wait;
  for (std::size_t i = 0; i < link::kMastersMax; ++i) wait.masters.emplace_back(link::kTextBytesMax, 'x');
  return wait;
}

TEST_P(LinkContract, WhoDoesNotReadLosesTheLink) {
  std::unique_ptr<link::Link> deaf;
  const std::string address = world->listen([&](std::unique_ptr<link::Link> link) { deaf = std::move(link); });
  world->dialer().dial(address, [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result);
    worker.link = std::move(*result);
    worker.listen();
  });
  ASSERT_TRUE(run_until([&] { return worker.link && deaf; }));
  const link::Message message = large_message();
  const std::size_t far_too_many = 4 * link::kUnsentBytesMax / link::encode(message).size();
  for (std::size_t i = 0; i < far_too_many; ++i) worker.link->send(message);
  EXPECT_EQ(worker.closed, "") << "never from inside the call";
  ASSERT_TRUE(run_until([this] { return !worker.closed.empty(); }));
  EXPECT_THAT(worker.closed, HasSubstr(worker.link->peer() + ": it reads too slowly: "));
  worker.link->send(Echo{1, 1});
  // What arrived before is still heard, then the end.
  master.link = std::move(deaf);
  master.listen();
  ASSERT_TRUE(run_until([this] { return !master.closed.empty(); }));
  EXPECT_LT(master.heard.size(), far_too_many);
}

TEST_P(LinkContract, WhoReadsKeepsTheLinkHoweverMuchIsSent) {
  connect();
  const link::Message message = large_message();
  const std::size_t portion = link::kUnsentBytesMax / 2 / link::encode(message).size();
  for (std::size_t round = 1; round <= 8; ++round) {
    for (std::size_t i = 0; i < portion; ++i) worker.link->send(message);
    ASSERT_TRUE(run_until([&] { return master.heard.size() == round * portion || !worker.closed.empty(); }));
    ASSERT_EQ(worker.closed, "");
  }
}

TEST_P(LinkContract, ALinkThatWasLostMayBeClosedBeforeThatIsHeard) {
  connect();
  const link::Message message = large_message();
  for (std::size_t i = 0; i < 2 * link::kUnsentBytesMax / link::encode(message).size(); ++i) worker.link->send(message);
  worker.link->close();
  ASSERT_TRUE(run_until([this] { return !master.closed.empty(); }));
  world->run_on();
  EXPECT_EQ(worker.closed, "") << "whoever closes is not told";
}

TEST_P(LinkContract, WhereNobodyListensNobodyAnswers) {
  std::string why;
  world->dialer().dial(world->nobody(), [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().code, Errc::unavailable);
    why = result.error().text;
  });
  ASSERT_TRUE(run_until([&] { return !why.empty(); }));
  EXPECT_THAT(why, HasSubstr(world->nobody()));
}

TEST_P(LinkContract, WhatIsNoAddressIsNamed) {
  std::string why;
  world->dialer().dial("somewhere", [&](Result<std::unique_ptr<link::Link>> result) {
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().code, Errc::invalid);
    why = result.error().text;
  });
  ASSERT_TRUE(run_until([&] { return !why.empty(); }));
  EXPECT_EQ(why, "\"somewhere\" is no address; host:port is one");
}

}  // namespace stellwerk::test
