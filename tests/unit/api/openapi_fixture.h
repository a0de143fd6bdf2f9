/// The endpoints of a fake master beside docs/openapi.yaml and docs/rest-api.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "unit/api/api_test.h"
#include "unit/api/openapi_schema.h"

namespace stellwerk::api {

/// A file of the source tree, such as "docs/rest-api.md".
std::string source_file(std::string_view path);
json::value yaml_file(std::string_view path);
/// Names and values, in the order of the lines.
std::vector<std::pair<std::string, std::string>> header_list(const std::string& lines);

/// One operation of the document, also as it is asked for.
struct Operation {
  std::string method;  ///< "GET"
  std::string path;    ///< "/jobs/{jobid}"
  json::object content;
  json::array path_parameters;

  std::string name() const { return method + " " + path; }
  bool declares_parameter(const OpenApi& api, std::string_view where, std::string_view parameter) const;
};

class OpenApiTest : public ApiTest {
 protected:
  OpenApiTest();

  /// Those of the endpoints, as the document writes them: "GET /jobs/{jobid}".
  std::set<std::string> routes() const;
  const std::vector<Operation>& operations() const { return operations_; }

  /// The answer to the request, however late it comes, as it is sent; unanswered if it waits for
  /// another master.
  Asking answered(const std::string& line, const std::string& headers = "", const std::string& body = "",
                  bool loopback = true);
  /// Fails unless the document says of this operation what the answer is: status, headers, type, body.
  void expect_documented(const std::string& operation, const Asking& asking);
  /// Fails unless `text` is JSON that fits the schema of that name.
  void expect_fits(const std::string& text, std::string_view schema) const;

  OpenApi api{yaml_file("docs/openapi.yaml")};
  const json::object& schema(std::string_view name) const;
  /// "GET /jobs/{jobid} 404", as they were seen.
  std::set<std::string> seen;

 private:
  std::vector<Operation> read_operations() const;
  void expect_headers(const std::string& operation, const Asking& asking, const json::object& response) const;
  void expect_body(const std::string& operation, const Asking& asking, const json::object& response) const;

  const std::vector<Operation> operations_ = read_operations();
};

}  // namespace stellwerk::api
