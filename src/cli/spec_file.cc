#include "cli/spec_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/bundle_file.h"

namespace stellwerk::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoPlan = "A jar has no plan here: stellwerk run starts it as a Java program, nothing more";

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

Error file_error(Errc code, const std::string& path, const std::string& why) {
  return make_error(code, "Could not get the job from file " + escaped(path, kPathShownMax) + ": " + why);
}

Result<model::ReadSpec> read_spec_file(const std::string& path, const SpecOverrides& overrides) {
  if (is_jar(path)) return file_error(Errc::not_supported, path, std::string(kNoPlan));
  std::error_code failed;
  if (!fs::exists(path, failed))
    return file_error(Errc::not_found, path, "File does not exist: " + escaped(path, kPathShownMax));
  if (is_bundle(path)) {
    auto read = read_bundle_spec(path);
    return read ? override_spec(std::move(*read), overrides) : read;
  }
  const auto bytes = read_bytes(path);
  if (!bytes) return bytes.error();
  if (bytes->size() > model::kJobSpecBytesMax)
    return make_error(Errc::too_large, escaped(path, kPathShownMax) + ": job spec: the document has more than the " +
                                           std::to_string(model::kJobSpecBytesMax) + " bytes that are accepted");
  auto read = model::read_job_spec(*bytes, kind_of(path, *bytes));
  if (!read) return make_error(read.error().code, escaped(path, kPathShownMax) + ": " + read.error().text);
  return override_spec(std::move(*read), overrides);
}

Result<model::ReadSpec> spec_of_command(const std::vector<std::string>& command, const SpecOverrides& overrides) {
  return one_vertex(name_of_program(command.front()), command, overrides);
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
