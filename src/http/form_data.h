/// Forms that bring files: multipart/form-data (RFC 7578), read strictly from a whole body. Pure.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::http {

/// Parts of one form, and bytes of the header of one part.
inline constexpr std::size_t kFormPartsMax = 32;
inline constexpr std::size_t kFormHeadBytesMax = 8 * 1024;

struct FormPart {
  std::string name;                      ///< of the field
  std::optional<std::string> file_name;  ///< as it was sent, perhaps with folders; none: no file
  std::string_view content;              ///< points into the body
};

/// Whether a Content-Type says so.
bool is_form_data(std::string_view content_type) noexcept;

/// `content_type` is the request's, with its boundary. Errors: invalid, with one sentence that names what is wrong.
Result<std::vector<FormPart>> read_form_data(std::string_view content_type, std::string_view body);

}  // namespace stellwerk::http
