/// The files of the journal: text lines, each with its own checksum, that `cat`, `grep` and `jq` read
/// as well as we do.
///
///     <crc, 8 lower hex> <header JSON>\n
///     <crc> <key> {"op":"put","value":...}\n        one line per record
///     <crc> <header JSON>\n                         the header again: a whole file ends with it
///
/// Bytes are a function of what is encoded alone, so that a repeated put is identical.
#pragma once

#include <stellwerk/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cow_map.h"
#include "model/head.h"
#include "model/record.h"

namespace stellwerk::journal {

/// The state as keys and values: what snapshots hold and replay makes.
using RecordTable = CowMap<std::string>;

struct FileHeader {
  model::FileKind kind = model::FileKind::segment;
  std::string cluster;
  model::Position at;                       ///< as in the file's name
  model::Position previous;                 ///< segment: the commit before; snapshot: equal to `at`
  std::optional<model::Position> snapshot;  ///< segment: the snapshot that stood when it was written
  std::int64_t records = 0;
  std::vector<std::string> keys;  ///< segment: the records' keys in order, so that damage has a name

  friend bool operator==(const FileHeader&, const FileHeader&) = default;
};

/// `header.records` and `header.keys` are filled in here.
std::string encode_segment(FileHeader header, const std::vector<model::Record>& records);
std::string encode_snapshot(FileHeader header, const RecordTable& table);

/// A record that should be in a file and could not be had from it.
struct DamagedRecord {
  std::string key;  ///< empty if nobody can tell
  std::string why;
};

struct DecodedFile {
  FileHeader header;
  std::vector<model::Record> records;  ///< in the order of the file, without the damaged ones
  std::vector<DamagedRecord> damaged;
  std::size_t bytes = 0;

  bool whole() const { return damaged.empty(); }
};

/// Reads what can be read. A file with a readable header (either copy) is decoded with its damage
/// listed. Errors: damaged (no header readable, or it is another kind of file), not_supported (a
/// newer layout). `name` is only for the texts.
Result<DecodedFile> decode_file(std::string_view name, std::string_view bytes);

/// The record of `key` from a line whose checksum fails, if it still reads as one: nothing proves it
/// (stellwerk fsck offers it to a person). Of several the last.
std::optional<model::Record> read_unproven(std::string_view bytes, std::string_view key);

}  // namespace stellwerk::journal
