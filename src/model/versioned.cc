#include "model/versioned.h"

#include <string>

#include "model/job.h"

namespace stellwerk::model {

Result<json::value> parse_versioned(std::string_view text, std::string_view what) {
  auto value = parse_json(text, what);
  if (value.has_error()) return value;
  JsonFields fields(*value, std::string(what));
  const std::int64_t version = fields.integer("v");
  if (!fields.ok()) return fields.error();
  if (version > kJobSchema)
    return make_error(Errc::not_supported,
                      std::string(what) + " was written by a newer version (schema " + std::to_string(version) + ")");
  return value;
}

}  // namespace stellwerk::model
