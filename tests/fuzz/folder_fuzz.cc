/// A cluster's folder and register of any content, with checksums that are right: `stellwerk fsck` reads
/// it, and what it would write as a repair is whole, and holds no job that has ended as a live one.
///
/// The input is cut at lines that begin with '@': "@head" (the register) or "@<epoch> <seq> g" (a
/// segment) and "@<epoch> <seq> p" (a snapshot); the lines below are the file's, without checksums.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "fsck/repair.h"
#include "fsck/report.h"
#include "journal/crc32c.h"
#include "storage/memory_blob_store.h"

namespace {

namespace fsck = stellwerk::fsck;
namespace model = stellwerk::model;

constexpr std::size_t kFilesMax = 16;

struct Folder {
  stellwerk::storage::MemoryBlobStore store;
  std::string head;

  void add(const std::string& title, const std::string& lines) {
    long long epoch = 0;
    long long seq = 0;
    char kind = 0;
    if (title == "@head") {
      head = lines;
    } else if (title == "@cluster") {
      store.put("cluster.json", lines);
    } else if (std::sscanf(title.c_str(), "@%4lld %4lld %c", &epoch, &seq, &kind) == 3 && epoch >= 0 && seq >= 0) {
      store.put(kind == 'p' ? model::snapshot_name({epoch, seq}) : model::segment_name(epoch, seq),
                with_checksums(lines));
    }
  }

  static std::string with_checksums(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      const std::string_view line = lines.substr(0, end);
      // '!' in front: a line whose checksum is wrong.
      const bool wrong = line.starts_with('!');
      char sum[16];
      std::snprintf(sum, sizeof sum, "%08x ", stellwerk::journal::crc32c(line) + (wrong ? 1 : 0));
      out.append(sum).append(line.substr(wrong ? 1 : 0)).append("\n");
      lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    }
    return out;
  }
};

void cut(std::string_view bytes, Folder& folder) {
  std::string title;
  std::string lines;
  std::size_t files = 0;
  while (!bytes.empty() && files < kFilesMax) {
    const std::size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    if (!line.starts_with('@')) {
      lines.append(line).append("\n");
      continue;
    }
    if (!title.empty()) folder.add(title, lines);
    title = std::string(line);
    lines.clear();
    ++files;
  }
  if (!title.empty()) folder.add(title, lines);
}

void repair(fsck::Examination& found) {
  if (!found.head || found.head->ended || found.head->epoch >= model::kEpochMax) return;
  const auto planned = fsck::plan_repair(found, {}, {true, found.head->cluster}, 1);
  if (!planned) return;
  const auto claimed = fsck::claiming_head(found, fsck::next_epoch(found), {"fuzz", 1}, "fuzz", 1);
  const auto repaired = fsck::repaired_head(claimed, {"fuzz", 2});
  STELLWERK_ASSERT(model::decode_head(model::encode_head(repaired)).has_value(), "the repaired head cannot be read");
  const auto again = stellwerk::journal::decode_file("journal/again", fsck::repaired_snapshot(*planned, repaired));
  STELLWERK_ASSERT(again.has_value() && again->whole(), "the repaired snapshot is damaged");
  planned->state.jobs().for_each([&](const std::string& id, const stellwerk::jobs::JobEntry& job) {
    STELLWERK_ASSERT(job.archived || !planned->state.ended().contains(id), "an ended job lives");
    STELLWERK_ASSERT(job.healthy() || planned->state.quarantined().contains(id), "a job that is not whole is served");
  });
}

void examine(Folder& folder, bool rebuild) {
  fsck::Register reg{"the fuzzer", std::nullopt, {}};
  if (auto head = model::decode_head(folder.head); head.has_value())
    reg.head = std::move(*head);
  else
    reg.fault = folder.head.empty() ? "" : head.error().text;
  const auto last = rebuild ? fsck::LastSegment::keep : fsck::LastSegment::ask;
  auto found = fsck::examine(folder.store, std::move(reg), {rebuild, last}, {});
  if (!found) {
    STELLWERK_ASSERT(stellwerk::is_printable_text(found.error().text), "an error's text cannot be shown");
    return;
  }
  for (const auto& fault : found->faults)
    STELLWERK_ASSERT(stellwerk::is_printable_text(fault.place + fault.text), "a fault cannot be shown");
  (void)fsck::report_text(*found, {true});
  (void)fsck::report_json(*found, {true}, std::nullopt);
  repair(*found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Folder folder;
  cut({reinterpret_cast<const char*>(data), size}, folder);
  examine(folder, false);
  examine(folder, true);
  return 0;
}
