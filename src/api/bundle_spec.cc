#include "api/bundle_spec.h"

#include <algorithm>
#include <array>

#include "api/path_parameters.h"
#include "base/json.h"
#include "base/text.h"

namespace stellwerk::api {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
/// Restoring from what a job left is planned: silently beginning anew would lose its state.
constexpr std::array<std::string_view, 3> kRestoring{"savepointPath", "restoreMode", "claimMode"};

Error bad(std::string text) {
  return make_error(Errc::invalid, std::move(text));
}

Error bad_member(std::string_view name, std::string_view accepted) {
  return bad("The body's " + std::string(name) + " must be " + std::string(accepted));
}

Result<void> read_parallelism(std::string_view text, RunWish& wish) {
  const auto number = read_number(text, 1);
  if (!number || *number > model::kParallelismMax)
    return bad_parameter("query", "parallelism", text,
                         "it must be a number from 1 to " + std::to_string(model::kParallelismMax));
  wish.parallelism = *number;
  return {};
}

Result<void> read_query(const http::Request& request, RunWish& wish) {
  for (const http::Field& field : request.query) {
    if (field.name == "parallelism") {
      if (auto read = read_parallelism(field.value, wish); read.has_error()) return read;
    } else if (field.name == "name") {
      wish.name = field.value;
    } else if (field.name == "entry-class") {
      wish.entry_class = field.value;
    } else if (field.name == "program-args") {
      wish.arguments = split_arguments(field.value);
    } else if (field.name == "programArg") {
      wish.arguments.emplace_back(field.value);
    } else if (field.name == "jobId") {
      auto id = JobId::parse(field.value);
      if (id.has_error()) return bad_parameter("query", "jobId", field.value, id.error().text);
      wish.job_id = *id;
    } else if (field.name == "atMostOne") {
      if (field.value != "true" && field.value != "false")
        return bad_parameter("query", "atMostOne", field.value, "it must be true or false");
      wish.at_most_one = field.value == "true";
    } else if (field.name == "savepointPath") {
      return bad("savepointPath: savepoints are planned, not in this version");
    }
  }
  return {};
}

Result<void> read_list(const json::value& value, RunWish& wish) {
  const auto* list = value.if_array();
  if (list == nullptr) return bad_member("programArgsList", "a list of texts");
  wish.arguments.clear();
  for (const auto& each : *list) {
    if (!each.is_string()) return bad_member("programArgsList", "a list of texts");
    wish.arguments.emplace_back(each.get_string());
  }
  return {};
}

Result<void> read_member(std::string_view name, const json::value& value, RunWish& wish) {
  if (value.is_null()) return {};
  if (name == "programArgsList") return read_list(value, wish);
  if (name == "parallelism") {
    const auto* number = value.if_int64();
    if (number == nullptr) return bad_member(name, "a number");
    return read_parallelism(std::to_string(*number), wish);
  }
  if (std::find(kRestoring.begin(), kRestoring.end(), name) != kRestoring.end())
    return bad(std::string(name) + ": savepoints are planned, not in this version");
  if (name == "allowNonRestoredState") return {};
  if (name == "flinkConfiguration") {
    if (value.is_object() && value.get_object().empty()) return {};
    return bad("flinkConfiguration: a job's configuration is its specification here; leave it out");
  }
  if (name == "atMostOne") {
    const auto* flag = value.if_bool();
    if (flag == nullptr) return bad_member(name, "true or false");
    wish.at_most_one = *flag;
    return {};
  }
  if (!value.is_string()) return bad_member(name, "a text, and known");
  const std::string_view text = value.get_string();
  if (name == "name") {
    wish.name = text;
  } else if (name == "entryClass") {
    wish.entry_class = text;
  } else if (name == "programArgs") {
    wish.arguments = split_arguments(text);
  } else if (name == "jobId") {
    auto id = JobId::parse(text);
    if (id.has_error()) return bad("The body's jobId: " + id.error().text);
    wish.job_id = *id;
  } else {
    return bad("The body's " + shown(name) +
               " is not known; known are entryClass, programArgs, programArgsList, parallelism, name, atMostOne and "
               "jobId");
  }
  return {};
}

/// What a jar is called without its ending, as a vertex may be.
std::string stem_of(std::string_view name) {
  if (name.ends_with(".jar")) name.remove_suffix(4);
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t begin = at;
    if (!next_code_point(name, at) || at > model::kVertexNameBytesMax) break;
    out.append(name, begin, at - begin);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out.empty() ? "jar" : out;
}

json::object spec_of_jar(const model::Bundle& bundle, const RunWish& wish) {
  const std::string file = "./" + bundle.artifact.name;
  json::array command{"java"};
  if (wish.entry_class.empty()) {
    command.insert(command.end(), {"-jar", json::value(file)});
  } else {
    command.insert(command.end(), {"-cp", json::value(file), json::value(wish.entry_class)});
  }
  for (const std::string& argument : wish.arguments) command.push_back(json::value(argument));
  const std::string name = stem_of(bundle.artifact.name);
  return {{"name", name}, {"vertices", json::array{json::object{{"name", name}, {"command", std::move(command)}}}}};
}

}  // namespace

