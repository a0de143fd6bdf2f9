#include "support/zookeeper_snapshot.h"

#include <fstream>
#include <sstream>

namespace stellwerk::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 16;   // magic, version, database
constexpr std::size_t kSessionBytes = 12;  // id, timeout
constexpr std::size_t kStatBytes = 60;
constexpr std::size_t kVersionAt = 32;  // within the stat: after two zxids and two times
constexpr std::size_t kChildrenAt = 36;

/// The server's own format: big-endian numbers, texts and buffers after their length.
class Snapshot {
 public:
  explicit Snapshot(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<void> change(const std::string& node, NodeVersions versions) {
    skip(kHeaderBytes);
    skip(kSessionBytes * number());
    for (std::uint32_t lists = number(); lists > 0 && good_; --lists) {
      skip(8);
      for (std::uint32_t rules = number(); rules > 0 && good_; --rules) {
        skip(4);
        text();
        text();
      }
    }
    bool found = false;
    for (std::string path = text(); path != "/" && good_; path = text()) {
      text();
      skip(8);
      if (path == node) {
        put(at_ + kVersionAt, static_cast<std::uint32_t>(versions.data));
        put(at_ + kChildrenAt, static_cast<std::uint32_t>(versions.children));
        found = true;
      }
      skip(kStatBytes);
    }
    if (!good_) return make_error(Errc::failed, "a snapshot of ZooKeeper has another form");
    if (!found) return make_error(Errc::failed, "there is no " + node + " in the snapshot of ZooKeeper");
    seal();
    return {};
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void skip(std::size_t count) {
    good_ = good_ && count <= bytes_.size() - at_;
    if (good_) at_ += count;
  }
  std::uint32_t number() {
    const std::size_t from = at_;
    skip(4);
    std::uint32_t out = 0;
    for (std::size_t i = from; i < at_; ++i) out = out << 8 | static_cast<unsigned char>(bytes_[i]);
    return out;
  }
  /// A length of -1 stands for no buffer at all.
  std::string text() {
    const std::uint32_t size = number();
    if (size == 0xffff'ffff) return {};
    const std::size_t from = at_;
    skip(size);
    return bytes_.substr(from, at_ - from);
  }
  void put(std::size_t where, std::uint32_t value) {
    for (std::size_t i = 0; i < 4 && where + i < bytes_.size(); ++i) {
      bytes_[where + i] = static_cast<char>(value >> (24 - 8 * i) & 0xff);
    }
  }
  /// What follows the nodes is their Adler-32; a second part, which old servers do not write, is cut off.
  void seal() {
    constexpr std::uint32_t kPrime = 65521;
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (std::size_t i = 0; i < at_; ++i) {
      low = (low + static_cast<unsigned char>(bytes_[i])) % kPrime;
      high = (high + low) % kPrime;
    }
    bytes_.resize(at_ + 8);
    put(at_, 0);
    put(at_ + 4, high << 16 | low);
    bytes_ += std::string("\0\0\0\1/", 5);
  }

  std::string bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

Result<void> set_versions_in_snapshot(const fs::path& data, const std::string& node, NodeVersions versions) {
  fs::path newest;
  std::uint64_t newest_zxid = 0;
  for (const auto& entry : fs::directory_iterator(data / "version-2")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("snapshot.")) continue;
    const std::uint64_t zxid = std::stoull(name.substr(name.find('.') + 1), nullptr, 16);
    if (newest.empty() || zxid > newest_zxid) newest = entry.path(), newest_zxid = zxid;
  }
  if (newest.empty()) return make_error(Errc::failed, "ZooKeeper has written no snapshot");
  std::stringstream text;
  text << std::ifstream(newest, std::ios::binary).rdbuf();
  Snapshot snapshot(text.str());
  if (auto changed = snapshot.change(node, versions); !changed) return changed;
  std::ofstream(newest, std::ios::binary) << snapshot.bytes();
  return {};
}

}  // namespace stellwerk::test
