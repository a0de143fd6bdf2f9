#include "journal/journal_file.h"

#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "base/json.h"
#include "journal/crc32c.h"

namespace stellwerk::journal {
namespace {

using model::FileKind;
using model::Position;
using model::Record;

constexpr std::size_t kCrcDigits = 8;
/// Damaged records that are listed of one snapshot: who has lost that many knows enough.
constexpr std::size_t kDamagedMax = 10'000;
/// Lines of one file: several times what the largest cluster's snapshot has.
constexpr std::size_t kLinesMax = 4'000'000;
constexpr std::string_view kPutHead = "{\"op\":\"put\",\"value\":";
constexpr std::string_view kDelete = "{\"op\":\"delete\"}";

void append_line(std::string& out, std::string_view rest) {
  char digits[kCrcDigits + 2];
  std::snprintf(digits, sizeof digits, "%08x ", static_cast<unsigned>(crc32c(rest)));
  out.append(digits, kCrcDigits + 1);
  out += rest;
  out += '\n';
}

void append_record(std::string& out, std::string& scratch, std::string_view key, const std::string* value) {
  scratch.assign(key);
  scratch += ' ';
  if (value == nullptr) {
    scratch += kDelete;
  } else {
    scratch += kPutHead;
    scratch += *value;
    scratch += '}';
  }
  append_line(out, scratch);
}

std::string encode_header(const FileHeader& header) {
  json::object out;
  out["kind"] = header.kind == FileKind::segment ? "segment" : "snapshot";
  out["layout"] = model::kLayout;
  out["cluster"] = header.cluster;
  out["epoch"] = header.at.epoch;
  out["seq"] = header.at.seq;
  out["previous"] = model::to_string(header.previous);
  if (header.snapshot) out["snapshot"] = model::to_string(*header.snapshot);
  out["records"] = header.records;
  if (header.kind == FileKind::segment) out["keys"] = json::array(header.keys.begin(), header.keys.end());
  return json::serialize(out);
}

Result<FileHeader> decode_header(std::string_view text) {
  auto value = parse_json(text, "the header");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "the header");
  const std::int64_t layout = fields.integer("layout");
  if (fields.ok() && layout > model::kLayout)
    return make_error(Errc::not_supported, "it was written by a newer version (layout " + std::to_string(layout) + ")");
  FileHeader header;
  const std::string kind = fields.string("kind");
  if (kind != "segment" && kind != "snapshot") fields.fail("kind", "segment or snapshot");
  header.kind = kind == "snapshot" ? FileKind::snapshot : FileKind::segment;
  header.cluster = fields.string("cluster");
  header.at = {fields.integer("epoch"), fields.integer("seq")};
  const auto previous = model::parse_position(fields.string("previous"));
  if (previous.has_error()) fields.fail("previous", "a position");
  header.previous = previous.has_value() ? *previous : Position{};
  if (fields.has("snapshot")) {
    const auto snapshot = model::parse_position(fields.string("snapshot"));
    if (snapshot.has_error()) fields.fail("snapshot", "a position");
    if (snapshot.has_value()) header.snapshot = *snapshot;
  }
  header.records = fields.integer("records");
  if (header.records < 0) fields.fail("records", "not negative");
  if (header.kind == FileKind::segment) {
    for (const auto& key : fields.array("keys")) {
      if (!key.is_string() || !model::is_valid_key(std::string_view(key.get_string())))
        fields.fail("keys", "an array of keys");
      else
        header.keys.emplace_back(key.get_string());
    }
    if (static_cast<std::int64_t>(header.keys.size()) != header.records) fields.fail("keys", "one per record");
  }
  if (!fields.ok()) return fields.error();
  return header;
}

/// The text behind the checksum, or nothing if the line is not what was written.
std::optional<std::string_view> checked(std::string_view line) {
  if (line.size() < kCrcDigits + 1 || line[kCrcDigits] != ' ') return std::nullopt;
  std::uint32_t crc = 0;
  const auto digits = line.substr(0, kCrcDigits);
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + kCrcDigits, crc, 16);
  if (code != std::errc{} || end != digits.data() + kCrcDigits) return std::nullopt;
  const auto rest = line.substr(kCrcDigits + 1);
  if (crc != crc32c(rest)) return std::nullopt;
  return rest;
}

