#include "cli/verb_parser.h"

#include <algorithm>

#include "base/text.h"
#include "cli/parse_verbs.h"
#include "model/job_spec.h"

namespace stellwerk::cli {
namespace {

/// Of a sentence of CLI11, which may repeat arguments.
constexpr std::size_t kFaultBytesMax = 512;

}  // namespace

VerbParser::VerbParser(const std::string& verb, const std::string& text)
    : app_(text, "stellwerk " + verb), verb_(verb) {
  app_.set_help_flag("-h,--help", "Prints this.");
  app_.get_formatter()->column_width(36);
}

void VerbParser::text(const std::string& names, std::string& into, const std::string& help) {
  app_.add_option(names, into, help)->type_name("TEXT");
}

void VerbParser::flag(const std::string& names, bool& into, const std::string& help) {
  app_.add_flag(names, into, help);
}
void VerbParser::config(ConfigArguments& into, const std::string& names) {
  app_.add_option(names, into.conf_dir,
                  "Directory with config.yaml; else STELLWERK_CONF_DIR, else ../conf beside the program.")
      ->type_name("DIR");
  app_.add_option("-D", into.dynamic, "Sets one key, key=value; may be repeated, comes before all files.")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void VerbParser::json(bool& into) {
  flag("--json", into, "Prints JSON.");
}
void VerbParser::master(std::string& into) {
  asks_masters_ = true;
  app_.add_option("-m,--jobmanager", into, "Any master, host:port; else those of the configuration.")
      ->type_name("HOST:PORT");
}

void VerbParser::client(ClientArguments& into, const std::string& config_names) {
  master(into.master);
  json(into.json);
  config(into.config, config_names);
}

void VerbParser::parallelism(std::optional<std::int32_t>& into) {
  app_.add_option("-p,--parallelism", into,
                  "Parallelism of every vertex that does not say its own; else parallelism.default.")
      ->type_name("N")
      ->check(CLI::Range(1, static_cast<int>(model::kParallelismMax)).description(""));
}

std::optional<Parsed> VerbParser::parse(std::vector<std::string> arguments) {
  if (asks_masters_)
    if (auto absent = option_of_flink(verb_, arguments)) return *absent;
  std::reverse(arguments.begin(), arguments.end());
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return Arguments{HelpArguments{app_.help(), options()}};
  } catch (const CLI::ExtrasError&) {
    return unexpected();
  } catch (const CLI::ArgumentMismatch& error) {
    return misread(error.what());
  } catch (const CLI::ConversionError& error) {
    return misread(error.what());
  } catch (const CLI::ParseError& error) {
    return usage_error(escaped(error.what(), kFaultBytesMax));
  }
  return std::nullopt;
}

/// CLI11 says "-D: 1 required KEY=VALUE missing" and "Could not convert: --seed = x".
UsageError VerbParser::misread(const std::string& what) const {
  constexpr std::string_view kUnreadable = "Could not convert: ";
  if (what.starts_with(kUnreadable)) {
    const std::string rest = what.substr(kUnreadable.size());
    const auto name = rest.substr(0, rest.find(" = "));
    const auto value = name.size() < rest.size() ? rest.substr(name.size() + 3) : "";
    return usage_error(escaped(name, kShownBytesMax) + ": " + shown(value) + " is not a number that is accepted.");
  }
  return usage_error("Missing argument for option: " + escaped(what.substr(0, what.find(':')), kShownBytesMax));
}

std::vector<OptionHelp> VerbParser::options() const {
  std::vector<OptionHelp> out;
  for (const CLI::Option* each : app_.get_options()) {
    OptionHelp option;
    for (const auto& name : each->get_snames()) option.names.push_back("-" + name);
    for (const auto& name : each->get_lnames()) option.names.push_back("--" + name);
    if (option.names.empty())
      option.value = each->get_name(true);
    else if (each->get_items_expected_max() > 0)
      option.value = each->get_type_name();
    out.push_back(std::move(option));
  }
  return out;
}

/// Of a long one that is nearly right: which it is.
std::string VerbParser::meant(const std::string& name) const {
  if (!name.starts_with("--")) return {};
  std::vector<std::string> names;
  for (const OptionHelp& option : options())
    for (const auto& each : option.names)
      if (each.starts_with("--")) names.push_back(each.substr(2));
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto near = nearest_name(std::string_view(name).substr(2, name.find('=') - 2), known);
  return near ? " (did you mean --" + std::string(*near) + "?)" : "";
}

UsageError VerbParser::unexpected() const {
  const std::vector<std::string> rest = app_.remaining();
  const std::string first = rest.empty() ? "" : rest.front();
  if (first.starts_with('-'))
    return usage_error("Unrecognized option: " + escaped(first, kShownBytesMax) + meant(first));
  return usage_error("Unexpected argument: " + escaped(first, kShownBytesMax));
}

}  // namespace stellwerk::cli
