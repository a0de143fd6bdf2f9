#include "config/configuration.h"

#include <algorithm>

#include "base/assert.h"
#include "config/config_file.h"
#include "config/file_text.h"
#include "config/legacy_file.h"
#include "config/loader.h"
#include "config/text.h"
#include "config/value.h"

namespace stellwerk::config {
namespace {

const Key& known(std::string_view name, KeyType type) {
  const Key* key = find_key(name);
  STELLWERK_ASSERT(key != nullptr && key->type == type, name);
  return *key;
}

RawLayer script_layer(const Inputs& inputs) {
  RawLayer layer;
  const auto add = [&](std::string_view key, std::string value, std::string option) {
    layer.settings.push_back({.key = std::string(key),
                              .value = std::move(value),
                              .items = {},
                              .origin = {Layer::script, std::move(option), 0}});
  };
  if (!inputs.host.empty()) {
    add(keys::rpc_address.name, inputs.host, "--host");
    add(keys::rest_address.name, inputs.host, "--host");
  }
  if (inputs.webui_port) add(keys::rest_port.name, std::to_string(*inputs.webui_port), "--webui-port");
  return layer;
}

/// Adds what stands in one file; true if the file is there.
bool read_file(const std::string& path, bool legacy, RawLayer& layer) {
  const Origin origin{Layer::file, path, 0};
  const auto text = read_text_file(path, kConfigBytesMax);
  if (!text) {
    if (text.error().code == Errc::not_found) return false;
    layer.findings.push_back({FindingKind::error, origin, "", "", text.error().text});
    return true;
  }
  layer = legacy ? parse_legacy(*text, origin) : parse_config_yaml(*text, path);
  return true;
}

}  // namespace

const Setting* Configuration::find(std::string_view key) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? nullptr : &found->second;
}

Origin Configuration::origin(std::string_view key) const {
  const Setting* setting = find(key);
  return setting == nullptr ? Origin{} : setting->origin;
}

std::string Configuration::text(std::string_view name) const {
  const KnownName known_name = look_up(name);
  const std::string_view key = known_name.key != nullptr ? known_name.key->name : name;
  if (const Setting* setting = find(key)) return setting->value;
  return known_name.key != nullptr ? std::string(known_name.key->fallback) : std::string{};
}

std::string Configuration::get(ChoiceKey key) const {
  const auto word = canonical_choice(known(key.name, KeyType::choice), text(key.name));
  return word.value_or("");
}

bool Configuration::get(BoolKey key) const {
  known(key.name, KeyType::boolean);
  return parse_bool(text(key.name)).value();
}

std::optional<std::int64_t> Configuration::find_integer(IntegerKey key) const {
  known(key.name, KeyType::integer);
  const std::string value = text(key.name);
  if (value.empty()) return std::nullopt;
  return parse_integer(value).value();
}

std::int64_t Configuration::get(IntegerKey key) const {
  return find_integer(key).value();
}

double Configuration::get(RealKey key) const {
  known(key.name, KeyType::real);
  return parse_real(text(key.name)).value();
}

Duration Configuration::get(DurationKey key) const {
  return parse_duration(text(key.name), known(key.name, KeyType::duration).bare).value();
}

std::uint64_t Configuration::get(BytesKey key) const {
  known(key.name, KeyType::bytes);
  return parse_bytes(text(key.name)).value();
}

PortRanges Configuration::get(PortsKey key) const {
  known(key.name, KeyType::ports);
  const std::string value = text(key.name);
  return value.empty() ? PortRanges{} : parse_ports(value).value();
}

std::vector<std::string> Configuration::get(ListKey key) const {
  known(key.name, KeyType::list);
  const Setting* setting = find(key.name);
  return setting == nullptr ? parse_list(text(key.name)) : setting->items;
}

std::map<std::string, std::string> Configuration::get(MapKey key) const {
  known(key.name, KeyType::map);
  const Setting* setting = find(key.name);
  return setting == nullptr ? std::map<std::string, std::string>{} : setting->pairs;
}

bool has_errors(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.kind == FindingKind::error; });
}

bool Loaded::ok() const {
  return !has_errors(findings);
}

RawLayer read_conf_dir(const std::string& conf_dir, std::vector<std::string>& files) {
  RawLayer layer;
  const std::string legacy = conf_dir + "/flink-conf.yaml";
  const std::string standard = conf_dir + "/config.yaml";
  if (read_file(legacy, true, layer)) {
    files.push_back(legacy);
    if (read_text_file(standard, kConfigBytesMax).has_value())
      layer.findings.push_back({FindingKind::warning,
                                {Layer::file, legacy, 0},
                                "",
                                "",
                                "is read, and config.yaml beside it is not; remove one of them"});
    return layer;
  }
  if (read_file(standard, false, layer)) {
    files.push_back(standard);
    return layer;
  }
  layer.findings.push_back(
      {FindingKind::error,
       {Layer::file, conf_dir, 0},
       "",
       "",
       "holds neither config.yaml nor flink-conf.yaml; STELLWERK_CONF_DIR names another directory"});
  return layer;
}

Loaded load(const Inputs& inputs) {
  Loader loader;
  loader.take(parse_dynamic(inputs.dynamic));
  loader.take(script_layer(inputs));
  loader.take(parse_legacy(inputs.properties, {Layer::properties, inputs.properties_name, 0}));
  if (!inputs.conf_dir.empty()) {
    std::vector<std::string> files;
    loader.take(read_conf_dir(inputs.conf_dir, files));
    loader.set_files(std::move(files));
  }
  return std::move(loader).finish();
}

}  // namespace stellwerk::config
