#include "cli/master_survey.h"

#include <algorithm>

#include "base/text.h"
#include "cli/client_config.h"
#include "cli/conversation.h"
#include "cli/table.h"
#include "http/error_text.h"
#include "http/message.h"

namespace stellwerk::cli {
namespace {

MasterRow read_row(const http::Endpoint& from, const Answer& answer) {
  MasterRow row{.url = from.url()};
  if (!answer) {
    row.fault = escaped(answer.error().text, http::kErrorBytesMax);
  } else if (answer->status != 200) {
    row.fault = http::error_text(*answer);
  } else if (auto status = read_status(answer->body)) {
    row.answer = std::move(*status);
    if (!row.answer->rest.empty()) row.url = row.answer->rest;
  } else {
    row.fault = "does not answer as a master: " + escaped(status.error().text, http::kErrorBytesMax);
  }
  return row;
}

class Survey {
 public:
  explicit Survey(Host& host) : host_(host) {}

  void want(const http::Endpoint& master) {
    if (seen_.size() >= kMastersMax || std::find(seen_.begin(), seen_.end(), master) != seen_.end()) return;
    seen_.push_back(master);
    next_.push_back(master);
  }

  void ask(Milliseconds deadline) {
    std::vector<Question> questions;
    for (const http::Endpoint& master : next_)
      questions.push_back({.to = master, .request = {.target = "/status"}, .deadline = deadline});
    const std::vector<http::Endpoint> asked = std::move(next_);
    next_.clear();
    const std::vector<Answer> answers = host_.ask(std::move(questions));
    for (std::size_t i = 0; i < asked.size(); ++i) take(read_row(asked[i], answers[i]));
  }

  bool done() const { return next_.empty(); }
  std::vector<MasterRow> rows() && { return std::move(rows_); }

 private:
  /// One master may have several names: a load balancer's, localhost, its own.
  void take(MasterRow row) {
    if (!row.answer) {
      rows_.push_back(std::move(row));
      return;
    }
    const std::string id = row.answer->id;
    learn(row.url);
    learn(row.answer->leader_rest);
    for (const std::string& url : row.answer->masters) learn(url);
    const auto same = std::find_if(rows_.begin(), rows_.end(),
                                   [&](const MasterRow& known) { return known.answer && known.answer->id == id; });
    if (same == rows_.end()) rows_.push_back(std::move(row));
  }

  void learn(const std::string& url) {
    if (const auto endpoint = http::parse_endpoint(url, "a master's REST URL")) want(*endpoint);
  }

  Host& host_;
  std::vector<http::Endpoint> seen_;
  std::vector<http::Endpoint> next_;
  std::vector<MasterRow> rows_;
};

std::string role_text(const MasterAnswer& answer) {
  return answer.role == "leader" && !answer.acting ? "leader (suspended)" : answer.role;
}

Colour role_colour(const MasterAnswer& answer) {
  if (answer.role == "leader") return answer.acting ? Colour::green : Colour::yellow;
  return answer.role == "follower" ? Colour::none : Colour::yellow;
}

std::vector<Cell> cells(const MasterRow& row, const LocalTime& local_time) {
  if (!row.answer)
    return {{row.url, Colour::none}, {"unreachable", Colour::red}, {}, {}, {}, {}, {row.fault, Colour::red}, {}};
  const MasterAnswer& answer = *row.answer;
  const bool leads = answer.role == "leader" && answer.leader_since_ms > 0;
  const std::string eligible = answer.eligible                  ? "yes"
                               : answer.eligible_reason.empty() ? "no"
                                                                : "no: " + answer.eligible_reason;
  return {{row.url, Colour::none},
          {role_text(answer), role_colour(answer)},
          {leads ? iso_time(local_time(answer.leader_since_ms)) : "", Colour::none},
          {answer.epoch > 0 ? std::to_string(answer.epoch) : "", Colour::none},
          {answer.position, Colour::none},
          {answer.lag_ms ? short_duration(*answer.lag_ms) : "", Colour::none},
          {eligible, answer.eligible ? Colour::none : Colour::yellow},
          {answer.version, Colour::none}};
}

}  // namespace

std::vector<MasterRow> survey(Host& host, const std::vector<http::Endpoint>& masters) {
  Survey survey(host);
  for (const http::Endpoint& master : masters) survey.want(master);
  const Milliseconds until = host.now() + kStatusDeadline;
  for (int round = 1; round <= kSurveyRounds && !survey.done(); ++round) {
    const Milliseconds left = until - host.now();
    if (left <= Milliseconds(0)) break;
    survey.ask(round < kSurveyRounds ? std::max(left * 2 / 3, Milliseconds(1)) : left);
  }
  return std::move(survey).rows();
}

const MasterRow* find_leader(const std::vector<MasterRow>& rows) {
  const MasterRow* leader = nullptr;
  // Of two that believe so, which a partition can bring about, the higher epoch is right.
  for (const MasterRow& row : rows)
    if (row.answer && row.answer->role == "leader" && row.answer->acting &&
        (leader == nullptr || leader->answer->epoch < row.answer->epoch))
      leader = &row;
  return leader;
}

std::string render_status(const std::vector<MasterRow>& rows, bool colour, const LocalTime& local_time) {
  std::vector<std::vector<Cell>> table;
  std::vector<Cell> header;
  for (const char* title : {"URL", "ROLE", "LEADS SINCE", "EPOCH", "POSITION", "LAG", "ELIGIBLE", "VERSION"})
    header.push_back({title, Colour::bold});
  table.push_back(std::move(header));
  for (const MasterRow& row : rows) table.push_back(cells(row, local_time));
  return render_table(table, colour);
}

std::string render_status_json(const std::vector<MasterRow>& rows) {
  std::string out;
  for (const MasterRow& row : rows) {
    if (!out.empty()) out += ",\n ";
    out += "{\"url\":\"" + http::json_escape(row.url) + "\",";
    out += row.answer ? "\"status\":" + row.answer->json : "\"error\":\"" + http::json_escape(row.fault) + '"';
    out += '}';
  }
  return '[' + out + "]\n";
}

}  // namespace stellwerk::cli
