/// `stellwerk fsck` up to the point where something would be changed: everything that is known of a
/// cluster's register and files, and what is wrong with them. Reads, never writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fsck/faults.h"
#include "fsck/quarantined.h"
#include "fsck/rebuild.h"
#include "fsck/recovery.h"
#include "fsck/survey.h"
#include "fsck/way.h"

namespace stellwerk::fsck {

/// The register as it was read.
struct Register {
  std::string source;               ///< for people: where it stands
  std::optional<model::Head> head;  ///< none: there is none, or it cannot be read
  std::string fault;                ///< why it cannot be read
  /// `head` is not what stands in the cluster's register; that is `standing`, if anything does.
  bool elsewhere = false;
  std::optional<model::Head> standing{};
  /// A head before one that cannot be read: it proves what it names.
  std::optional<model::Head> older{};
};

struct Examination {
  std::string storage;  ///< for people: "file:///srv/ha/default"
  Register reg;
  /// The head whose files were looked at: the register's, or one rebuilt from the files. None: there is
  /// nothing to look at (no cluster yet, or no way to tell).
  std::optional<model::Head> head;
  std::optional<Rebuilt> rebuilt;  ///< if that was asked for and possible
  /// Acknowledged commits that the register names and `head` does not: from the first on.
  std::optional<model::Position> given_up;

  std::shared_ptr<const Survey> survey;
  Way way;
  Recovery recovery;
  std::vector<Fault> faults;
  std::vector<QuarantinedJob> quarantined;

  /// Something is wrong that a person should know of.
  bool clean() const;
  /// The register is another cluster's than the one that was looked at, and would be abandoned.
  bool abandons = false;
  /// A repair would lose what was acknowledged, or may bring back what was.
  bool loses() const { return given_up.has_value() || abandons || !way.whole(); }
};

struct ExamineOptions {
  bool rebuild = false;
  LastSegment last = LastSegment::ask;
  std::string cluster{};  ///< the operator's word whose the folder is; empty: none
};

/// Blocks. Errors: unavailable (storage cannot be read), not_supported (a newer version wrote it).
Result<Examination> examine(BlobStore& store, Register reg, const ExamineOptions& options, const Progress& progress);

}  // namespace stellwerk::fsck
