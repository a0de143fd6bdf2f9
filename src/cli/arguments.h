/// What a command line asks for, as plain values. Parsing is pure: it reads nothing but its arguments.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stellwerk::cli {

/// Most arguments and most bytes of them together that are looked at.
inline constexpr std::size_t kArgumentsMax = 4'096;
inline constexpr std::size_t kArgumentBytesMax = 1024 * 1024;

/// Where a configuration comes from, for every verb.
struct ConfigArguments {
  std::string conf_dir{};              ///< --configDir; empty: not given
  std::vector<std::string> dynamic{};  ///< -D, "key=value" each
};

/// What the verbs that talk to masters have in common.
struct ClientArguments {
  ConfigArguments config{};
  std::string master{};  ///< -m; empty: not given
  bool json = false;
};

/// `stellwerk master`: handed to app/, which runs it.
struct MasterArguments {
  ConfigArguments config{};
  std::string host{};
  std::optional<std::uint16_t> webui_port{};
  std::string log_file{};      ///< empty: not given
  std::string address_file{};  ///< the same
};

/// `stellwerk worker`: handed to app/, which runs it.
struct WorkerArguments {
  ConfigArguments config{};
  std::string host{};
  std::string log_file{};  ///< empty: not given
};

struct RunArguments {
  ClientArguments client{};
  bool detached = false;
  std::optional<std::int32_t> parallelism{};
  std::string name{};  ///< empty: not given
  bool at_most_one = false;
  std::string job_id{};                ///< empty: the spec's, or a new one
  std::string file{};                  ///< spec, directory or jar; empty: `command` is given
  std::vector<std::string> command{};  ///< what stands behind "--", or behind a jar
  std::string main_class{};            ///< -c, of a jar; empty: the one that the jar names
};

struct ListArguments {
  ClientArguments client{};
  bool running = false;
  bool scheduled = false;
  bool all = false;
};

struct InfoArguments {
  ClientArguments client{};
  std::string what{};  ///< a file, a directory or a job id
  std::optional<std::int32_t> parallelism{};
};

struct CancelArguments {
  ClientArguments client{};
  std::string job{};
};

struct CheckpointArguments {
  ClientArguments client{};
  std::string job{};
};

struct StatusArguments {
  ClientArguments client{};
};

struct WorkersArguments {
  ClientArguments client{};
};

struct LogsArguments {
  ClientArguments client{};
  bool follow = false;
  std::string job{};     ///< empty: `worker` is given
  std::string what{};    ///< "VERTEX" or "VERTEX/SUBTASK" of the job; empty: all of it
  bool errors = false;   ///< of the job: stderr
  std::string worker{};  ///< its id
  bool output = false;   ///< of the worker: its .out
};

struct PsArguments {
  bool json = false;
};

struct ConfigVerbArguments {
  enum class Action { check, show, get };
  ConfigArguments config{};
  Action action = Action::show;
  std::string key{};  ///< of `get`
  bool storage = false;
  bool json = false;
  /// As the scripts pass them to a master.
  std::string host{};
  std::optional<std::uint16_t> webui_port{};
};

/// `stellwerk fsck`: handed to app/, which has storage and coordination.
struct FsckArguments {
  enum class LastSegment { ask, keep, drop };
  ConfigArguments config{};
  std::string head_file{};  ///< empty: the register's
  bool rebuild_head = false;
  std::string cluster{};  ///< uuid; empty: the one that all agree on
  LastSegment last_segment = LastSegment::ask;
  std::vector<std::string> keep{};     ///< job ids, keys, or "all"
  std::vector<std::string> drop{};     ///< the same
  std::vector<std::string> restore{};  ///< the same, or KEY=FILE
  bool repair = false;
  bool accept_loss = false;
  bool jobs = false;
  bool json = false;
};

/// `stellwerk drill`: handed to drill/.
struct DrillArguments {
  std::string fault{};  ///< "mixed", "list" or a fault's name; drill/ knows which there are
  int rounds = 10;
  int jobs = 4;     ///< that run all the time and whose processes are watched
  int clients = 4;  ///< that submit, cancel and read all the time
  std::optional<std::uint64_t> seed{};
  int masters = 3;
  int workers = 2;
  bool no_zookeeper = false;
  std::string dir{};  ///< empty: a temporary one
  bool keep = false;
  bool json = false;
  std::string target{};  ///< masters of a running cluster, by comma; empty: one of its own
};

/// What a help says of one option, or of an argument.
struct OptionHelp {
  std::vector<std::string> names{};  ///< with their dashes; none: an argument
  std::string value{};               ///< what stands for its value; empty: it takes none
};

/// Print `text` on stdout and exit 0.
struct HelpArguments {
  std::string text{};
  std::vector<OptionHelp> options{};  ///< of the verb whose help it is
};
struct VersionArguments {};

using Arguments =
    std::variant<HelpArguments, VersionArguments, MasterArguments, WorkerArguments, RunArguments, ListArguments,
                 InfoArguments, CancelArguments, CheckpointArguments, StatusArguments, WorkersArguments, LogsArguments,
                 PsArguments, ConfigVerbArguments, FsckArguments, DrillArguments>;

/// What is wrong with a command line; all of it goes to stderr.
struct UsageError {
  std::string text{};  ///< ends in a newline
};

using Parsed = std::variant<Arguments, UsageError>;

/// `arguments` without the program's name.
Parsed parse_arguments(const std::vector<std::string>& arguments);

/// By its name.
bool is_jar(std::string_view path);

/// One sentence and where to find help, as Flink's command line says it.
UsageError usage_error(std::string_view sentence);

/// What is not the id of a job.
UsageError bad_job_id(std::string_view text);

/// `stellwerk --help`.
std::string general_help();

}  // namespace stellwerk::cli
