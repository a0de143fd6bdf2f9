#include "unit/api/api_test.h"

#include "base/json.h"

namespace stellwerk::api {
namespace {

void add_paths(const json::value& value, const std::string& path, std::set<std::string>& out) {
  if (const auto* object = value.if_object()) {
    if (object->empty()) out.insert(path);
    for (const auto& member : *object)
      add_paths(member.value(), (path.empty() ? "" : path + ".") + std::string(member.key()), out);
  } else if (const auto* array = value.if_array()) {
    out.insert(path + "[]");
    for (const auto& element : *array) add_paths(element, path + "[]", out);
  } else {
    out.insert(path);
  }
}

}  // namespace

Facts ApiTest::facts() {
  Facts facts;
  facts.version = "0.1.0";
  facts.revision = "abcdef0 @ 2026-11-21T10:00:00Z";
  // "PK" and the spec; what has none is "PK" alone.
  facts.archive_spec = [](std::string_view bytes) -> Result<ArchiveSpec> {
    if (!bytes.starts_with("PK")) return make_error(Errc::invalid, "it is not an archive");
    if (bytes == "PKlarge") return make_error(Errc::too_large, "it is too large unpacked");
    if (bytes == "PK") return ArchiveSpec{};
    if (bytes == "PKdeep") return ArchiveSpec{std::nullopt, "count/job.yaml"};
    return ArchiveSpec{std::string(bytes.substr(2)), {}};
  };
  facts.configuration = {{"rest.port", "8081"}, {"security.password", "******"}};
  return facts;
}

void ApiTest::restart() {
  endpoints.reset();
  client = std::make_unique<http::Client>(io, http::ClientOptions{});
  router = std::make_unique<http::Router>();
  endpoints = std::make_unique<Endpoints>(backend, facts_, *client);
  endpoints->add_to(*router);
}

Asking ApiTest::ask(const std::string& line, const std::string& headers, const std::string& body, bool loopback) {
  auto request = http::parsed_request(line + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n");
  request->body = body;
  request->peer = std::make_shared<http::Peer>(http::Peer{loopback ? "127.0.0.1" : "192.0.2.7", 4711, loopback});
  const auto match = router->match(*request);
  Asking asking{std::make_shared<FakeSink>(std::move(request))};
  if (match.route == nullptr) {
    ADD_FAILURE() << "no route for " << line;
    return asking;
  }
  match.route->handler(asking.sink->request(), http::Responder(asking.sink));
  if (asking.answered()) endpoints->decorator()(asking.sink->request(), *asking.sink->answer);
  return asking;
}

std::set<std::string> json_paths(const std::string& text) {
  std::set<std::string> out;
  const auto value = parse_json(text, "the answer");
  if (value.has_error())
    ADD_FAILURE() << value.error().text << ": " << text;
  else
    add_paths(*value, "", out);
  return out;
}

std::string json_at(const std::string& text, const std::string& path) {
  const auto value = parse_json(text, "the answer");
  if (value.has_error()) return "not JSON: " + text;
  std::string pointer;
  for (const char c : path)
    if (c != ']') pointer += c == '.' || c == '[' ? '/' : c;
  json::error_code code;
  const json::value* found = value->find_pointer((pointer.starts_with('/') ? "" : "/") + pointer, code);
  return found == nullptr ? "nothing" : canonical_json(*found);
}

}  // namespace stellwerk::api
