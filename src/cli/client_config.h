/// From arguments, environment and configuration to the masters that can be asked.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/host.h"
#include "config/configuration.h"

namespace stellwerk::cli {

/// Most masters that one call knows.
inline constexpr std::size_t kMastersMax = 64;

struct ClientConfig {
  /// In the order of asking; at least one.
  std::vector<http::Endpoint> masters{};
  /// Everything a verb does must end within this (`client.timeout`).
  Milliseconds timeout{};
  /// `parallelism.default`; none: it is 1, which a spec means anyway.
  std::optional<std::int32_t> parallelism{};
};

/// What config::load() takes: --configDir, else STELLWERK_CONF_DIR, else ../conf beside the program.
config::Inputs config_inputs(const ConfigArguments& arguments, const Host& host);

/// What a client does: mistakes in other keys do not concern it.
enum class Purpose { asks, submits };

/// Blocks on files. Mistakes in the configuration are errors (invalid) only where they concern what a
/// client needs; a directory that is not there matters only if it was asked for.
Result<ClientConfig> client_config(const ClientArguments& arguments, const Host& host, Purpose purpose = Purpose::asks);

}  // namespace stellwerk::cli
