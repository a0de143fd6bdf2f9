/// What masters answer, as far as the verbs need it. Unknown fields are skipped: masters may be newer.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/ids.h"

namespace stellwerk::cli {

/// Texts are escaped: fit for a terminal.
struct JobLine {
  std::string id;
  std::string name;
  std::string state;
  WallMs start_ms = 0;
  std::string json;  ///< the object as it was answered
};
/// `GET /jobs/overview`. Errors: damaged.
Result<std::vector<JobLine>> read_jobs(std::string_view body);

struct VertexLine {
  std::string name{};
  std::string status{};
  std::int64_t parallelism = 0;
  std::int64_t running = 0;   ///< of its tasks
  std::int64_t finished = 0;  ///< the same
  std::string id{};
};
struct SlotsWanted {
  std::int64_t needed = 0;
  std::int64_t free = 0;
  std::int64_t total = 0;
  std::vector<std::string> labels{};  ///< that some of them must have

  /// "needs 4 slots, 1 of 2 is free"
  std::string text() const;
};
/// Tasks that their worker cannot hold to some of their limits.
struct UnlimitedTasks {
  std::string vertex{};
  std::string worker{};
  std::string limits{};  ///< "memory, cpus"
  std::string why{};

  /// "vertex count runs on w-1 without its limits of memory: ..."
  std::string text() const;
};
struct JobDetails {
  std::string id{};
  std::string name{};
  std::string state{};
  WallMs start_ms = 0;
  WallMs end_ms = -1;
  std::int64_t duration_ms = 0;
  WallMs restarting_ms = 0;  ///< when it last began anew; 0: never, or not known
  std::vector<VertexLine> vertices{};
  std::optional<SlotsWanted> waiting{};  ///< none: it waits for none, or the master does not know
  std::vector<UnlimitedTasks> unlimited{};
};
/// `GET /jobs/:id`. Errors: damaged.
Result<JobDetails> read_job(std::string_view body);

/// Subtask, from 0, to the worker that runs it or ran it last; those that were never started are left out.
/// `GET /jobs/:id/vertices/:vid` and `.../subtasks/:n`. Errors: damaged.
Result<std::map<std::int64_t, std::string>> read_workers_of_subtasks(std::string_view body);

/// `GET /jobs/:id/status`. Errors: damaged.
Result<std::string> read_job_status(std::string_view body);
/// The `jobid` in the answer to a submission. Errors: damaged.
Result<JobId> read_submitted(std::string_view body);
/// `POST /jars/upload`: what the file goes by from now on. Errors: damaged.
Result<std::string> read_uploaded(std::string_view body);

/// Why a job, or a part of it, failed last.
struct JobFailureLine {
  std::string text{};               ///< the first line; empty: it never failed
  std::vector<std::string> more{};  ///< the last lines that follow: what its task wrote
  std::string task{};               ///< "count (3/4)"; empty: not one task's fault
  std::string host{};               ///< empty: nowhere
  WallMs at_ms = 0;

  /// "count (3/4) on host1: exit code 3"
  std::string cause() const;
};
/// The newest one in `GET /jobs/:id/exceptions`. Errors: damaged.
Result<JobFailureLine> read_failure(std::string_view body);

struct WorkerLine {
  std::string id{};
  std::string host{};
  std::int64_t pid = 0;
  std::int64_t slots = 0;
  std::int64_t free = 0;
  bool away = false;    ///< its connection is broken
  WallMs heard_ms = 0;  ///< when it was last heard of, on the leader's clock
  std::string load{};   ///< of its host; empty: not said
  std::int64_t processors = 0;
  std::string version{};
  std::vector<std::string> labels{};
};
/// `GET /taskmanagers`. Errors: damaged.
Result<std::vector<WorkerLine>> read_workers(std::string_view body);

struct MasterAnswer {
  std::string id;
  std::string rest;  ///< "http://host:8081"
  std::string role;
  bool acting = false;
  bool eligible = false;
  std::string eligible_reason;
  std::int64_t epoch = 0;
  std::string position;
  std::optional<std::int64_t> lag_ms;
  std::string version;
  std::int64_t pid = 0;
  std::string leader_rest;  ///< empty: it knows of none
  WallMs leader_since_ms = 0;
  std::vector<std::string> masters;  ///< REST URLs of all it knows
  std::string json;                  ///< the object as it was answered
};
/// `GET /status`. Errors: damaged.
Result<MasterAnswer> read_status(std::string_view body);

}  // namespace stellwerk::cli
