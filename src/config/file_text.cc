#include "config/file_text.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace stellwerk::config {

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (status.type() == std::filesystem::file_type::not_found) return make_error(Errc::not_found, "does not exist");
  if (code) return make_error(Errc::failed, "cannot be read: " + code.message());
  if (!std::filesystem::is_regular_file(status)) return make_error(Errc::failed, "is not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return make_error(Errc::failed, "cannot be opened; is it readable for this user?");
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return make_error(Errc::failed, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max)
    return make_error(Errc::too_large, "is larger than " + std::to_string(bytes_max) + " bytes");
  return text;
}

}  // namespace stellwerk::config
