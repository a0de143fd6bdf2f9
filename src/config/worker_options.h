/// What a worker is started with, worked out once from the Configuration.
///
/// Plain values, as in master_options.h.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/master_options.h"
#include "config/masters_file.h"

namespace stellwerk::config {

/// Most masters that a worker asks at its start.
inline constexpr std::size_t kMastersAskedMax = 64;

/// Whom a worker asks while it knows no master; at least one of both. What it learns then it remembers itself.
struct MastersToAsk {
  /// "host:port" of a port for workers: type NONE with a fixed jobmanager.rpc.port.
  std::vector<std::string> rpc;
  /// "http://host:8081/prefix", whose GET /status says `rpc`: of the lines of conf/masters; without that file, of
  /// rest.address and jobmanager.rpc.address.
  std::vector<std::string> rest;
};

/// Control groups for tasks.
enum class CgroupUse {
  automatic,  ///< where they can be had
  off,
  required,  ///< where they cannot be had, the worker does not start
};

struct WorkerOptions {
  HaType type = HaType::none;
  std::string cluster_id;  ///< without slashes at its ends: "default"
  std::int64_t slots = 1;
  std::string host;  ///< advertised
  Listen data;       ///< where it serves its logs
  std::optional<std::string> resource_id;
  std::set<std::string> labels;
  /// Absolute; what a worker keeps is in a folder of its own below it (identity/). Nobody has made it yet.
  std::string directory;
  Duration registration_timeout{};
  Duration reconnect_timeout{};     ///< as configured; the leader's holds
  Duration orphan_timeout{};        ///< 0 = for ever
  Duration cancellation_timeout{};  ///< 0 = for ever
  std::uint64_t artifact_cache_bytes = 0;
  CgroupUse cgroups = CgroupUse::automatic;
  MastersToAsk masters;
  LogOptions log;
};

/// `masters`: conf/masters, null without one. What is wrong with it is added only where it is needed. nullopt if there
/// is an error, there before or added.
std::optional<WorkerOptions> derive_worker_options(const Configuration& configuration, const HostsFile* masters,
                                                   const HostFacts& host, Findings& findings);

struct WorkerStart {
  std::optional<WorkerOptions> options;  ///< nullopt: `findings` has errors, all of them; do not start
  Configuration configuration;
  Findings findings;
};

/// load(), read_hosts() and derive_worker_options() together, so that all errors are told at once. Blocks on files.
WorkerStart load_worker(const Inputs& inputs, const HostFacts& host);

}  // namespace stellwerk::config
