/// docs/openapi.yaml as a tree, and values held against its schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace stellwerk::api {

/// Knows the part of OpenAPI 3.0's schemas that the document uses; any other keyword is a fault, so that
/// nothing is written there that nobody checks. Immutable.
class OpenApi {
 public:
  using Faults = std::vector<std::string>;

  explicit OpenApi(json::value document) : document_(std::move(document)) {}

  const json::object& root() const { return document_.as_object(); }
  /// What stands for `value`: itself, or what its $ref names; null if that names nothing.
  const json::value* resolve(const json::value& value) const;

  /// What is wrong with `value`, each fault with its path.
  Faults check(const json::value& value, const json::value& schema) const;
  /// What is wrong with the document's references and schemas themselves.
  Faults check_document() const;

 private:
  void check_value(const json::value& value, const json::value& schema, const std::string& path, Faults& faults) const;
  void check_object(const json::object& value, const json::object& schema, const std::string& path,
                    Faults& faults) const;
  void check_array(const json::array& value, const json::object& schema, const std::string& path, Faults& faults) const;
  void check_references(const json::value& value, const std::string& path, Faults& faults) const;
  void check_schema(const json::value& schema, const std::string& path, Faults& faults) const;

  json::value document_;
};

}  // namespace stellwerk::api
