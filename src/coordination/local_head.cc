#include "coordination/local_head.h"

#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

namespace stellwerk::coordination {
namespace {

constexpr std::string_view kHeadPrefix = "HEAD-";
constexpr std::size_t kDigits = 20;
constexpr std::string_view kMagic = "stellwerk-head ";
/// The first line: the magic, generation and size.
constexpr std::size_t kFirstLineBytesMax = 64;
/// A head that vanishes while it is read was swept; more often than this it is something else.
constexpr int kReadTriesMax = 10;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> version_of(std::string_view name) {
  if (name.size() != kHeadPrefix.size() + kDigits) return std::nullopt;
  return number(name.substr(kHeadPrefix.size()));
}

struct Content {
  std::int64_t generation = 0;
  std::string bytes;
};

std::string encode(const Content& content) {
  std::string out(kMagic);
  return out + std::to_string(content.generation) + " " + std::to_string(content.bytes.size()) + "\n" + content.bytes;
}

std::optional<Content> decode(const std::string& file) {
  const auto line_end = file.find('\n');
  if (line_end == std::string::npos || file.compare(0, kMagic.size(), kMagic) != 0) return std::nullopt;
  const std::string_view line = std::string_view(file).substr(kMagic.size(), line_end - kMagic.size());
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto generation = number(line.substr(0, blank));
  const auto size = number(line.substr(blank + 1));
  if (!generation || !size || file.size() - line_end - 1 != static_cast<std::size_t>(*size)) return std::nullopt;
  return Content{*generation, file.substr(line_end + 1)};
}

Result<Content> read_one(const LocalFolder& folder, std::int64_t version) {
  const std::string name = LocalHead::file_name(version);
  const auto file = folder.read(name, kHeadBytesMax + kFirstLineBytesMax);
  if (!file && file.error().code != Errc::too_large) return file.error();
  if (auto content = file ? decode(*file) : std::nullopt) return std::move(*content);
  return make_error(Errc::damaged, folder.path() + "/" + name +
                                       " is not a whole head; see `stellwerk fsck --rebuild-head`, nobody leads until "
                                       "it is mended");
}

WriteResult refuse(WriteOutcome outcome, std::string why) {
  return {outcome, {}, std::move(why)};
}

}  // namespace

std::string LocalHead::file_name(std::int64_t version) {
  return std::string(kHeadPrefix) + zero_padded(version, kDigits);
}

Result<std::int64_t> LocalHead::newest() const {
  const auto names = folder_.names(kHeadPrefix);
  if (!names) return names.error();
  for (auto name = names->rbegin(); name != names->rend(); ++name)
    if (const auto version = version_of(*name)) return *version;
  return HeadVersion::kAbsent;
}

Result<HeadReading> LocalHead::read() const {
  for (int tries = 0; tries < kReadTriesMax; ++tries) {
    const auto version = newest();
    if (!version) return version.error();
    if (*version == HeadVersion::kAbsent) return HeadReading{};
    auto content = read_one(folder_, *version);
    if (content) return HeadReading{std::move(content->bytes), {content->generation, *version}};
    if (content.error().code != Errc::not_found) return content.error();
  }
  return make_error(Errc::unavailable, "the heads in " + folder_.path() + " vanish while they are read");
}

WriteResult LocalHead::write(std::string_view bytes, HeadVersion expected, std::int64_t generation) {
  const auto now = read();
  if (!now) return refuse(WriteOutcome::not_sent, now.error().text);
  const bool matches = expected.absent() ? now->version.absent() : now->version == expected;
  if (!matches)
    return refuse(WriteOutcome::mismatch, now->version.absent()
                                              ? "there is no head"
                                              : "another head stands, version " + std::to_string(now->version.version));
  const HeadVersion next =
      expected.absent() ? HeadVersion{generation, 1} : HeadVersion{expected.generation, expected.version + 1};
  const Creation creation = folder_.create_once(file_name(next.version), encode({next.generation, std::string(bytes)}));
  switch (creation.made) {
    case Made::yes: return settle(expected, next);
    case Made::exists: return refuse(WriteOutcome::mismatch, "another master wrote that version first");
    case Made::no: return refuse(WriteOutcome::not_sent, creation.why);
    case Made::unknown: break;
  }
  return refuse(WriteOutcome::unknown, creation.why);
}

Result<HeadReading> LocalHead::read_before_damaged() const {
  const auto names = folder_.names(kHeadPrefix);
  if (!names) return names.error();
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const auto version = version_of(*name);
    if (!version) continue;
    auto content = read_one(folder_, *version);
    if (content) return HeadReading{std::move(content->bytes), {content->generation, *version}};
    if (content.error().code != Errc::damaged && content.error().code != Errc::not_found) return content.error();
  }
  return HeadReading{};
}

WriteResult LocalHead::write_over_damaged(std::string_view bytes, std::int64_t generation) {
  const auto version = newest();
  if (!version) return refuse(WriteOutcome::not_sent, version.error().text);
  if (*version == HeadVersion::kAbsent) return refuse(WriteOutcome::mismatch, "there is no head");
  const auto content = read_one(folder_, *version);
  if (content) return refuse(WriteOutcome::mismatch, "the newest head is whole");
  if (content.error().code != Errc::damaged) return refuse(WriteOutcome::not_sent, content.error().text);
  const HeadVersion next{generation, *version + 1};
  const Creation creation = folder_.create_once(file_name(next.version), encode({generation, std::string(bytes)}));
  switch (creation.made) {
    case Made::yes: return {WriteOutcome::ok, next, {}};
    case Made::exists: return refuse(WriteOutcome::mismatch, "another process wrote that version first");
    case Made::no: return refuse(WriteOutcome::not_sent, creation.why);
    case Made::unknown: break;
  }
  return refuse(WriteOutcome::unknown, creation.why);
}

/// The link succeeded. It counts if our number was never taken before: heads are swept in their
/// order, so while the one we compared with stands, our number was free because nobody had had it.
/// Otherwise we were paused for so many writes that nobody can say.
WriteResult LocalHead::settle(HeadVersion expected, HeadVersion written) {
  const auto highest = newest();
  if (!highest) return refuse(WriteOutcome::unknown, highest.error().text);
  bool counts = *highest == written.version;
  if (!expected.absent()) {
    const auto before = read_one(folder_, expected.version);
    counts = before.has_value() && before->generation == expected.generation;
  } else if (!counts) {
    counts = *highest < kHeadsKept;
  }
  if (!counts)
    return refuse(WriteOutcome::unknown,
                  "this master was paused while the head went on to version " + std::to_string(*highest));
  sweep(written.version);
  return {WriteOutcome::ok, written, {}};
}

void LocalHead::sweep(std::int64_t newest) {
  const auto names = folder_.names(kHeadPrefix);
  if (!names) return;
  for (const auto& name : *names) {
    const auto version = version_of(name);
    if (!version) continue;
    // In their order, and never on past one that stays: see settle().
    if (*version >= newest - kHeadsKept || folder_.remove(name) < 0) return;
  }
}

Result<void> LocalHead::erase() {
  const auto names = folder_.names(kHeadPrefix);
  if (!names) return names.error();
  for (const auto& name : *names)
    if (const int rc = folder_.remove(name); rc < 0)
      return make_error(Errc::unknown, local_error(-rc, "removing", folder_.path() + "/" + name).text);
  return {};
}

}  // namespace stellwerk::coordination
