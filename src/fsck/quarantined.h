/// Jobs whose records are not all there, what of them could be had elsewhere, and what an operator may do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fsck/recovery.h"
#include "fsck/survey.h"
#include "model/record.h"

namespace stellwerk::fsck {

/// A record that may be the lost one.
struct Copy {
  model::Record record;
  std::string source;
  bool proven = false;  ///< a checksum or a hash says that it is what was written
};

struct Trouble {
  std::string key;
  std::string source;  ///< the file that should have it
  std::string why;
  std::optional<Copy> copy;
};

struct QuarantinedJob {
  std::string job;
  std::vector<Trouble> troubles;
  bool recorded = false;  ///< the cluster knows already; else it would find out at its next takeover
  bool in_doubt = false;  ///< its records are whole, but a lost commit may have changed them
  bool ended = false;     ///< what is damaged says that it has ended: it is never kept as a live one
  std::string keep;       ///< empty: it can be kept as it is read now; else why not
  std::string now;        ///< what is read of it: its name and status, for people
};

/// In the order of their ids. Reads files again only if something is missing. Blocks.
std::vector<QuarantinedJob> quarantined_jobs(BlobStore& store, const Survey& survey, const Way& way,
                                             const std::string& cluster, const Recovery& recovery);

/// Whether what is read of a job makes one that can be served (or one that has ended). Empty, or why not.
std::string why_not_served(const jobs::ClusterState& state, const std::string& job);

}  // namespace stellwerk::fsck
