/// What scripts for Flink say that means nothing here.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/parse_verbs.h"

namespace stellwerk::cli {
namespace {

struct Absent {
  std::string_view verb;  ///< empty: every one that asks a master
  std::string_view names;
  std::string_view instead;
};

constexpr std::string_view kNoSavepoints =
    "savepoints are planned, not in this version; a job that restarts goes on from its last checkpoint by itself.";
constexpr std::string_view kNoYarn =
    "there is no YARN here: -m HOST:PORT names a master; leave out what begins with -y.";
constexpr std::string_view kPython = "a Python program is a command here: stellwerk run -- python3 FILE.";

constexpr std::array kAbsent = std::to_array<Absent>({
    {"run", " -s --fromSavepoint -rm --restoreMode -claimMode --claimMode --allowNonRestoredState ", kNoSavepoints},
    {"run", " -sae --shutdownOnAttachedExit ",
     "a client that ends leaves its job running here; stellwerk cancel JOBID ends it."},
    {"run", " -C --classpath ", "a class path is a matter of the command here: stellwerk run -- java -cp PATHS CLASS."},
    {"run", " -j --jarfile -a --arguments ",
     "the jar and its arguments stand behind the options: stellwerk run X.jar ARGUMENTS."},
    {"run",
     " -py --python -pym --pyModule -pyfs --pyFiles -pyreq --pyRequirements -pyarch --pyArchives -pyexec "
     "--pyExecutable -pyclientexec --pyClientExecutable -pypath --pyPythonPath ",
     kPython},
    {"cancel", " -s --withSavepoint ",
     "savepoints are planned, not in this version; stellwerk checkpoint JOBID takes a checkpoint, then cancel without "
     "it."},
    {"", " -t --target -e --executor ", "jobs run on the masters of the configuration, or those of -m; leave it out."},
    {"", " -z --zookeeperNamespace ",
     "masters are named by -m HOST:PORT, or by conf/masters of --configDir; leave it out."},
    {"",
     " -yid --yarnapplicationId -ynm --yarnname -yqu --yarnqueue -yjm --yarnjobManagerMemory -ytm "
     "--yarntaskManagerMemory -ys --yarnslots -yt --yarnship -yD -yd --yarndetached -yz --yarnzookeeperNamespace -yat "
     "--yarnapplicationType -ynl --yarnnodeLabel -yh --yarnhelp -yq --yarnquery ",
     kNoYarn},
});

}  // namespace

std::optional<UsageError> option_of_flink(std::string_view verb, const Words& words) {
  for (const auto& word : words) {
    if (word == "--") break;
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with('-') || name.find(' ') != std::string::npos) continue;
    const auto found = std::find_if(kAbsent.begin(), kAbsent.end(), [&](const Absent& each) {
      return (each.verb.empty() || each.verb == verb) && each.names.find(" " + name + " ") != std::string_view::npos;
    });
    if (found != kAbsent.end()) return usage_error(name + ": " + std::string(found->instead));
  }
  return std::nullopt;
}

}  // namespace stellwerk::cli
