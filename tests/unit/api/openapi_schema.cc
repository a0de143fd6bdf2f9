#include "unit/api/openapi_schema.h"

#include <algorithm>
#include <regex>
#include <set>

namespace stellwerk::api {
namespace {

const std::set<std::string_view> kKeywords{"type",
                                           "format",
                                           "description",
                                           "default",
                                           "nullable",
                                           "enum",
                                           "pattern",
                                           "minLength",
                                           "maxLength",
                                           "minimum",
                                           "maximum",
                                           "items",
                                           "minItems",
                                           "maxItems",
                                           "required",
                                           "anyOf",
                                           "properties",
                                           "$ref",
                                           "additionalProperties"};

std::string_view text_of(const json::value& value) {
  const json::string& text = value.as_string();
  return {text.data(), text.size()};
}

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

bool is_true(const json::object& schema, std::string_view keyword) {
  const json::value* value = schema.if_contains(keyword);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// Calls `add` with what is outside a limit of `schema`.
template <class Add>
void check_limits(double size, const json::object& schema, std::string_view least, std::string_view most,
                  const Add& add) {
  const json::value* low = schema.if_contains(least);
  const json::value* high = schema.if_contains(most);
  if (low != nullptr && size < low->to_number<double>()) add("is below " + std::string(least));
  if (high != nullptr && size > high->to_number<double>()) add("is above " + std::string(most));
}

}  // namespace

const json::value* OpenApi::resolve(const json::value& value) const {
  const auto* object = value.if_object();
  const json::value* reference = object != nullptr ? object->if_contains("$ref") : nullptr;
  if (reference == nullptr) return &value;
  if (!reference->is_string() || !text_of(*reference).starts_with("#/")) return nullptr;
  json::error_code code;
  return document_.find_pointer(text_of(*reference).substr(1), code);
}

OpenApi::Faults OpenApi::check(const json::value& value, const json::value& schema) const {
  Faults faults;
  check_value(value, schema, "", faults);
  return faults;
}

void OpenApi::check_value(const json::value& value, const json::value& schema_or_reference, const std::string& path,
                          Faults& faults) const {
  const json::value* resolved = resolve(schema_or_reference);
  const auto add = [&](const std::string& what) {
    faults.push_back((path.empty() ? "the value" : path) + " " + what + ": " + canonical_json(value));
  };
  if (resolved == nullptr) return add("has a schema that is not there");
  const json::object& schema = resolved->as_object();
  if (value.is_null() && is_true(schema, "nullable")) return;
  if (const auto* choices = schema.if_contains("anyOf")) {
    const auto fits = [&](const json::value& choice) { return check(value, choice).empty(); };
    const auto& all = choices->as_array();
    if (std::none_of(all.begin(), all.end(), fits)) add("fits none of anyOf");
    return;
  }
  const std::string_view type = text_of(schema.at("type"));
  if (!has_type(value, type)) return add("is no " + std::string(type));
  if (const auto* words = schema.if_contains("enum")) {
    const auto& all = words->as_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) add("is not in enum");
  }
  if (value.is_string()) {
    const std::string text(text_of(value));
    const auto* pattern = schema.if_contains("pattern");
    if (pattern && !std::regex_search(text, std::regex(std::string(text_of(*pattern))))) add("does not fit pattern");
    check_limits(static_cast<double>(text.size()), schema, "minLength", "maxLength", add);
  }
  if (value.is_number()) check_limits(value.to_number<double>(), schema, "minimum", "maximum", add);
  if (value.is_object()) check_object(value.get_object(), schema, path, faults);
  if (value.is_array()) check_array(value.get_array(), schema, path, faults);
}

void OpenApi::check_object(const json::object& value, const json::object& schema, const std::string& path,
                           Faults& faults) const {
  if (const auto* required = schema.if_contains("required"))
    for (const json::value& name : required->as_array())
      if (!value.contains(text_of(name))) faults.push_back(path + "." + std::string(text_of(name)) + " is missing");
  static const json::object kNone;
  const json::value* declared = schema.if_contains("properties");
  const json::object& properties = declared != nullptr ? declared->as_object() : kNone;
  const json::value& others = schema.at("additionalProperties");
  for (const auto& member : value) {
    const std::string place = path + "." + std::string(member.key());
    if (const json::value* property = properties.if_contains(member.key()))
      check_value(member.value(), *property, place, faults);
    else if (others.is_object())
      check_value(member.value(), others, place, faults);
    else if (!others.as_bool())
      faults.push_back(place + " is not in the schema");
  }
}

void OpenApi::check_array(const json::array& value, const json::object& schema, const std::string& path,
                          Faults& faults) const {
  check_limits(static_cast<double>(value.size()), schema, "minItems", "maxItems",
               [&](const std::string& what) { faults.push_back(path + " " + what); });
  for (std::size_t i = 0; i < value.size(); ++i)
    check_value(value[i], schema.at("items"), path + "[" + std::to_string(i) + "]", faults);
}

OpenApi::Faults OpenApi::check_document() const {
  Faults faults;
  check_references(document_, "", faults);
  const json::value& schemas = root().at("components").at("schemas");
  for (const auto& member : schemas.as_object()) check_schema(member.value(), std::string(member.key()), faults);
  return faults;
}

void OpenApi::check_references(const json::value& value, const std::string& path, Faults& faults) const {
  const json::value* named = resolve(value);
  if (named == nullptr) faults.push_back(path + " refers to nothing");
  // One that refers on would have to be followed by every reader.
  if (named != nullptr && named != &value && named->is_object() && named->get_object().contains("$ref"))
    faults.push_back(path + " refers to a reference");
  if (const auto* object = value.if_object())
    for (const auto& member : *object) {
      const std::string place = path + "/" + std::string(member.key());
      if (member.key() == "schema") check_schema(member.value(), place, faults);
      check_references(member.value(), place, faults);
    }
  if (const auto* array = value.if_array())
    for (const json::value& element : *array) check_references(element, path + "[]", faults);
}

void OpenApi::check_schema(const json::value& value, const std::string& path, Faults& faults) const {
  const json::object& schema = value.as_object();
  const auto add = [&](const std::string& what) { faults.push_back(path + " " + what); };
  for (const auto& member : schema)
    if (!kKeywords.contains(member.key())) add("has " + std::string(member.key()) + ", which is not checked");
  if (schema.contains("$ref")) return;
  if (const auto* choices = schema.if_contains("anyOf")) {
    for (const json::value& choice : choices->as_array()) check_schema(choice, path + "/anyOf", faults);
    return;
  }
  if (!schema.contains("type")) return add("has no type");
  const std::string_view type = text_of(schema.at("type"));
  if (type == "array") {
    if (!schema.contains("items")) return add("has no items");
    return check_schema(schema.at("items"), path + "[]", faults);
  }
  if (type != "object") return;
  const json::value* others = schema.if_contains("additionalProperties");
  if (others == nullptr) return add("does not say additionalProperties");
  if (others->is_object()) check_schema(*others, path + ".*", faults);
  static const json::object kNone;
  const json::value* declared = schema.if_contains("properties");
  const json::object& properties = declared != nullptr ? declared->as_object() : kNone;
  for (const auto& member : properties) check_schema(member.value(), path + "." + std::string(member.key()), faults);
  if (const auto* required = schema.if_contains("required"))
    for (const json::value& name : required->as_array())
      if (!properties.contains(text_of(name))) add("requires " + std::string(text_of(name)) + ", which it has not");
}

}  // namespace stellwerk::api
