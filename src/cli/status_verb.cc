#include <algorithm>
#include <ostream>

#include "cli/client_config.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/master_survey.h"
#include "cli/verbs.h"

namespace stellwerk::cli {

int show_status(const StatusArguments& arguments, Host& host) {
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const std::vector<MasterRow> rows = survey(host, config->masters);
  if (arguments.client.json)
    host.out() << render_status_json(rows);
  else
    host.out() << render_status(rows, host.colour(), [&host](WallMs at) { return host.local_time(at); });
  host.out() << std::flush;
  if (find_leader(rows) != nullptr) return kExitDone;
  const bool reached = std::any_of(rows.begin(), rows.end(), [](const MasterRow& row) { return row.answer; });
  return fail(host, kExitNoLeader, reached ? "Nobody leads" : "No master answers");
}

}  // namespace stellwerk::cli
