/// Puts layers of settings together: resolves old names, lets the stronger layer win, checks values.
/// Internal to configuration.cc and its tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/key_table.h"
#include "config/raw_layer.h"

namespace stellwerk::config {

/// Layers are taken from the strongest to the weakest, then finish() is called once.
///
/// Within a layer a key beats its old names; between layers the stronger layer wins, whichever name
/// it uses. Where an old name is involved and the values differ, a finding says which one holds.
class Loader {
 public:
  void take(RawLayer layer);
  void set_files(std::vector<std::string> files) { loaded_.configuration.files_ = std::move(files); }
  Loaded finish() &&;

 private:
  struct Candidate {
    const RawSetting* setting = nullptr;
    KnownName known;
  };
  using Candidates = std::vector<Candidate>;

  void settle(const std::string& name, Candidates& candidates);
  void drop(const Candidate& loser, const RawSetting& winner);
  void accept(const std::string& name, const Candidate& winner, const Candidates& all);
  void accept_known(const Key& key, const Candidate& winner, const Candidates& all);
  void unknown(const RawSetting& setting);
  void note(FindingKind kind, const RawSetting& setting, std::string problem);
  void bad_value(FindingKind kind, const RawSetting& setting, const std::string& value, const std::string& why);

  Loaded loaded_;
  /// Names that a stronger layer has settled, with what it wrote.
  std::map<std::string, RawSetting> settled_;
};

}  // namespace stellwerk::config
