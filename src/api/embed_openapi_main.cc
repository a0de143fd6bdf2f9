/// embed_openapi YAML OUT: run by the build; writes the source that holds the document as JSON.
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/yaml_reader.h"

namespace {

/// Bytes of one literal: compilers need not take more than 65536.
constexpr std::size_t kLiteralBytesMax = 8192;

void write_source(const std::string& text, std::ostream& out) {
  out << "#include \"api/openapi_document.h\"\n\n#include <string_view>\n\nnamespace stellwerk::api {\n\n"
         "std::string openapi_document() {\n  std::string text;\n  for (const std::string_view part : {";
  for (std::size_t at = 0; at < text.size(); at += kLiteralBytesMax)
    out << "\n           std::string_view(R\"document(" << text.substr(at, kLiteralBytesMax) << ")document\"),";
  out << "\n       })\n    text += part;\n  return text;\n}\n\n}  // namespace stellwerk::api\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed_openapi YAML OUT\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  const auto document = stellwerk::read_yaml(bytes.str(), argv[1], stellwerk::DocLimits{});
  if (!in || document.has_error()) {
    std::cerr << (in ? document.error().text : std::string(argv[1]) + " cannot be read") << "\n";
    return 1;
  }
  std::ofstream out(argv[2], std::ios::binary);
  write_source(canonical_json(*document), out);
  out.close();
  return out ? 0 : 1;
}
