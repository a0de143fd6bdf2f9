#include "leadership/zk_client.h"

namespace stellwerk::leadership {

const char* to_string(ZkCode code) noexcept {
  switch (code) {
    case ZkCode::ok: return "ok";
    case ZkCode::no_node: return "no node";
    case ZkCode::node_exists: return "node exists";
    case ZkCode::bad_version: return "bad version";
    case ZkCode::not_empty: return "not empty";
    case ZkCode::no_auth: return "no permission";
    case ZkCode::unknown: return "connection lost, outcome unknown";
    case ZkCode::not_sent: return "not sent, no connection";
    case ZkCode::expired: return "session expired";
    case ZkCode::bad_argument: return "bad argument";
  }
  return "?";
}

}  // namespace stellwerk::leadership
