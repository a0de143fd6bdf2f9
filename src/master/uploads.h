/// Files that jobs bring along, on their way into storage and out of it: a leader's part, gone with its term.
///
/// The rules are those of docs/model/Artifacts.tla. A file is put under a name that only this epoch can choose, before
/// the record that names it is committed; a record names only a file that was put in the record's own epoch; a record
/// is deleted first, its file afterwards; files of lower epochs that no record names belong to nobody. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "master/options.h"
#include "master/protocol.h"

namespace stellwerk::master {

/// Files that are stored at the same time; of equal ones one is.
inline constexpr std::size_t kUploadPutsMax = 4;
/// Callers that wait for a file to be stored.
inline constexpr std::size_t kUploadsWaitingMax = 16;

/// Somebody's upload.
struct Upload {
  Ticket ticket = 0;
  jobs::AddBundle change;
  Time deadline;
};

class Uploads {
 public:
  explicit Uploads(const Options& options) : options_(options) {}

  /// Stores the file, or waits for one of the same content that is being stored. False: too much is under way.
  bool begin(std::int64_t epoch, Upload upload, Outbox& out);

  /// What has become of a put of ours.
  struct Stored {
    std::vector<Upload> uploads;  ///< `change.file` is set if it was stored
    PutResult result;
  };
  /// `epoch`: the head's now. None: it is not one of ours.
  std::optional<Stored> on_put(OpId op, const PutResult& result, std::int64_t epoch);

  /// Those whose deadline has passed while their file is being stored.
  std::vector<Upload> take_late(Time now);
  /// All that wait for a file; at the end of a term.
  std::vector<Upload> take_all();

  /// A record is about to be applied to `before`.
  void committed(const jobs::ClusterState& before, const model::Record& record);

  /// What of this epoch's files nobody waits to record (`wanted`) is not needed; only while no commit is in flight.
  using Wanted = std::function<bool(const std::string& file)>;
  void settle(const Wanted& wanted);

  /// Takes the next step of a removal or a sweep, if it is time.
  void beat(Clocks clocks, Outbox& out);
  bool on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result, std::int64_t epoch,
                 const jobs::ClusterState& state, Outbox& out);
  bool on_removed(Clocks clocks, OpId op, const Result<void>& result, Outbox& out);

 private:
  struct Putting {
    OpId op = 0;
    std::int64_t epoch = 0;  ///< in which it began
    std::string file;
    std::vector<Upload> uploads;
  };

  const Options& options_;
  std::map<std::string, Putting> putting_;  ///< by SHA-256
  std::int64_t last_number_ = 0;            ///< never goes back in a term
  std::set<std::string> unrecorded_;        ///< of this term, perhaps stored, not named by a record yet
  std::deque<std::string> unneeded_;        ///< to be removed
  OpId remove_op_ = 0;
  Time next_removal_{};
  OpId list_op_ = 0;
  Time next_sweep_{};
};

}  // namespace stellwerk::master
