#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "cli/answers.h"
#include "cli/exit_codes.h"
#include "cli/processes.h"
#include "cli/spec_file.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "http/message.h"

namespace stellwerk::cli {
namespace {

/// For one answer of a master on this machine.
constexpr Milliseconds kDeadline = std::chrono::seconds(1);

struct Line {
  Process process;
  std::string url;
  std::string role;  ///< "unknown" when a master does not answer
};

/// Asks whatever masters listen on, all at once; who answers with its own pid is the one.
void ask_roles(std::vector<Line>& lines, Host& host) {
  std::vector<Question> questions;
  std::vector<Line*> askers;
  for (Line& line : lines) {
    if (!line.process.master) continue;
    line.role = "unknown";
    for (http::Endpoint& at : listening(host.process_directory(), line.process.pid)) {
      questions.push_back({.to = std::move(at), .request = {.target = "/status"}, .deadline = kDeadline});
      askers.push_back(&line);
    }
  }
  if (questions.empty()) return;
  const std::vector<Answer> answers = host.ask(std::move(questions));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i] || answers[i]->status != 200) continue;
    const auto status = read_status(answers[i]->body);
    if (!status || status->pid != askers[i]->process.pid) continue;
    askers[i]->url = status->rest;
    askers[i]->role = status->role;
  }
}

std::string render(const std::vector<Line>& lines, bool colour) {
  std::vector<std::vector<Cell>> rows{{{"PID", Colour::bold},
                                       {"ENTRY POINT", Colour::bold},
                                       {"URL", Colour::bold},
                                       {"ROLE", Colour::bold},
                                       {"CONFIGURATION", Colour::bold}}};
  for (const Line& line : lines)
    rows.push_back({{std::to_string(line.process.pid)},
                    {line.process.entry_point},
                    {line.url},
                    {line.role, line.role == "leader" ? Colour::green : Colour::none},
                    {escaped(line.process.configuration, kPathShownMax)}});
  return render_table(rows, colour);
}

std::string render_json(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines)
    out += (out.empty() ? "{\"pid\":" : ",\n {\"pid\":") + std::to_string(line.process.pid) + ",\"entry-point\":\"" +
           http::json_escape(line.process.entry_point) + "\",\"url\":\"" + http::json_escape(line.url) +
           "\",\"role\":\"" + http::json_escape(line.role) + "\",\"configuration\":\"" +
           http::json_escape(line.process.configuration) + "\"}";
  return '[' + out + "]\n";
}

}  // namespace

int list_processes(const PsArguments& arguments, Host& host) {
  std::vector<Line> lines;
  for (Process& process : find_processes(host.process_directory())) lines.push_back({std::move(process), "", ""});
  ask_roles(lines, host);
  if (arguments.json)
    host.out() << render_json(lines);
  else if (lines.empty())
    host.out() << "No daemons on this machine.\n";
  else
    host.out() << render(lines, host.colour());
  return kExitDone;
}

}  // namespace stellwerk::cli
