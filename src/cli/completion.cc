/// `stellwerk completion`: a shell's completion, made of what the helps of all verbs are made of.
#include <algorithm>
#include <cctype>

#include "cli/parse_verbs.h"
#include "cli/verb_parser.h"

namespace stellwerk::cli {
namespace {

constexpr std::string_view kGeneralOptions = "-h --help -v --version";

constexpr std::string_view kBegin = R"(# Completion of stellwerk for bash. Made by: stellwerk completion bash
_stellwerk() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} place=${COMP_CWORD} each offered=
  COMPREPLY=()
  for each in "${COMP_WORDS[@]:0:$COMP_CWORD}"; do
    [ "$each" != -- ] || return 0 # a command follows, which is not ours
  done
  if [ "$place" = 1 ]; then
    offered=')";

constexpr std::string_view kVerbsBegin = R"('
  else
    case "${COMP_WORDS[1]} $before" in
)";

constexpr std::string_view kOptionsBegin = R"(      *)
        case "${COMP_WORDS[1]} $word" in
)";

constexpr std::string_view kEnd = R"(        esac
        ;;
    esac
  fi
  [ -z "$offered" ] || COMPREPLY=($(compgen -W "$offered" -- "$word"))
}
# Where nothing is offered: files.
complete -o default -F _stellwerk stellwerk
)";

/// The help of a verb without its text.
std::vector<OptionHelp> options_of(const Verb& verb) {
  const Parsed parsed = verb.parse({"--help"});
  const auto* arguments = std::get_if<Arguments>(&parsed);
  const auto* help = arguments == nullptr ? nullptr : std::get_if<HelpArguments>(arguments);
  return help == nullptr ? std::vector<OptionHelp>() : help->options;
}

/// Of "keep|drop": "keep drop". What stands for something else ("FILE|JOBID") has none.
std::string words_of(std::string value) {
  const bool words = value.find('|') != std::string::npos &&
                     std::none_of(value.begin(), value.end(), [](unsigned char c) { return std::isupper(c) != 0; });
  if (!words) return {};
  std::replace(value.begin(), value.end(), '|', ' ');
  return value;
}

/// A branch of a `case`, "'run -c' | 'run --class'", which offers `words`; none: files.
std::string branch(const std::string& patterns, const std::string& words) {
  return patterns + ") " + (words.empty() ? "" : "offered='" + words + "' ") + ";;\n";
}

/// What stands behind options that take a value.
std::string values_of(std::string_view verb, const std::vector<OptionHelp>& options) {
  std::string out;
  for (const OptionHelp& option : options) {
    if (option.names.empty() || option.value.empty()) continue;
    std::string patterns;
    for (const auto& name : option.names)
      patterns += (patterns.empty() ? "'" : " | '") + std::string(verb) + ' ' + name + "'";
    out += branch("      " + patterns, words_of(option.value));
  }
  return out;
}

/// Options behind a '-', and otherwise the words that a verb takes, if it is known which.
std::string words_of(std::string_view verb, const std::vector<OptionHelp>& options) {
  std::string names;
  std::string words;
  for (const OptionHelp& option : options) {
    for (const auto& name : option.names) names += (names.empty() ? "" : " ") + name;
    if (option.names.empty() && words.empty()) words = words_of(option.value);
  }
  std::string out = branch("          '" + std::string(verb) + " -'*", names);
  if (!words.empty()) out += branch("          '" + std::string(verb) + " '*", words);
  return out;
}

std::string bash_completion() {
  std::string verbs;
  std::string values;
  std::string words;
  for (const Verb& verb : all_verbs()) {
    const auto options = options_of(verb);
    verbs += std::string(verb.name) + ' ';
    values += values_of(verb.name, options);
    words += words_of(verb.name, options);
  }
  std::string out(kBegin);
  return out.append(verbs)
      .append(kGeneralOptions)
      .append(kVerbsBegin)
      .append(values)
      .append(kOptionsBegin)
      .append(words)
      .append(kEnd);
}

}  // namespace

Parsed parse_completion(Words words) {
  std::string shell;
  VerbParser parser("completion",
                    "Prints what makes bash complete verbs and options: eval \"$(stellwerk completion bash)\".");
  parser.app().add_option("bash|zsh", shell, "The shell; zsh reads the same by its bashcompinit.")->type_name("");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (shell == "bash") return Arguments{HelpArguments{bash_completion()}};
  if (shell == "zsh")
    return Arguments{HelpArguments{"autoload -U +X bashcompinit && bashcompinit\n" + bash_completion()}};
  return usage_error("A shell should be specified: bash or zsh.");
}

}  // namespace stellwerk::cli
