/// The options of one verb, as CLI11 reads them. For the files that parse verbs: it brings all of CLI11 along.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace stellwerk::cli {

/// The options of one verb, and its result once they were read.
class VerbParser {
 public:
  VerbParser(const std::string& verb, const std::string& text);

  /// For what only this verb has.
  CLI::App& app() { return app_; }

  void text(const std::string& names, std::string& into, const std::string& help);
  void flag(const std::string& names, bool& into, const std::string& help);
  void config(ConfigArguments& into, const std::string& names = "-c,--configDir");
  void json(bool& into);
  void master(std::string& into);
  void client(ClientArguments& into, const std::string& config_names = "-c,--configDir");
  void parallelism(std::optional<std::int32_t>& into);

  /// None when all went well; else help, or what is wrong.
  std::optional<Parsed> parse(std::vector<std::string> arguments);

 private:
  UsageError unexpected() const;
  UsageError misread(const std::string& what) const;
  std::string meant(const std::string& name) const;
  std::vector<OptionHelp> options() const;

  CLI::App app_;
  const std::string verb_;
  bool asks_masters_ = false;
};

}  // namespace stellwerk::cli
