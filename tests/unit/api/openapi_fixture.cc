#include "unit/api/openapi_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "base/yaml_reader.h"
#include "support/temp_dir.h"

namespace stellwerk::api {
namespace {

using testing::IsEmpty;

const std::set<std::string> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};

/// "/jobs/:jobid/plan" as "/jobs/{jobid}/plan".
std::string as_template(std::string_view pattern) {
  std::string out;
  bool in_name = false;
  for (const char c : pattern) {
    if (in_name && c == '/') {
      out += '}';
      in_name = false;
    }
    in_name = in_name || c == ':';
    out += c == ':' ? '{' : c;
  }
  return in_name ? out + '}' : out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> header_list(const std::string& lines) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t from = 0; from < lines.size();) {
    const std::size_t end = lines.find("\r\n", from);
    const std::string line = lines.substr(from, end - from);
    const std::size_t colon = line.find(": ");
    out.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    from = end + 2;
  }
  return out;
}

std::string source_file(std::string_view path) {
  std::string text = test::read_file(STELLWERK_SOURCE_DIR "/" + std::string(path));
  EXPECT_FALSE(text.empty()) << path;
  return text;
}

json::value yaml_file(std::string_view path) {
  const auto document = read_yaml(source_file(path), path, DocLimits{});
  if (document.has_error()) {
    ADD_FAILURE() << document.error().text;
    return json::object{};
  }
  return *parse_json(canonical_json(*document), path);
}

bool Operation::declares_parameter(const OpenApi& api, std::string_view where, std::string_view parameter) const {
  const auto is_it = [&](const json::value& value) {
    const json::value* found = api.resolve(value);
    return found != nullptr && found->at("in").as_string() == where && found->at("name").as_string() == parameter;
  };
  if (std::any_of(path_parameters.begin(), path_parameters.end(), is_it)) return true;
  const json::value* own = content.if_contains("parameters");
  return own != nullptr && std::any_of(own->as_array().begin(), own->as_array().end(), is_it);
}

OpenApiTest::OpenApiTest() {
  // So that writes answer at once, whatever a test does not say.
  backend.reply = [this](const FakeBackend::Asked& asked) {
    return jobs::Reply{jobs::Reply::Kind::accepted, asked.job, "http://next:8081", backend.view()->applied};
  };
}

std::set<std::string> OpenApiTest::routes() const {
  std::set<std::string> out;
  for (const auto& path : endpoints->paths())
    out.insert(std::string(to_string(path.method)) + " " + as_template(path.pattern));
  return out;
}

std::vector<Operation> OpenApiTest::read_operations() const {
  std::vector<Operation> out;
  for (const auto& path : api.root().at("paths").as_object()) {
    const json::object& item = path.value().as_object();
    const json::value* shared = item.if_contains("parameters");
    for (const auto& member : item) {
      const std::string method = upper(member.key());
      if (!kMethods.contains(method)) continue;
      out.push_back({method, std::string(path.key()), member.value().as_object(),
                     shared != nullptr ? shared->as_array() : json::array{}});
    }
  }
  return out;
}

const json::object& OpenApiTest::schema(std::string_view name) const {
  return api.root().at("components").at("schemas").at(name).as_object();
}

Asking OpenApiTest::answered(const std::string& line, const std::string& headers, const std::string& body,
                             bool loopback) {
  Asking asking = ask(line, headers, body, loopback);
  if (asking.answered()) return asking;
  backend.run();
  if (asking.answered()) endpoints->decorator()(asking.sink->request(), *asking.sink->answer);
  return asking;
}

void OpenApiTest::expect_documented(const std::string& operation, const Asking& asking) {
  const auto found =
      std::find_if(operations_.begin(), operations_.end(), [&](const Operation& o) { return o.name() == operation; });
  ASSERT_NE(found, operations_.end()) << operation;
  ASSERT_TRUE(asking.answered()) << operation;
  const std::string status = std::to_string(asking.status());
  const json::value* response = found->content.at("responses").as_object().if_contains(status);
  ASSERT_NE(response, nullptr) << operation << " does not name " << status << ": " << asking.body();
  seen.insert(operation + " " + status);
  const json::object& resolved = api.resolve(*response)->as_object();
  expect_headers(operation + " " + status, asking, resolved);
  expect_body(operation + " " + status, asking, resolved);
}

void OpenApiTest::expect_headers(const std::string& operation, const Asking& asking,
                                 const json::object& response) const {
  std::set<std::string, std::less<>> sent;
  for (const auto& [name, value] : header_list(asking.headers())) {
    sent.insert(name);
    // For what stands between us and the client, not for the client.
    if (name == "Cache-Control" || name == "X-Accel-Buffering") continue;
    const json::value* header = response.at("headers").as_object().if_contains(name);
    ASSERT_NE(header, nullptr) << operation << " sends " << name;
    const json::value& its = api.resolve(*header)->at("schema");
    const bool whole = api.resolve(its)->at("type") == "integer";
    const json::value seen_value = whole ? json::value(std::stoll(value)) : json::value(value);
    EXPECT_THAT(api.check(seen_value, its), IsEmpty()) << operation << " " << name;
  }
  for (const auto& member : response.at("headers").as_object()) {
    const json::value* required = api.resolve(member.value())->as_object().if_contains("required");
    if (required != nullptr && required->as_bool()) {
      EXPECT_TRUE(sent.contains(std::string(member.key()))) << operation << " lacks " << member.key();
    }
  }
}

void OpenApiTest::expect_body(const std::string& operation, const Asking& asking, const json::object& response) const {
  const std::string_view type = asking.sink->answer->content_type;
  const std::string plain(type.substr(0, type.find(';')));
  if (asking.status() == 304) {
    EXPECT_FALSE(response.contains("content")) << operation;
    return;
  }
  const json::value* content = response.at("content").as_object().if_contains(plain);
  ASSERT_NE(content, nullptr) << operation << " answers " << type;
  if (plain != "application/json") return;
  const auto value = parse_json(asking.body(), operation);
  ASSERT_TRUE(value.has_value()) << asking.body();
  EXPECT_THAT(api.check(*value, content->at("schema")), IsEmpty()) << operation << ": " << asking.body();
}

void OpenApiTest::expect_fits(const std::string& text, std::string_view name) const {
  const auto value = parse_json(text, name);
  ASSERT_TRUE(value.has_value()) << text;
  EXPECT_THAT(api.check(*value, schema(name)), IsEmpty()) << text;
}

}  // namespace stellwerk::api