std::string RunWish::json() const {
  json::object out;
  if (parallelism) out["parallelism"] = *parallelism;
  if (!name.empty()) out["name"] = name;
  if (at_most_one) out["atMostOne"] = true;
  if (!entry_class.empty()) out["entryClass"] = entry_class;
  if (!arguments.empty()) out["programArgsList"] = json::array(arguments.begin(), arguments.end());
  if (job_id) out["jobId"] = job_id->text();
  return canonical_json(out);
}

Result<RunWish> read_run(const http::Request& request, std::string_view body) {
  RunWish wish;
  if (auto read = read_query(request, wish); read.has_error()) return read.error();
  if (body.find_first_not_of(kBlanks) == std::string_view::npos) return wish;
  const auto value = parse_json(body, "The body");
  if (value.has_error()) return bad("Request did not match expected format JarRunRequestBody: " + value.error().text);
  if (!value->is_object()) return bad("Request did not match expected format JarRunRequestBody: it is no JSON object");
  for (const auto& [name, member] : value->get_object())
    if (auto read = read_member(name, member, wish); read.has_error()) return read.error();
  return wish;
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = text.find_first_not_of(kBlanks, at)) {
    std::string word;
    while (at < text.size() && kBlanks.find(text[at]) == std::string_view::npos) {
      const char quote = text[at];
      const std::size_t end = quote == '"' || quote == '\'' ? text.find(quote, at + 1) : std::string_view::npos;
      if (end == std::string_view::npos) {
        word += text[at++];
        continue;
      }
      word.append(text, at + 1, end - at - 1);
      at = end + 1;
    }
    out.push_back(std::move(word));
  }
  return out;
}

Result<model::ReadSpec> spec_of_run(const model::Bundle& bundle, const RunWish& wish) {
  json::object spec;
  if (bundle.artifact.kind == model::ArtifactKind::jar) {
    spec = spec_of_jar(bundle, wish);
  } else {
    if (!wish.entry_class.empty() || !wish.arguments.empty())
      return bad(shown(bundle.artifact.name) +
                 " is a bundle: its job.yaml says what is run, and it takes no class and no arguments");
    auto parsed = parse_json(bundle.spec, "a bundle's spec");
    if (parsed.has_error()) return parsed.error();
    spec = parsed->as_object();
  }
  if (!wish.name.empty()) spec["name"] = wish.name;
  if (wish.at_most_one) spec["at-most-one"] = true;
  if (wish.parallelism)
    for (json::value& vertex : spec["vertices"].as_array())
      vertex.as_object().emplace("parallelism", *wish.parallelism);  // leaves one that is there
  const model::ArtifactRef& artifact = bundle.artifact;
  spec["artifact"] = json::object{{"sha256", artifact.sha256},
                                  {"size", artifact.size},
                                  {"name", artifact.name},
                                  {"kind", to_string(artifact.kind)}};
  return model::read_job_spec(canonical_json(spec), DocKind::json);
}

}  // namespace stellwerk::api
