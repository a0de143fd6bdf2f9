#include "http/syntax.h"

#include <array>

namespace stellwerk::http {
namespace {

/// Bytes of chunk extensions, and of trailer fields, that one body may carry.
constexpr std::size_t kChunkOverheadMax = 16 * 1024;
/// Hexadecimal digits of a chunk size: what 64 bits hold.
constexpr std::size_t kChunkSizeDigitsMax = 16;
constexpr std::size_t kDecimalDigitsMax = 19;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Visible characters, blank, tab and bytes of other alphabets: what a field value may hold.
bool is_field_value(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

/// Bytes of the UTF-8 sequence that begins `text`; 0 if there is none.
std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  const unsigned char second = at(1);
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return size;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text)
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  return !text.empty();
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> next_element(std::string_view& list) noexcept {
  if (list.empty()) return std::nullopt;
  const std::size_t comma = list.find(',');
  const std::string_view element = trim(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return element;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  if (text.empty() || text.size() > kDecimalDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<ContentRange> parse_content_range(std::string_view text) noexcept {
  constexpr std::string_view kUnit = "bytes ";
  const std::size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || slash == std::string_view::npos) return std::nullopt;
  const auto size = parse_decimal(text.substr(slash + 1));
  const std::string_view part = text.substr(kUnit.size(), slash - kUnit.size());
  if (!size) return std::nullopt;
  if (part == "*") return ContentRange{std::nullopt, *size};
  const std::size_t dash = part.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_decimal(part.substr(0, dash));
  const auto last = parse_decimal(part.substr(dash + 1));
  if (!first || !last || *first > *last || *last >= *size) return std::nullopt;
  return ContentRange{first, *size};
}

HeadEnd find_head_end(std::string_view data, std::size_t& checked) noexcept {
  while (checked < data.size()) {
    const std::size_t newline = data.find('\n', checked);
    if (newline == std::string_view::npos) {
      checked = data.size();
      break;
    }
    if (newline == 0 || data[newline - 1] != '\r') return {0, "a line must end in CR LF"};
    if (newline >= 3 && data[newline - 2] == '\n') return {newline + 1, {}};
    if (newline + 1 == data.size()) {
      // Whether the next line continues this one shows only in its first byte: look again then.
      checked = newline;
      return {};
    }
    const char next = data[newline + 1];
    if (next == ' ' || next == '\t') return {0, "a header line must not continue the one before it"};
    checked = newline + 1;
  }
  return {};
}

std::string_view parse_fields(std::string_view lines, std::size_t fields_max, std::vector<Field>& out) {
  while (lines != "\r\n") {
    const std::size_t end = lines.find("\r\n");
    if (end == std::string_view::npos) return "a line must end in CR LF";
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return "a header line must be \"name: value\"";
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name)) return "a header name must be a token, with the colon right after it";
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return "a header value must not hold control characters";
    if (out.size() == fields_max) return "too many header lines";
    out.push_back({name, value});
  }
  return {};
}

bool percent_decode(std::string_view text, bool plus_is_blank, std::string& out) {
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      const int byte = high * 16 + low;
      if (byte < 0x20 || byte == 0x7f) return false;
      out += static_cast<char>(byte);
      i += 2;
    }
  }
  return is_utf8(std::string_view(out).substr(start));
}

std::string escape_segment(std::string_view text) {
  constexpr std::string_view kPlain = "-._~:";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letter || kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
  return out;
}

ChunkDecoder::State ChunkDecoder::fail(std::string_view why) noexcept {
  fault_ = why;
  return State::bad;
}

bool ChunkDecoder::take_line(std::string_view& data) {
  const std::size_t newline = data.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? data.size() : newline + 1;
  if (line_.size() + taken > kChunkOverheadMax) {
    fault_ = "a chunk's line is too long";
    return false;
  }
  line_.append(data.substr(0, taken));
  data.remove_prefix(taken);
  if (newline == std::string_view::npos) return false;
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
    fault_ = "a chunk's line must end in CR LF";
    return false;
  }
  line_.resize(line_.size() - 2);
  return true;
}

ChunkDecoder::State ChunkDecoder::on_size_line() {
  std::size_t digits = 0;
  left_ = 0;
  while (digits < line_.size() && hex_digit(line_[digits]) >= 0) {
    if (digits == kChunkSizeDigitsMax) return fail("a chunk's size has too many digits");
    left_ = left_ * 16 + static_cast<std::uint64_t>(hex_digit(line_[digits]));
    ++digits;
  }
  if (digits == 0) return fail("a chunk must begin with its size in hexadecimal digits");
  const std::string_view extension = std::string_view(line_).substr(digits);
  if (!extension.empty() && (extension.front() != ';' || !is_field_value(extension)))
    return fail("after a chunk's size only an extension (\";name=value\") may stand");
  overhead_ += extension.size();
  if (overhead_ > kChunkOverheadMax) return fail("too many bytes of chunk extensions");
  step_ = left_ == 0 ? Step::trailer : Step::content;
  line_.clear();
  return State::more;
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view& data, std::string& out, std::size_t out_max) {
  while (!data.empty()) {
    if (step_ == Step::content) {
      const std::size_t taken = left_ < data.size() ? static_cast<std::size_t>(left_) : data.size();
      out.append(data.substr(0, taken));
      data.remove_prefix(taken);
      left_ -= taken;
      if (left_ == 0) step_ = Step::content_end;
      continue;
    }
    if (step_ == Step::content_end) {
      line_ += data.front();
      data.remove_prefix(1);
      if (!std::string_view("\r\n").starts_with(line_)) return fail("a chunk is longer than its size");
      if (line_.size() == 2) {
        line_.clear();
        step_ = Step::size_line;
      }
      continue;
    }
    if (!take_line(data)) return fault_.empty() ? State::more : State::bad;
    if (step_ == Step::size_line) {
      if (on_size_line() == State::bad) return State::bad;
      if (left_ > out_max - out.size()) return State::too_large;
    } else {
      if (line_.empty()) return State::done;
      overhead_ += line_.size();
      if (overhead_ > kChunkOverheadMax) return fail("too many bytes of trailer fields");
      line_ += "\r\n\r\n";
      std::vector<Field> field;
      if (const std::string_view fault = parse_fields(line_, 1, field); !fault.empty()) return fail(fault);
      line_.clear();
    }
  }
  return State::more;
}

}  // namespace stellwerk::http
