/// What is in a cluster's folder: each file of the journal looked at on its own, against its own checksums.
#pragma once

#include <stellwerk/blob_store.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal_file.h"
#include "model/bundle.h"
#include "model/head.h"

namespace stellwerk::fsck {

/// Of one file.
struct SurveyedFile {
  std::string name;
  model::FileName file;  ///< what the name says
  std::uint64_t bytes = 0;
  /// What the content says; none: neither of its two headers can be read. Without the keys.
  std::optional<journal::FileHeader> header;
  /// Why nothing in it can be used; empty if something can.
  std::string fault;
  bool newer_version = false;                   ///< `fault`: a newer version wrote it
  std::vector<journal::DamagedRecord> damaged;  ///< records that cannot be had from it
  /// False: every record can be read, but the bytes are not what was written (a header's copy, a line too many).
  bool exact = true;

  bool usable() const { return fault.empty(); }
  bool whole() const { return usable() && damaged.empty(); }
};

/// An uploaded file.
struct SurveyedBlob {
  model::ArtifactFile file;
  std::uint64_t bytes = 0;
  std::string fault;  ///< why it cannot be used: unreadable, or not what its name says
};

struct Survey {
  std::vector<SurveyedFile> files;            ///< of `journal/`, in the order of their names
  std::vector<std::string> strangers;         ///< in `journal/` and `blobs/`, with names that no file of ours has there
  std::map<std::string, SurveyedBlob> blobs;  ///< by name
  std::optional<std::string> cluster;         ///< uuid in cluster.json
  std::string cluster_fault;                  ///< why there is none
  bool cluster_unreadable = false;            ///< it is there, and reading it fails: no reason to write another

  const SurveyedFile* find(const std::string& name) const;
};

/// Tells how far it is; called between files.
using Progress = std::function<void(std::size_t done, std::size_t of)>;

/// Reads every file once, those with damage twice: a second reading may do better. A file that cannot be
/// read is that file's fault. Blocks. Errors: unavailable (the store cannot be listed; nothing can be said).
Result<Survey> survey(BlobStore& store, const Progress& progress);

}  // namespace stellwerk::fsck
