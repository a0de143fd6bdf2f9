#include "worker/worker_ports.h"

#include "base/json.h"
#include "base/text.h"
#include "link/message.h"

namespace stellwerk::worker {
namespace {

bool add_port(const json::value* of, std::vector<std::string>& into) {
  const json::object* const object = of == nullptr ? nullptr : of->if_object();
  const json::value* const rpc = object == nullptr ? nullptr : object->if_contains("rpc");
  const json::string* const text = rpc == nullptr ? nullptr : rpc->if_string();
  if (text == nullptr || text->empty() || text->size() > link::kTextBytesMax) return false;
  if (!is_printable_text(std::string_view(*text))) return false;
  into.emplace_back(*text);
  return true;
}

}  // namespace

Result<WorkerPorts> read_worker_ports(std::string_view status) {
  const auto value = parse_json(status, "its /status");
  if (!value) return value.error();
  JsonFields fields(*value, "its /status");
  fields.string("role");
  if (!fields.ok()) return fields.error();
  WorkerPorts ports;
  ports.leader = add_port(fields.find("leader"), ports.masters);
  add_port(&*value, ports.masters);
  if (const json::value* const list = fields.find("masters"); list != nullptr && list->is_array())
    for (const json::value& each : list->get_array()) add_port(&each, ports.masters);
  return ports;
}

}  // namespace stellwerk::worker
