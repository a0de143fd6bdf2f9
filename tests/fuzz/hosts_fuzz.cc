/// Any bytes as conf/masters and as conf/workers: bounded, and every finding can be shown.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "config/masters_file.h"
#include "config/report.h"

namespace {

namespace config = stellwerk::config;

void read(std::string_view text, config::HostsKind kind) {
  const config::HostsFile file = config::parse_hosts(text, "conf/masters", kind);
  STELLWERK_ASSERT(file.ok() != config::has_errors(file.findings), "it is well and at fault at the same time");
  for (const auto& host : file.hosts) {
    STELLWERK_ASSERT(!host.host.empty() && host.line > 0, "a host without a name or a line");
    STELLWERK_ASSERT(stellwerk::is_printable_text(host.host), "a host's name cannot be shown");
  }
  for (const auto& line : config::to_lines(file.findings))
    STELLWERK_ASSERT(stellwerk::is_printable_text(line), "a finding cannot be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes, config::HostsKind::masters);
  read(bytes, config::HostsKind::workers);
  return 0;
}
