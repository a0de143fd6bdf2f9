/// What an answer's body can be besides a plain string.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::http {

struct PackedPart;
enum class GzipEffort;

/// A part of pages that follow each other: what was packed of it for one is there for the next. May be used from any
/// thread.
class PagePiece {
 public:
  PagePiece(std::string bytes, GzipEffort effort) : bytes_(std::move(bytes)), effort_(effort) {}
  PagePiece(const PagePiece&) = delete;
  PagePiece& operator=(const PagePiece&) = delete;

  const std::string& bytes() const noexcept { return bytes_; }

 private:
  friend class Page;
  const std::string bytes_;
  const GzipEffort effort_;
  mutable std::atomic<std::shared_ptr<const PackedPart>> packed_;  ///< null: not yet
};
using PagePieces = std::vector<std::shared_ptr<const PagePiece>>;

/// A body that many answers share: rendered once, sent often, never changed. Its gzip twin is made
/// when it is first asked for and kept. May be used from any thread.
class Page {
 public:
  explicit Page(std::string bytes) : bytes_(std::move(bytes)) {}
  /// The bytes of all of them, one behind the other.
  explicit Page(PagePieces pieces);
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  const std::string& bytes() const noexcept { return bytes_; }
  /// Empty if packing would not make it smaller. The first call takes as long as packing does.
  const std::string& gzip() const;
  /// Whether gzip() costs nothing any more.
  bool packed() const noexcept { return is_packed_.load(std::memory_order_acquire); }

  /// For whoever counts what answers take that wait for their clients: the bytes that come on top with this holder, and
  /// those that are free when it lets go. The plain form stands for both.
  std::size_t hold() const noexcept { return holders_.fetch_add(1) == 0 ? bytes_.size() : 0; }
  std::size_t let_go() const noexcept { return holders_.fetch_sub(1) == 1 ? bytes_.size() : 0; }

 private:
  std::string join_packed() const;

  const PagePieces pieces_{};
  const std::string bytes_;
  mutable std::atomic<std::size_t> holders_{0};
  mutable std::once_flag packed_;
  mutable std::string gzip_;
  mutable std::atomic<bool> is_packed_{false};
};

/// A body that is made while it is sent: a part of a big file, a stream of events. Owned by the
/// connection that sends it; all calls but the one it is given to `attach` come from that
/// connection's thread. Destroyed when the body is complete or its client is gone.
class BodySource {
 public:
  enum class Pull {
    data,    ///< bytes were appended; there may be more
    wait,    ///< nothing now; `wake` says when to ask again
    end,     ///< the body is complete; bytes may have been appended
    broken,  ///< it cannot be completed: the connection is cut so that the client notices
  };

  virtual ~BodySource() = default;

  /// Bytes in all, if that is known beforehand: sent with a length, else in chunks.
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
  /// Appends up to about `max` bytes to `out`. Must not block for long.
  virtual Pull pull(std::string& out, std::size_t max) = 0;
  /// Called once before the first pull. `wake` may be called from any thread, also after the source
  /// is gone.
  virtual void attach(std::function<void()> wake) { static_cast<void>(wake); }
  /// Sent when nothing else was sent for ServerOptions::stream_heartbeat. Empty: nothing is sent.
  virtual std::string_view heartbeat() const { return {}; }
};

}  // namespace stellwerk::http
