/// SHA-256, as 64 lower-case hexadecimal digits: the identity of specs and artifacts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stellwerk {

/// The digest of bytes that come in pieces. One owner, one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  /// Before finish() only.
  void update(std::string_view bytes);
  /// The digest of all that was given; called once, last.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace stellwerk
