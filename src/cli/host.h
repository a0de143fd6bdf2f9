/// What the verbs ask of the process that they run in: everything that is not a file.
///
/// The real one is cli/system_host.h; tests have their own with a scripted network and clock. One
/// thread, the caller's, uses it.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstddef>
#include <ctime>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "cli/arguments.h"
#include "config/master_options.h"
#include "http/client.h"

namespace stellwerk::cli {

using Milliseconds = std::chrono::milliseconds;

/// One request to one master.
struct Question {
  http::Endpoint to{};
  http::ClientRequest request{};
  /// From the call until the whole answer is there.
  Milliseconds deadline{};
};
using Answer = Result<http::ClientResponse>;

struct Build {
  std::string version;
  std::string commit;
};

class Host {
 public:
  virtual ~Host() = default;

  /// For results.
  virtual std::ostream& out() = 0;
  /// Whoever read the results reads no more of them: a pipe whose other end is closed.
  virtual bool reader_gone() const = 0;
  /// For errors and hints.
  virtual std::ostream& err() = 0;
  /// Results go to a terminal that shows colours.
  virtual bool colour() const = 0;

  virtual Build build() const = 0;
  /// Empty if not set.
  virtual std::string environment(const std::string& name) const = 0;
  /// The directory that the program is in; empty if the system does not tell.
  virtual std::string program_directory() const = 0;
  /// Where the system shows its processes: "/proc".
  virtual std::string process_directory() const = 0;
  virtual config::HostFacts facts() const = 0;

  /// Milliseconds on a clock that nobody sets, from any beginning.
  virtual Milliseconds now() const = 0;
  virtual WallMs wall_ms() const = 0;
  /// In the time zone of the user.
  virtual std::tm local_time(WallMs wall) const = 0;
  virtual RandomBits random_bits() = 0;

  /// Columns of the terminal on which a person sees results and hints; 0: they go elsewhere.
  virtual std::size_t terminal_columns() const = 0;

  /// From now on SIGINT (Ctrl-C), SIGTERM and, unless it is ignored, SIGHUP (the terminal is gone) do not end the
  /// process: ask(), ask_person() and pause() return early and interrupted() says so, until forget_interrupts().
  virtual void catch_interrupts() = 0;
  virtual bool interrupted() const = 0;
  /// One of them was SIGTERM or SIGHUP.
  virtual bool asked_to_end() const = 0;
  virtual void forget_interrupts() = 0;
  virtual void pause(Milliseconds time) = 0;

  /// Sends all at the same time and waits for all: an answer for each, in the same order. Errors as
  /// http::Client's; what an interrupt cuts short ends as if its deadline had passed.
  virtual std::vector<Answer> ask(std::vector<Question> questions) = 0;

  /// Puts a question to whoever sits at the terminal: the line that was typed, empty if none was within that time.
  /// None: Ctrl-C instead, or nobody is there.
  virtual std::optional<std::string> ask_person(std::string_view question, Milliseconds within) = 0;

  /// Runs a master until it ends; its exit code.
  virtual int run_master(const MasterArguments& arguments) = 0;
  /// Runs a worker until it ends; its exit code.
  virtual int run_worker(const WorkerArguments& arguments) = 0;
  /// Examines, and repairs if told to, a cluster's files; its exit code.
  virtual int run_fsck(const FsckArguments& arguments) = 0;
  /// Hits a cluster and checks what it promises; its exit code.
  virtual int run_drill(const DrillArguments& arguments) = 0;
  /// Tries the storage of a cluster as a starting master would. The text of a success says what was tried.
  virtual Result<std::string> probe_storage(const config::MasterOptions& options) = 0;
};

}  // namespace stellwerk::cli
