#include "cli/system_host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <thread>

#include "base/assert.h"

namespace stellwerk::cli {
namespace {

/// Of a line that a person types.
constexpr std::size_t kTypedBytesMax = 4'096;
/// Of a terminal that does not tell.
constexpr std::size_t kColumns = 80;

}  // namespace

/// One loop for requests, pauses and Ctrl-C, turned only while a verb waits for something.
struct SystemHost::Loop {
  Loop() : client(io, http::ClientOptions{}), signals(io) {}

  void await_interrupt() {
    signals.async_wait([this](const boost::system::error_code& cancelled, int number) {
      if (!cancelled) on_interrupt(number);
    });
  }
  void on_interrupt(int number) {
    interrupted = true;
    asked_to_end = asked_to_end || number != SIGINT;
    for (const http::Client::Cancel& cancel : cancels) cancel();
    cancels.clear();
    timer.cancel();
    await_interrupt();
  }
  /// Turns the loop until `done` says so.
  template <class Done>
  void run_until(Done done) {
    io.restart();
    while (!done()) STELLWERK_ASSERT(io.run_one() > 0, "waited for something that nobody brings");
  }

  boost::asio::io_context io{1};
  http::Client client;
  boost::asio::signal_set signals;
  boost::asio::steady_timer timer{io};
  std::vector<http::Client::Cancel> cancels;
  bool interrupted = false;
  bool asked_to_end = false;
};

SystemHost::SystemHost(Hooks hooks) : hooks_(std::move(hooks)) {}

SystemHost::~SystemHost() = default;

SystemHost::Loop& SystemHost::loop() {
  if (!loop_) loop_ = std::make_unique<Loop>();
  return *loop_;
}

std::ostream& SystemHost::out() {
  return std::cout;
}

bool SystemHost::reader_gone() const {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

std::ostream& SystemHost::err() {
  return std::cerr;
}

bool SystemHost::colour() const {
  return ::isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

std::size_t SystemHost::terminal_columns() const {
  if (::isatty(STDOUT_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1 || environment("TERM") == "dumb") return 0;
  winsize size{};
  const bool told = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : kColumns;
}

std::string SystemHost::environment(const std::string& name) const {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string SystemHost::program_directory() const {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "" : program.parent_path().string();
}

config::HostFacts SystemHost::facts() const {
  config::HostFacts facts;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) facts.hostname = name.data();
  if (facts.hostname.empty()) facts.hostname = "localhost";
  facts.processors = std::max(1U, std::thread::hardware_concurrency());
  return facts;
}

Milliseconds SystemHost::now() const {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

WallMs SystemHost::wall_ms() const {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::tm SystemHost::local_time(WallMs wall) const {
  const auto seconds = static_cast<std::time_t>(wall / 1000);
  std::tm out{};
  ::localtime_r(&seconds, &out);
  return out;
}

RandomBits SystemHost::random_bits() {
  std::random_device device;
  RandomBits bits{};
  for (std::uint64_t& word : bits) word = (static_cast<std::uint64_t>(device()) << 32) | device();
  return bits;
}

void SystemHost::catch_interrupts() {
  Loop& loop = this->loop();
  boost::system::error_code ignored;
  loop.signals.add(SIGINT, ignored);
  loop.signals.add(SIGTERM, ignored);
  // nohup has it ignored.
  struct sigaction before {};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) loop.signals.add(SIGHUP, ignored);
  loop.await_interrupt();
}

bool SystemHost::interrupted() const {
  return loop_ && loop_->interrupted;
}

bool SystemHost::asked_to_end() const {
  return loop_ && loop_->asked_to_end;
}

void SystemHost::forget_interrupts() {
  if (!loop_) return;
  loop_->interrupted = false;
  loop_->asked_to_end = false;
}

void SystemHost::pause(Milliseconds time) {
  Loop& loop = this->loop();
  bool over = false;
  loop.timer.expires_after(time);
  loop.timer.async_wait([&over](const boost::system::error_code&) { over = true; });
  loop.run_until([&] { return over; });
}

std::optional<std::string> SystemHost::ask_person(std::string_view question, Milliseconds within) {
  Loop& loop = this->loop();
  // Opened anew: what is set on the shell's own descriptor would outlive this program.
  const int tty = ::open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (tty < 0) return std::nullopt;
  boost::asio::posix::stream_descriptor terminal(loop.io, tty);
  err() << question << std::flush;
  std::string typed;
  std::optional<boost::system::error_code> end;
  boost::asio::async_read_until(terminal, boost::asio::dynamic_buffer(typed, kTypedBytesMax), '\n',
                                [&](const boost::system::error_code& failed, std::size_t) {
                                  end = failed;
                                  loop.timer.cancel();
                                });
  bool over = false;
  bool ticks = true;
  loop.timer.expires_after(within);
  loop.timer.async_wait([&](const boost::system::error_code& cancelled) {
    ticks = false;
    over = !cancelled;
    boost::system::error_code ignored;
    terminal.cancel(ignored);
  });
  loop.run_until([&] { return end.has_value() && !ticks; });
  if (loop.interrupted) return std::nullopt;
  if (over) return std::string();
  if (*end) return std::nullopt;
  typed.resize(typed.find('\n'));
  return typed;
}

std::vector<Answer> SystemHost::ask(std::vector<Question> questions) {
  Loop& loop = this->loop();
  std::vector<std::optional<Answer>> answers(questions.size());
  std::size_t missing = questions.size();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    Question& question = questions[i];
    loop.cancels.push_back(loop.client.send(
        question.to, std::move(question.request),
        [&answers, &missing, i](Answer answer) {
          answers[i] = std::move(answer);
          --missing;
        },
        question.deadline));
  }
  loop.run_until([&] { return missing == 0; });
  loop.cancels.clear();
  std::vector<Answer> out;
  out.reserve(answers.size());
  for (std::optional<Answer>& answer : answers) out.push_back(std::move(*answer));
  return out;
}

}  // namespace stellwerk::cli