std::optional<Record> read_record(std::string_view rest) {
  const auto blank = rest.find(' ');
  if (blank == std::string_view::npos || !model::is_valid_key(rest.substr(0, blank))) return std::nullopt;
  std::string key(rest.substr(0, blank));
  rest.remove_prefix(blank + 1);
  if (rest == kDelete) return Record::erase(std::move(key));
  if (!rest.starts_with(kPutHead) || !rest.ends_with('}') || rest.size() <= kPutHead.size() + 1) return std::nullopt;
  rest.remove_prefix(kPutHead.size());
  rest.remove_suffix(1);
  return Record::put(std::move(key), std::string(rest));
}

/// At most kLinesMax + 1: who reads has a file with more refused.
std::vector<std::string_view> split_lines(std::string_view bytes) {
  std::vector<std::string_view> lines;
  while (!bytes.empty() && lines.size() <= kLinesMax) {
    const auto end = bytes.find('\n');
    lines.push_back(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
  }
  return lines;
}

/// A guess at the key of a line whose checksum fails. The bit that is wrong may be in the key itself, so
/// it counts only where a snapshot's order has room for it, and if it is a job's, with an id that is one.
std::string guess_key(std::string_view line, std::string_view before, std::string_view after) {
  if (line.size() <= kCrcDigits + 1) return {};
  line.remove_prefix(kCrcDigits + 1);
  const auto key = line.substr(0, line.find(' '));
  if (!model::is_valid_key(key) || key <= before || (!after.empty() && key >= after)) return {};
  const auto job = model::job_of(key);
  if (!job.empty() && JobId::parse(job).has_error()) return {};
  return std::string(key);
}

struct FoundHeader {
  FileHeader header;
  bool at_start = false;
  bool at_end = false;
};

/// Either copy will do; the first one wins when both are readable.
Result<FoundHeader> find_header(const std::vector<std::string_view>& lines) {
  FoundHeader found;
  Error why = make_error(Errc::damaged, "it is empty");
  const auto read = [&](std::string_view line) -> std::optional<FileHeader> {
    const auto text = checked(line);
    if (!text) {
      why = make_error(Errc::damaged, "no header is readable");
      return std::nullopt;
    }
    auto header = decode_header(*text);
    if (header.has_value()) return *header;
    why = header.error();
    return std::nullopt;
  };
  if (!lines.empty()) {
    if (auto first = read(lines.front())) {
      found.header = *first;
      found.at_start = true;
    }
  }
  if (lines.size() > 1) {
    auto last = read(lines.back());
    if (last && (!found.at_start || *last == found.header)) {
      found.header = *last;
      found.at_end = true;
    }
  }
  if (!found.at_start && !found.at_end) return why;
  return found;
}

/// Lines between a segment's headers. With as many as there should be, line i is record i; otherwise
/// lines are missing and only a line that reads well tells which record it is.
void read_segment(const std::vector<std::string_view>& lines, DecodedFile& file) {
  const bool aligned = static_cast<std::int64_t>(lines.size()) == file.header.records;
  std::vector<bool> seen(file.header.keys.size(), false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto rest = checked(lines[i]);
    auto record = rest ? read_record(*rest) : std::nullopt;
    if (!record) continue;
    for (std::size_t k = aligned ? i : 0; k < seen.size(); ++k)
      if (!seen[k] && file.header.keys[k] == record->key) {
        seen[k] = true;
        break;
      }
    file.records.push_back(std::move(*record));
  }
  for (std::size_t k = 0; k < seen.size(); ++k)
    if (!seen[k]) file.damaged.push_back({file.header.keys[k], "its line fails its checksum or is missing"});
}

/// A snapshot has its keys in order and each once: what stands elsewhere is put right, copies are dropped.
void put_in_order(std::vector<Record>& records) {
  const auto before = [](const Record& a, const Record& b) { return a.key < b.key; };
  const auto same = [](const Record& a, const Record& b) { return a.key == b.key; };
  if (!std::is_sorted(records.begin(), records.end(), before)) std::stable_sort(records.begin(), records.end(), before);
  records.erase(std::unique(records.begin(), records.end(), same), records.end());
}

void read_snapshot(const std::vector<std::string_view>& lines, DecodedFile& file) {
  struct Bad {
    std::size_t line;
    std::size_t at;  ///< records before it
  };
  std::vector<Bad> bad;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto rest = checked(lines[i]);
    auto record = rest ? read_record(*rest) : std::nullopt;
    if (record)
      file.records.push_back(std::move(*record));
    else if (bad.size() < kDamagedMax)
      bad.push_back({i, file.records.size()});
  }
  std::vector<DamagedRecord> damaged;
  for (const auto& [line, at] : bad) {
    const std::string_view before = at > 0 ? std::string_view(file.records[at - 1].key) : std::string_view();
    const std::string_view after =
        at < file.records.size() ? std::string_view(file.records[at].key) : std::string_view();
    damaged.push_back(
        {guess_key(lines[line], before, after), "line " + std::to_string(line + 2) + " fails its checksum"});
  }
  put_in_order(file.records);
  // A bad line too many is no record's.
  const auto have = static_cast<std::int64_t>(file.records.size());
  const auto lost = static_cast<std::size_t>(std::clamp<std::int64_t>(file.header.records - have, 0, kDamagedMax));
  damaged.resize(lost, {"", "its line is missing"});
  file.damaged = std::move(damaged);
}

