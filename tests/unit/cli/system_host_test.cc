#include "cli/system_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <optional>

#include "http/server.h"

namespace stellwerk::cli {
namespace {

/// A real server on a free port: GET /echo answers, GET /never does not.
class SystemHostTest : public testing::Test {
 protected:
  void SetUp() override {
    auto router = std::make_shared<http::Router>();
    router->add(http::Method::get, "/echo", [](const http::Request& request, http::Responder responder) {
      responder.answer(http::text_response(std::string(request.target)));
    });
    router->add(http::Method::get, "/never", [this](const http::Request&, http::Responder responder) {
      held_.emplace(std::move(responder));
      std::raise(SIGINT);
    });
    http::ServerOptions options;
    options.ports = {{0, 0}};
    options.threads = 1;
    auto started = http::Server::start(options, router);
    ASSERT_TRUE(started.has_value()) << started.error().text;
    server_ = std::move(*started);
  }
  Question question(const std::string& target) const {
    return {.to = {"127.0.0.1", server_->port()}, .request = {.target = target}, .deadline = std::chrono::minutes(1)};
  }

  SystemHost host{Hooks{}};
  std::optional<http::Responder> held_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(SystemHostTest, AsksSeveralAtATimeAndKeepsTheirOrder) {
  const auto answers = host.ask({question("/echo?1"), question("/none"), question("/echo?2")});
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0]->body, "/echo?1");
  EXPECT_EQ(answers[1]->status, 404);
  EXPECT_EQ(answers[2]->body, "/echo?2");
  const auto again = host.ask({question("/echo?3")});
  EXPECT_EQ(again[0]->body, "/echo?3");
}

TEST_F(SystemHostTest, CtrlCEndsWhatIsWaitedFor) {
  host.catch_interrupts();
  EXPECT_FALSE(host.interrupted());
  const auto answers = host.ask({question("/never")});
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_FALSE(answers[0].has_value());
  EXPECT_TRUE(host.interrupted());
}

TEST_F(SystemHostTest, CtrlCEndsAPause) {
  host.catch_interrupts();
  std::raise(SIGINT);
  host.pause(std::chrono::hours(1));
  EXPECT_TRUE(host.interrupted());
}

TEST_F(SystemHostTest, AnInterruptCanBeForgottenAndTheNextOneCounts) {
  host.catch_interrupts();
  std::raise(SIGTERM);
  host.pause(std::chrono::hours(1));
  EXPECT_TRUE(host.asked_to_end());
  host.forget_interrupts();
  EXPECT_FALSE(host.interrupted());
  EXPECT_FALSE(host.asked_to_end());
  EXPECT_EQ(host.ask({question("/echo?1")})[0]->body, "/echo?1");
  std::raise(SIGINT);
  host.pause(std::chrono::hours(1));
  EXPECT_TRUE(host.interrupted());
  EXPECT_FALSE(host.asked_to_end());
}

TEST_F(SystemHostTest, AClosedTerminalEndsAsSigtermDoes) {
  host.catch_interrupts();
  std::raise(SIGHUP);
  host.pause(std::chrono::hours(1));
  EXPECT_TRUE(host.interrupted());
  EXPECT_TRUE(host.asked_to_end());
}

TEST_F(SystemHostTest, UnderNohupAClosedTerminalEndsNothing) {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  host.catch_interrupts();
  std::raise(SIGHUP);
  host.pause(std::chrono::milliseconds(0));
  EXPECT_FALSE(host.interrupted());
  std::signal(SIGHUP, before);
}

TEST_F(SystemHostTest, KnowsItsSurroundings) {
  EXPECT_FALSE(host.program_directory().empty());
  EXPECT_FALSE(host.facts().hostname.empty());
  EXPECT_GE(host.facts().processors, 1U);
  EXPECT_NE(host.random_bits(), host.random_bits());
  EXPECT_EQ(host.environment("STELLWERK_TEST_NO_SUCH_VARIABLE"), "");
}

/// Whether `holds` holds in a process that has a terminal of its own, on which `typed` was typed.
bool on_a_terminal(const std::string& typed, const std::function<bool()>& holds) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child < 0) return false;
  if (child == 0) std::_Exit(holds() ? 0 : 1);
  EXPECT_EQ(::write(terminal, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  ::close(terminal);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(SystemHostOnATerminal, APersonTypesALine) {
  EXPECT_TRUE(on_a_terminal("cancel\nmore\n", [] {
    ::setenv("TERM", "xterm", 1);
    SystemHost host{Hooks{}};
    return host.terminal_columns() > 0 && host.ask_person("well? ", std::chrono::hours(1)) == "cancel";
  }));
}

TEST(SystemHostOnATerminal, APersonWhoThinksForTooLongSaidNothing) {
  EXPECT_TRUE(on_a_terminal("can", [] {
    SystemHost host{Hooks{}};
    return host.ask_person("well? ", Milliseconds(1)) == "";
  }));
}

TEST(SystemHostOnATerminal, APersonWhoInterruptsOrIsGoneSaysNothing) {
  EXPECT_TRUE(on_a_terminal("", [] {
    SystemHost host{Hooks{}};
    host.catch_interrupts();
    std::raise(SIGINT);
    return !host.ask_person("well? ", std::chrono::hours(1)) && host.interrupted();
  }));
  EXPECT_TRUE(on_a_terminal("\x04", [] {
    SystemHost host{Hooks{}};
    return !host.ask_person("well? ", std::chrono::hours(1));
  }));
}

}  // namespace
}  // namespace stellwerk::cli
