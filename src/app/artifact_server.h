/// `GET /artifacts/<sha256>` on a master's port for workers: the files that jobs bring along.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async_blob_store.h"
#include "master/view.h"
#include "websocket/listener.h"

namespace stellwerk::app {

inline constexpr std::string_view kArtifactTarget = "/artifacts/";
/// Different files that are read or sent at the same time, each in memory as a whole.
inline constexpr std::size_t kArtifactsServedMax = 4;
/// Downloads at the same time, at most.
inline constexpr std::size_t kDownloadsMax = 64;

/// Any master that knows the record serves the file, whoever leads. On the executor of the store, which outlives it.
class ArtifactServer {
 public:
  using Answer = std::function<void(websocket::GetAnswer)>;

  ArtifactServer(AsyncBlobStore& storage, std::function<master::ViewPtr()> view,
                 std::size_t downloads_max = kDownloadsMax)
      : storage_(storage), view_(std::move(view)), downloads_max_(downloads_max) {}

  /// 200 with the file; 426: another target; 404: no such artifact here, or its file is gone; 503: too many at once, or
  /// the storage cannot be read now.
  void serve(const websocket::Get& get, Answer answer);

 private:
  struct Reading {
    std::vector<Answer> waiting;
  };
  void read(const std::string& sha256, const std::string& file);
  std::size_t served();

  AsyncBlobStore& storage_;
  const std::function<master::ViewPtr()> view_;
  const std::size_t downloads_max_;
  std::map<std::string, Reading> reading_;
  /// Files that are being sent, by SHA-256: gone when the last download of it ends.
  std::map<std::string, std::weak_ptr<const std::string>> sending_;
  const std::shared_ptr<std::size_t> downloads_ = std::make_shared<std::size_t>(0);
};

}  // namespace stellwerk::app
