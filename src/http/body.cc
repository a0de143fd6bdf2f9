#include "http/body.h"

#include <numeric>

#include "http/gzip.h"

namespace stellwerk::http {
namespace {

std::string join_bytes(const PagePieces& pieces) {
  std::string out;
  out.reserve(std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                              [](std::size_t sum, const auto& piece) { return sum + piece->bytes().size(); }));
  for (const auto& piece : pieces) out += piece->bytes();
  return out;
}

}  // namespace

Page::Page(PagePieces pieces) : pieces_(std::move(pieces)), bytes_(join_bytes(pieces_)) {}

const std::string& Page::gzip() const {
  std::call_once(packed_, [this] {
    gzip_ = pieces_.empty() ? http::gzip(bytes_, GzipEffort::small) : join_packed();
    is_packed_.store(true, std::memory_order_release);
  });
  return gzip_;
}

std::string Page::join_packed() const {
  std::vector<std::shared_ptr<const PackedPart>> parts;
  parts.reserve(pieces_.size());
  std::optional<PartPacker> fast;
  std::optional<PartPacker> small;
  for (const auto& piece : pieces_) {
    auto part = piece->packed_.load();
    if (!part) {
      auto& packer = piece->effort_ == GzipEffort::fast ? fast : small;
      if (!packer) packer.emplace(piece->effort_);
      auto packed = packer->pack(piece->bytes());
      if (!packed) return {};
      part = std::make_shared<const PackedPart>(*std::move(packed));
      piece->packed_.store(part);
    }
    parts.push_back(std::move(part));
  }
  std::string out = join_parts(parts);
  return out.size() < bytes_.size() ? out : std::string();
}

}  // namespace stellwerk::http
