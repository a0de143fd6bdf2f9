#include <algorithm>
#include <array>
#include <iterator>

#include "archive/archive.h"
#include "archive/reader.h"

namespace stellwerk::archive {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

bool is_spec(std::string_view name) {
  return std::find(std::begin(kSpecNames), std::end(kSpecNames), name) != std::end(kSpecNames);
}

/// Reads one archive through, and keeps what is asked for.
class Examination {
 public:
  explicit Examination(const Limits& limits) : limits_(limits), reader_(limits) {}

  Result<Listing> of(std::string_view bytes) {
    if (const auto opened = reader_.open_bytes(bytes); opened.has_error()) return opened.error();
    for (;;) {
      const auto entry = reader_.next();
      if (entry.has_error()) return entry.error();
      if (!*entry) break;
      if ((*entry)->folder) continue;
      if (const auto taken = take(**entry); taken.has_error()) return taken.error();
    }
    listing_.entries = reader_.entries();
    listing_.bytes = reader_.bytes();
    if (listing_.spec) listing_.spec_elsewhere.clear();
    return std::move(listing_);
  }

 private:
  Result<void> take(const Entry& entry) {
    const bool at_root = is_spec(entry.path);
    if (at_root && listing_.spec)
      return make_error(Errc::invalid,
                        "it has both job.yaml and job.json at its root, where one of them says what to run");
    if (!at_root && listing_.spec_elsewhere.empty() && is_spec(entry.path.substr(entry.path.rfind('/') + 1)))
      listing_.spec_elsewhere = entry.path;
    if (at_root) listing_.spec.emplace();
    for (;;) {
      const auto got = reader_.read(block_);
      if (got.has_error()) return got.error();
      if (*got == 0) return {};
      if (!at_root) continue;
      listing_.spec->append(block_.data(), *got);
      if (listing_.spec->size() > limits_.spec_bytes)
        return make_error(Errc::too_large, entry.path + " has more than " + std::to_string(limits_.spec_bytes) +
                                               " bytes, which is the most that is accepted of a job spec");
    }
  }

  const Limits limits_;
  Reader reader_;
  Listing listing_;
  std::array<char, kReadBytes> block_;
};

}  // namespace

Result<Listing> examine(std::string_view bytes, const Limits& limits) {
  return Examination(limits).of(bytes);
}

}  // namespace stellwerk::archive
