#include "cli/spec_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "base/text.h"
#include "cli/arguments.h"

namespace stellwerk::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoArchives =
    "Archives are planned, not in this version; use a job spec or a directory with job.yaml";
constexpr std::string_view kNoPlan = "A jar has no plan here: stellwerk run starts it as a Java program, nothing more";

Error file_error(Errc code, const std::string& path, const std::string& why) {
  return make_error(code, "Could not get the job from file " + escaped(path, 512) + ": " + why);
}

bool ends_like_archive(const std::string& path) {
  constexpr std::array<std::string_view, 6> kEndings = {".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.zst"};
  for (const std::string_view ending : kEndings)
    if (path.ends_with(ending)) return true;
  return false;
}

bool begins_like_archive(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::array<std::string_view, 4> kMagics = {"PK\x03\x04"sv, "\x1f\x8b"sv,
                                                       "\xfd"
                                                       "7zXZ"sv,
                                                       "\x28\xb5\x2f\xfd"sv};
  for (const std::string_view magic : kMagics)
    if (bytes.starts_with(magic)) return true;
  return false;
}

Result<std::string> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return file_error(Errc::invalid, path, std::strerror(errno));
  // One byte more than is accepted tells a file that is too large from one that just fits.
  std::string bytes(model::kJobSpecBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return file_error(Errc::invalid, path, "it cannot be read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// The file itself: of a directory its job.yaml.
Result<std::string> resolve(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (!fs::exists(status)) return file_error(Errc::not_found, path, "File does not exist: " + escaped(path, 512));
  if (!fs::is_directory(status)) return path;
  const std::string inside = (fs::path(path) / kBundleSpec).string();
  if (!fs::exists(inside, failed))
    return file_error(Errc::not_found, path, "The directory has no " + std::string(kBundleSpec) + " at its root");
  return inside;
}

DocKind kind_of(const std::string& path, std::string_view bytes) {
  if (path.ends_with(".json")) return DocKind::json;
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return DocKind::yaml;
  return detect_document_kind("", bytes);
}

Result<model::ReadSpec> override_spec(model::ReadSpec read, const SpecOverrides& overrides) {
  if (!overrides.parallelism && overrides.name.empty() && !overrides.at_most_one) return read;
  auto parsed = parse_json(read.canonical, "job spec");
  if (!parsed) return parsed.error();
  json::object& spec = parsed->as_object();
  if (!overrides.name.empty()) spec["name"] = overrides.name;
  if (overrides.at_most_one) spec["at-most-one"] = true;
  if (overrides.parallelism)
    for (json::value& vertex : spec["vertices"].as_array())
      vertex.as_object().emplace("parallelism", *overrides.parallelism);  // leaves one that is there
  auto again = model::read_job_spec(canonical_json(*parsed), DocKind::json);
  if (!again) return make_error(again.error().code, "With the options given: " + again.error().text);
  again->job_id = read.job_id;
  return again;
}

/// The last part of a path, as a vertex may be named: what cannot be shown becomes "_".
std::string name_of_program(std::string_view path) {
  const std::string_view base = path.substr(path.find_last_of('/') + 1);
  std::string name;
  for (std::size_t at = 0; at < base.size();) {
    const std::size_t begin = at;
    const auto point = next_code_point(base, at);
    if (!point) ++at;
    const std::string_view letter = point && is_printable(*point) ? base.substr(begin, at - begin) : "_";
    if (name.size() + letter.size() > model::kVertexNameBytesMax) break;
    name += letter;
  }
  if (name.empty()) return "command";
  if (name.front() == ' ') name.front() = '_';
  if (name.back() == ' ') name.back() = '_';
  return name;
}

Result<model::ReadSpec> one_vertex(const std::string& name, const std::vector<std::string>& command,
                                   const SpecOverrides& overrides) {
  json::array words;
  for (const std::string& word : command) words.push_back(json::value(word));
  const json::object vertex{{"name", name}, {"command", std::move(words)}};
  const json::object spec{{"name", name}, {"vertices", json::array{vertex}}};
  auto read = model::read_job_spec(canonical_json(spec), DocKind::json);
  if (!read) return make_error(read.error().code, "The command cannot be a job: " + read.error().text);
  return override_spec(std::move(*read), overrides);
}

}  // namespace

Result<model::ReadSpec> read_spec_file(const std::string& path, const SpecOverrides& overrides) {
  const auto file = resolve(path);
  if (!file) return file.error();
  if (is_jar(*file)) return file_error(Errc::not_supported, *file, std::string(kNoPlan));
  if (ends_like_archive(*file)) return file_error(Errc::not_supported, *file, std::string(kNoArchives));
  const auto bytes = read_bytes(*file);
  if (!bytes) return bytes.error();
  if (begins_like_archive(*bytes)) return file_error(Errc::not_supported, *file, std::string(kNoArchives));
  auto read = model::read_job_spec(*bytes, kind_of(*file, *bytes));
  if (!read) return make_error(read.error().code, escaped(*file, 512) + ": " + read.error().text);
  return override_spec(std::move(*read), overrides);
}

Result<model::ReadSpec> spec_of_command(const std::vector<std::string>& command, const SpecOverrides& overrides) {
  return one_vertex(name_of_program(command.front()), command, overrides);
}

Result<model::ReadSpec> spec_of_jar(const std::string& path, const std::string& main_class,
                                    const std::vector<std::string>& arguments, const SpecOverrides& overrides) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed))
    return file_error(Errc::not_found, path, "JAR file does not exist: " + escaped(path, 512));
  const std::string at = absolute_path(path);
  std::vector<std::string> command{"java"};
  if (main_class.empty())
    command.insert(command.end(), {"-jar", at});
  else
    command.insert(command.end(), {"-cp", at, main_class});
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string stem = fs::path(at).stem().string();
  return one_vertex(name_of_program(stem), command, overrides);
}

std::string absolute_path(const std::string& path) {
  std::error_code failed;
  const fs::path whole = fs::absolute(path, failed);
  return failed ? path : whole.lexically_normal().string();
}

std::string submission(const model::ReadSpec& spec, const JobId& id) {
  // Canonical JSON is an object with at least a name, so that a member can be put in front.
  return "{\"jobId\":\"" + id.text() + "\"," + spec.canonical.substr(1);
}

}  // namespace stellwerk::cli
