/// The grammar of HTTP/1.1 (RFC 9110, 9112) in small pure functions, shared by the server and the
/// client. Everything here is strict: what two readers could understand differently is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::http {

/// A header field, a query parameter or a path parameter. Points into what it was read from.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// Equal but for ASCII case.
bool iequals(std::string_view a, std::string_view b) noexcept;

/// True for a non-empty token: method names, header names, codings.
bool is_token(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;

/// `text` without blanks and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Takes the next element from a comma-separated list; none when the list is used up.
std::optional<std::string_view> next_element(std::string_view& list) noexcept;

/// 1 to 19 decimal digits and nothing else.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

/// "bytes 5-9/10": from byte 5 of 10; "bytes */10": no part, of 10 bytes.
struct ContentRange {
  std::optional<std::uint64_t> first;
  std::uint64_t size = 0;

  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
/// None for anything else, also if the part does not lie within the size.
std::optional<ContentRange> parse_content_range(std::string_view text) noexcept;

/// Looks for the empty line that ends a head. `checked` remembers between calls how far `data` was
/// looked at (start with 0). A line that does not end in CRLF, or that continues the one before it,
/// is a fault as soon as it is seen.
struct HeadEnd {
  /// Bytes of the head with its empty line; 0: not all there yet.
  std::size_t size = 0;
  /// Empty, or what is wrong.
  std::string_view fault;
};
HeadEnd find_head_end(std::string_view data, std::size_t& checked) noexcept;

/// Splits the lines after the first one into fields; `lines` ends with the empty line. Returns what
/// is wrong, or nothing.
std::string_view parse_fields(std::string_view lines, std::size_t fields_max, std::vector<Field>& out);

/// Appends `text` with its %-escapes decoded. False for a broken escape, an escaped control
/// character, or escapes that are not UTF-8. `plus_is_blank`: as in query strings.
bool percent_decode(std::string_view text, bool plus_is_blank, std::string& out);

/// `text` as one segment of a path, with all escaped that may mean something else there.
std::string escape_segment(std::string_view text);

/// Reads a body in the chunked coding. Trailer fields are checked and dropped.
class ChunkDecoder {
 public:
  enum class State { more, done, bad, too_large };

  /// Takes from the front of `data` what belongs to the body and appends its content to `out`, whose
  /// size it keeps at or below `out_max`. Not to be called again after anything but `more`.
  State feed(std::string_view& data, std::string& out, std::size_t out_max);

  /// After `bad`: what is wrong.
  std::string_view fault() const noexcept { return fault_; }

 private:
  enum class Step { size_line, content, content_end, trailer };

  State fail(std::string_view why) noexcept;
  /// Collects one line without its CRLF into `line_`; none while it is incomplete or when it is bad.
  bool take_line(std::string_view& data);
  State on_size_line();

  Step step_ = Step::size_line;
  std::uint64_t left_ = 0;
  /// Bytes of extensions and trailer fields so far.
  std::size_t overhead_ = 0;
  std::string line_;
  std::string_view fault_;
};

}  // namespace stellwerk::http
