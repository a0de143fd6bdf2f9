#include "config/loader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/text.h"
#include "config/value.h"

namespace stellwerk::config {
namespace {

std::string joined(const std::vector<std::string>& items, char separator) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += separator;
    out += item;
  }
  return out;
}

/// One text for all forms in which a value may be written, for comparing and checking.
std::string flat_value(const RawSetting& setting, KeyType type) {
  if (!setting.sequence) return setting.value;
  const bool commas = type == KeyType::hosts || type == KeyType::ports || type == KeyType::map;
  return joined(setting.items, commas ? ',' : ';');
}

std::size_t alias_rank(const Key& key, std::string_view name) {
  const auto aliases = aliases_of(key);
  return static_cast<std::size_t>(std::find(aliases.begin(), aliases.end(), name) - aliases.begin());
}

/// `why`, or what is more likely the cause: a character or quotes that do not belong there.
std::string explained(const std::string& why, const RawSetting& setting, const std::string& value) {
  const std::string odd = look_alike(value);
  if (!odd.empty()) return "holds " + odd + ", which only looks like ASCII; type it in ASCII";
  const bool quotes =
      value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  const bool lines = setting.origin.layer == Layer::properties || setting.origin.name.ends_with("flink-conf.yaml");
  return quotes && lines ? why + " (quotes are part of the value here; remove them)" : why;
}

/// A key alone says that it is true. Of one that is neither true or false nor one of Flink's that is a slip.
bool may_be_bare(const KnownName& known) noexcept {
  if (known.key == nullptr) return known.open_prefix;
  return known.key->type == KeyType::boolean || known.key->standing != Standing::used;
}

bool takes_sequence(KeyType type) noexcept {
  return type == KeyType::list || type == KeyType::hosts || type == KeyType::ports;
}

}  // namespace

void Loader::take(RawLayer layer) {
  auto& findings = loaded_.findings;
  findings.insert(findings.end(), layer.findings.begin(), layer.findings.end());
  std::map<std::string, Candidates> by_name;
  for (const RawSetting& setting : layer.settings) {
    const KnownName known = look_up(setting.key);
    const std::string name(known.key != nullptr ? known.key->name : std::string_view(setting.key));
    by_name[name].push_back({&setting, known});
  }
  for (auto& [name, candidates] : by_name) settle(name, candidates);
}

void Loader::settle(const std::string& name, Candidates& candidates) {
  const auto rank = [](const Candidate& candidate) {
    return candidate.known.alias ? 1 + alias_rank(*candidate.known.key, candidate.setting->key) : 0;
  };
  // Of equal names the last one written comes first.
  std::reverse(candidates.begin(), candidates.end());
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  const auto stronger = settled_.find(name);
  const RawSetting& winner = stronger != settled_.end() ? stronger->second : *candidates.front().setting;
  for (const Candidate& candidate : candidates) {
    const bool part_of_map = !candidate.known.below.empty() && stronger == settled_.end();
    if (candidate.setting != &winner && !part_of_map) drop(candidate, winner);
  }
  if (stronger != settled_.end()) return;
  settled_.emplace(name, winner);
  accept(name, candidates.front(), candidates);
}

void Loader::drop(const Candidate& loser, const RawSetting& winner) {
  const RawSetting& setting = *loser.setting;
  const KeyType type = loser.known.key != nullptr ? loser.known.key->type : KeyType::text;
  if (flat_value(setting, type) == flat_value(winner, type)) return;
  // A host of conf/masters replaces the `localhost` of Flink's shipped files without a word.
  const bool surprising = winner.origin.layer == Layer::script && setting.key == keys::rest_address.name &&
                          setting.value != "localhost" && setting.value != "127.0.0.1";
  if (setting.key == winner.key && !surprising) return;
  note(FindingKind::conflict, setting,
       "is not used, because " + winner.origin.text() + " sets " + winner.key + " to another value");
}

