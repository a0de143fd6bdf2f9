/// From a head to a state: which files to read, in which order to apply them, and what to do about
/// those that are missing or damaged. A pure machine; the owner loads the files it asks for.
#pragma once

#include <stellwerk/blob_store.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal_file.h"
#include "model/head.h"

namespace stellwerk::journal {

/// Loads asked for at the same time.
inline constexpr std::size_t kLoadsMax = 16;
/// Files applied one after another before the state is complete; more in a head is a damaged head.
inline constexpr std::size_t kReplayFilesMax = 100'000;

/// How much a state's files weigh: what decides when to compact.
struct ReplaySizes {
  std::size_t snapshot_bytes = 0;
  std::size_t segment_bytes = 0;  ///< since the snapshot
};

/// The files of one way to the head's state, in order.
struct ReplayPlan {
  std::string cluster;
  std::optional<model::Position> from;  ///< the state that is there already; none: begin empty
  std::vector<model::FileName> files;
  model::Position goal;
  bool fallback = false;  ///< goes through the snapshot before the newest one
};

/// The straight way: from `have` if the head's segments continue it, else from the head's snapshot.
ReplayPlan plan_replay(const model::Head& head, std::optional<model::Position> have);

/// The way through the snapshot before the head's, from a listing of `journal/`.
/// Errors: not_found (there is none, or a segment on the way is missing).
Result<ReplayPlan> plan_fallback(const model::Head& head, const std::vector<BlobInfo>& listing);

/// A record that could not be had, for quarantine.
struct MissingRecord {
  std::string source;  ///< the file that should have held it
  std::string why;
};
/// By key; of several the newest.
using MissingRecords = std::map<std::string, MissingRecord, std::less<>>;

class Replay {
 public:
  explicit Replay(ReplayPlan plan);

  enum class Status {
    going,
    done,          ///< every file was taken
    file_gone,     ///< read the head again; unchanged: fall back
    file_damaged,  ///< a snapshot has damage that only the fallback can make good; or see `accept_damage`
    failed,        ///< nobody can serve this head: error() is the sentence
  };
  Status status() const { return status_; }
  const Error& error() const { return error_; }
  const ReplayPlan& plan() const { return plan_; }

  /// Names to load now; each is asked for once per try.
  std::vector<std::string> wanted();
  /// `unavailable` is tried again for ever (after the owner's pause), never skipped.
  void on_loaded(const std::string& name, Result<DecodedFile> file);
  /// The next file in order, if it is there. Its records are the caller's to apply, in order.
  std::optional<DecodedFile> take();

  /// With no fallback left: apply what a damaged snapshot still holds, quarantine what it does not.
  void accept_damage();

  /// Of the files taken so far.
  const MissingRecords& missing() const { return missing_; }
  model::Position applied() const { return applied_; }
  const ReplaySizes& sizes() const { return sizes_; }

 private:
  struct Slot {
    enum class State { wanted, loading, ready } state = State::wanted;
    int tries = 0;
    std::optional<DecodedFile> file;
  };

  void fail(Errc code, std::string text);
  std::string header_fault(const model::FileName& expected, const FileHeader& header) const;
  void stop(Status status, Error error);

  ReplayPlan plan_;
  Status status_ = Status::going;
  Error error_;
  bool accept_damage_ = false;
  std::size_t next_ = 0;    ///< index of the next file to take
  std::size_t first_ = 0;   ///< index of slots_.front()
  std::deque<Slot> slots_;  ///< a window of the plan
  std::map<std::string, std::size_t> index_;
  model::Position applied_;
  MissingRecords missing_;
  ReplaySizes sizes_;
};

std::string name_of(const model::FileName& file);

}  // namespace stellwerk::journal
