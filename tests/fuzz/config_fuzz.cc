/// Any bytes as conf/config.yaml, as conf/flink-conf.yaml and as STELLWERK_PROPERTIES: bounded, and every
/// finding can be shown.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "config/config_file.h"
#include "config/legacy_file.h"
#include "config/loader.h"
#include "config/master_options.h"
#include "config/report.h"
#include "config/worker_options.h"

namespace {

namespace config = stellwerk::config;

void load(config::RawLayer layer) {
  STELLWERK_ASSERT(layer.settings.size() <= config::kSettingsMax, "more settings than allowed");
  for (const auto& setting : layer.settings)
    STELLWERK_ASSERT(setting.key.size() <= config::kKeyBytesMax, "a key is longer than allowed");
  config::Loader loader;
  loader.take(std::move(layer));
  config::Loaded loaded = std::move(loader).finish();
  const auto options = config::derive_master_options(loaded.configuration, {"host", 4}, loaded.findings);
  STELLWERK_ASSERT(!options || !config::has_errors(loaded.findings), "a master would start in spite of an error");
  const auto worker = config::derive_worker_options(loaded.configuration, nullptr, {"host", 4}, loaded.findings);
  STELLWERK_ASSERT(!worker || worker->masters.rpc.size() + worker->masters.rest.size() > 0, "a worker asks nobody");
  const auto lines = config::to_lines(loaded.findings);
  STELLWERK_ASSERT(lines.size() <= config::kFindingLinesMax + 1, "more lines than allowed");
  for (const std::string& line : lines)
    STELLWERK_ASSERT(stellwerk::is_printable_text(line), "a finding cannot be shown");
  config::show(loaded.configuration, config::Format::json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  load(config::parse_config_yaml(bytes, "config.yaml"));
  load(config::parse_legacy(bytes, {config::Layer::file, "flink-conf.yaml", 0}));
  return 0;
}