void Loader::accept(const std::string& name, const Candidate& winner, const Candidates& all) {
  const RawSetting& setting = *winner.setting;
  if (setting.bare && !may_be_bare(winner.known)) {
    loaded_.findings.push_back({FindingKind::error, setting.origin, "", setting.key, "is not of the form -Dkey=value"});
    if (winner.known.key != nullptr) loaded_.configuration.faulty_.emplace(name);
    return;
  }
  if (winner.known.key == nullptr) {
    if (winner.known.open_prefix) {
      const bool port = name.starts_with("metrics.reporter.") && name.ends_with(".port");
      note(FindingKind::ignored, setting, port ? "scrape /metrics on the REST port of each master" : "");
    } else {
      unknown(setting);
    }
  } else {
    const Key& key = *winner.known.key;
    if (winner.known.alias && key.standing != Standing::ignored) note(FindingKind::old_name, setting, "now " + name);
    if (key.standing == Standing::ignored) note(FindingKind::ignored, setting, std::string(key.meaning));
    if (key.standing == Standing::later) note(FindingKind::later, setting, "");
    if (key.standing != Standing::ignored) {
      accept_known(key, winner, all);
      return;
    }
  }
  Setting kept{.value = flat_value(setting, KeyType::text),
               .items = setting.items,
               .pairs = {},
               .origin = setting.origin,
               .written_as = setting.key};
  loaded_.configuration.settings_.emplace(name, std::move(kept));
}

void Loader::accept_known(const Key& key, const Candidate& winner, const Candidates& all) {
  const RawSetting& setting = *winner.setting;
  Setting kept{.value = flat_value(setting, key.type),
               .items = setting.sequence ? setting.items : std::vector<std::string>{},
               .pairs = {},
               .origin = setting.origin,
               .written_as = setting.key};
  // A key that has no effect yet must not keep a master from starting.
  const FindingKind kind = key.standing == Standing::later ? FindingKind::warning : FindingKind::error;
  std::optional<std::string> fault;
  if (setting.composite || (setting.sequence && !takes_sequence(key.type))) {
    fault = "is a list; accepted is one value";
  } else if (winner.known.below.empty()) {
    if (setting.key == "recovery.mode" && lower_case(kept.value) == "standalone") kept.value = "NONE";
    fault = value_fault(key, kept.value);
    if (!fault && key.type == KeyType::map) kept.pairs = parse_map(kept.value).value();
    if (!fault && key.type == KeyType::list && !setting.sequence) kept.items = parse_list(kept.value);
  }
  if (fault) {
    bad_value(kind, setting, kept.value, *fault);
    loaded_.configuration.faulty_.emplace(key.name);
    return;
  }
  for (const Candidate& part : all)
    if (!part.known.below.empty()) kept.pairs.try_emplace(std::string(part.known.below), part.setting->value);
  if (key.type == KeyType::map) {
    std::vector<std::string> pairs;
    for (const auto& [name, value] : kept.pairs) pairs.push_back(name + ':' + value);
    kept.value = joined(pairs, ',');
  }
  loaded_.configuration.settings_.emplace(key.name, std::move(kept));
}

void Loader::unknown(const RawSetting& setting) {
  const bool serious = under_high_availability(setting.key);
  std::string problem = serious ? "is not a key" : "is not a known key and is ignored";
  if (const auto nearest = nearest_key(setting.key)) {
    problem += "; did you mean " + std::string(*nearest) + "?";
    // Then it is not missing as well.
    if (serious) loaded_.configuration.faulty_.emplace(*nearest);
  }
  const std::string odd = look_alike(setting.key);
  if (!odd.empty()) problem += " (it holds " + odd + ", which only looks like ASCII)";
  note(serious ? FindingKind::error : FindingKind::unknown, setting, std::move(problem));
}

void Loader::note(FindingKind kind, const RawSetting& setting, std::string problem) {
  loaded_.findings.push_back({kind, setting.origin, setting.key, "", std::move(problem)});
}

void Loader::bad_value(FindingKind kind, const RawSetting& setting, const std::string& value, const std::string& why) {
  std::string problem = explained(why, setting, value);
  if (kind == FindingKind::warning) problem += "; the key has no effect yet";
  Finding finding{kind, setting.origin, setting.key, value, std::move(problem)};
  if (value.empty()) {
    finding.problem = "is empty and " + finding.problem;
  } else if (is_secret(setting.key)) {
    finding.value.clear();
    finding.problem = "has a value (not shown) that " + finding.problem;
  }
  loaded_.findings.push_back(std::move(finding));
}

Loaded Loader::finish() && {
  std::stable_sort(loaded_.findings.begin(), loaded_.findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.origin.layer, a.origin.line) < std::pair(b.origin.layer, b.origin.line);
  });
  return std::move(loaded_);
}

}  // namespace stellwerk::config