bool is_json(std::string_view text) {
  return parse_json(text, "a value").has_value();
}

}  // namespace

std::string encode_segment(FileHeader header, const std::vector<Record>& records) {
  header.kind = FileKind::segment;
  header.records = static_cast<std::int64_t>(records.size());
  header.keys.clear();
  std::size_t bytes = 0;
  for (const Record& record : records) {
    header.keys.push_back(record.key);
    bytes += record.bytes() + 3 * record.key.size() + 48;
  }
  const std::string head = encode_header(header);
  std::string out;
  out.reserve(bytes + 2 * head.size() + 64);
  std::string scratch;
  append_line(out, head);
  for (const Record& record : records) append_record(out, scratch, record.key, record.value.get());
  append_line(out, head);
  return out;
}

std::string encode_snapshot(FileHeader header, const RecordTable& table) {
  header.kind = FileKind::snapshot;
  header.keys.clear();
  header.records = static_cast<std::int64_t>(table.size());
  const std::string head = encode_header(header);
  std::string out;
  std::string scratch;
  append_line(out, head);
  for (const auto& [key, value] : table.sorted()) append_record(out, scratch, key, value.get());
  append_line(out, head);
  return out;
}

Result<DecodedFile> decode_file(std::string_view name, std::string_view bytes) {
  std::vector<std::string_view> lines = split_lines(bytes);
  if (lines.size() > kLinesMax)
    return make_error(Errc::damaged, std::string(name) + ": it has more than " + std::to_string(kLinesMax) + " lines");
  auto found = find_header(lines);
  if (found.has_error()) {
    Error error = found.error();
    error.text = std::string(name) + ": " + error.text;
    return error;
  }
  DecodedFile file;
  file.header = found->header;
  file.bytes = bytes.size();
  // With one copy gone the records' lines still count from the other end.
  const auto records = static_cast<std::size_t>(file.header.records);
  if (found->at_start || lines.size() == records + 2) lines.erase(lines.begin());
  if (!lines.empty() && (found->at_end || lines.size() == records + 1)) lines.pop_back();
  if (file.header.kind == FileKind::snapshot) {
    read_snapshot(lines, file);
  } else {
    if (lines.size() > records) lines.resize(records);
    read_segment(lines, file);
  }
  return file;
}

std::optional<Record> read_unproven(std::string_view bytes, std::string_view key) {
  std::optional<Record> out;
  for (const auto line : split_lines(bytes)) {
    if (line.size() <= kCrcDigits + 1 || checked(line)) continue;
    auto record = read_record(line.substr(kCrcDigits + 1));
    if (record && record->key == key && (!record->value || is_json(*record->value))) out = std::move(record);
  }
  return out;
}

}  // namespace stellwerk::journal
