#include "drill/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/json_writer.h"
#include "cli/table.h"
#include "drill/clients.h"
#include "drill/statistics.h"

namespace stellwerk::drill {
namespace {

struct Column {
  std::string_view title;
  std::string_view key;
  std::optional<double> Times::*time;
};
constexpr std::array kColumns = std::to_array<Column>({
    {"noticed", "noticed-ms", &Times::noticed},
    {"lock", "lock-ms", &Times::lock},
    {"claimed", "claimed-ms", &Times::claimed},
    {"complete", "complete-ms", &Times::complete},
    {"leads", "leads-ms", &Times::leads},
    {"first write", "first-write-ms", &Times::first_write},
    {"client", "client-ms", &Times::client},
    {"worker back", "worker-back-ms", &Times::worker_back},
});
constexpr std::size_t kNumberWidth = 6;
constexpr std::size_t kFaultWidth = 18;
constexpr std::size_t kVictimWidth = 14;
constexpr std::size_t kTimeWidth = 12;

std::string left(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size() + 1), ' ');
  return out;
}
std::string right(std::string_view text) {
  return std::string(text.size() < kTimeWidth ? kTimeWidth - text.size() : 1, ' ') + std::string(text);
}
std::string cell(std::optional<double> ms) {
  return right(ms ? short_number_of_ms(*ms) : "-");
}

std::vector<double> samples(const std::vector<RoundResult>& rounds, std::optional<double> Times::*time) {
  std::vector<double> out;
  for (const RoundResult& round : rounds)
    if (round.times.*time) out.push_back(*(round.times.*time));
  return out;
}

void write_ms(JsonWriter& json, std::string_view name, std::optional<double> ms) {
  json.key(name);
  if (!ms) {
    json.value(nullptr);
    return;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", *ms);
  json.raw(text.data());
}

void write_round(JsonWriter& json, const RoundResult& round) {
  json.begin_object().member("round", round.number).member("fault", info_of(round.fault).name);
  json.member("victim", round.victim).member("epoch", round.epoch);
  for (const Column& column : kColumns) write_ms(json, column.key, round.times.*column.time);
  json.member("trouble", round.trouble).end_object();
}

void write_summary(JsonWriter& json, const std::vector<RoundResult>& rounds) {
  json.key("summary").begin_object();
  for (const Column& column : kColumns) {
    const auto summary = summarize(samples(rounds, column.time));
    if (!summary) continue;
    json.key(column.key).begin_object().member("count", summary->count);
    write_ms(json, "min", summary->least);
    write_ms(json, "median", summary->median);
    write_ms(json, "p99", summary->p99);
    write_ms(json, "max", summary->most);
    json.end_object();
  }
  json.end_object();
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

}  // namespace

std::size_t Story::troubled() const {
  return static_cast<std::size_t>(
      std::count_if(rounds.begin(), rounds.end(), [](const RoundResult& each) { return !each.trouble.empty(); }));
}

std::string render_header() {
  std::string out = left("round", kNumberWidth) + left("fault", kFaultWidth) + left("victim", kVictimWidth);
  for (const Column& column : kColumns) out += right(column.title);
  return out + "\n";
}

std::string render_round(const RoundResult& round) {
  std::string out = left(std::to_string(round.number), kNumberWidth) + left(info_of(round.fault).name, kFaultWidth) +
                    left(round.victim, kVictimWidth);
  for (const Column& column : kColumns) out += cell(round.times.*column.time);
  out += "\n";
  if (!round.trouble.empty()) out += "      " + round.trouble + "\n";
  return out;
}

std::string render_summary(const std::vector<RoundResult>& rounds) {
  const auto line = [&](std::string_view name, double Summary::*figure) {
    std::string out = left(name, kNumberWidth + kFaultWidth + kVictimWidth);
    for (const Column& column : kColumns) {
      const auto summary = summarize(samples(rounds, column.time));
      out += cell(summary ? std::optional((*summary).*figure) : std::nullopt);
    }
    return out + "\n";
  };
  return line("minimum", &Summary::least) + line("median", &Summary::median) + line("99th percentile", &Summary::p99) +
         line("maximum", &Summary::most) + "All in ms since the fault.\n";
}

std::string render_times(const std::vector<RoundResult>& rounds, std::size_t columns) {
  constexpr std::size_t kRangeWidth = 34;
  const std::size_t blocks = columns > kRangeWidth + 10 ? std::min<std::size_t>(columns - kRangeWidth, 60) : 10;
  std::string out;
  if (const auto leads = samples(rounds, &Times::leads); !leads.empty())
    out += "\nUntil somebody led again:\n" + render_chart(leads, blocks);
  if (const auto wrote = samples(rounds, &Times::client); !wrote.empty())
    out += "\nUntil a client had a write acknowledged:\n" + render_chart(wrote, blocks);
  return out;
}

std::string render_verdict(const Story& story) {
  const history::Verdict& verdict = story.verdict;
  std::string out =
      plural(verdict.acknowledged, "job was", "jobs were") + " acknowledged, " +
      plural(verdict.canceled, "cancel", "cancels") + ", " + plural(verdict.reads, "read", "reads") + "; " +
      std::to_string(verdict.refused) + " times \"nothing happened\", " + std::to_string(verdict.unknowns) +
      " times unknown; " + plural(verdict.once, "attempt", "attempts") + " of an at-most-one task" +
      (story.once_unreadable > 0 ? " (" + plural(story.once_unreadable, "line", "lines") + " of its log cannot be read)"
                                 : "") +
      ".\n";
  if (story.cut_short)
    out += "After " + plural(story.rounds.size(), "round", "rounds") + " the history was full (" +
           std::to_string(kCallsMax) + " calls): no more were done. Fewer --clients make room for more.\n";
  for (const std::string& unknown : verdict.unknown) out += "  unknown: " + unknown + "\n";
  if (verdict.unknowns > verdict.unknown.size())
    out += "  and " + std::to_string(verdict.unknowns - verdict.unknown.size()) + " more\n";
  for (const history::Violation& violation : verdict.violations)
    out += "VIOLATION of \"" + std::string(violation.rule) + "\": " + violation.text + "\n";
  if (verdict.violated > verdict.violations.size())
    out += "and " + std::to_string(verdict.violated - verdict.violations.size()) + " more violations\n";
  if (story.troubled() > 0)
    out += "FAILED: in " + plural(story.troubled(), "round", "rounds") + " something did not come back.\n";
  if (!story.trouble.empty()) out += "FAILED: " + story.trouble + ".\n";
  if (story.sound()) return out + "No violation. Seed " + std::to_string(story.seed) + ".\n";
  return out + "Again with: --seed " + std::to_string(story.seed) +
         (story.folder.empty() ? "" : "; logs, storage and history are in " + story.folder) + "\n";
}

std::string render_json(const Story& story) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("fault", story.fault).member("seed", story.seed);
  json.member("coordination", story.coordination).member("folder", story.folder);
  json.member("sound", story.sound())
      .member("trouble", story.trouble)
      .member("cut-short", story.cut_short)
      .key("rounds")
      .begin_array();
  for (const RoundResult& round : story.rounds) write_round(json, round);
  json.end_array();
  write_summary(json, story.rounds);
  const history::Verdict& verdict = story.verdict;
  json.key("history").begin_object().member("acknowledged", verdict.acknowledged);
  json.member("canceled", verdict.canceled).member("reads", verdict.reads).member("nothing", verdict.refused);
  json.member("unknown", verdict.unknowns).member("at-most-one-attempts", verdict.once);
  json.member("violations", verdict.violated).end_object();
  json.key("violations").begin_array();
  for (const history::Violation& each : verdict.violations)
    json.begin_object().member("rule", each.rule).member("text", each.text).end_object();
  json.end_array().key("unknown").begin_array();
  for (const std::string& each : verdict.unknown) json.value(each);
  json.end_array().end_object();
  return out + "\n";
}

std::string render_faults(bool colour) {
  using cli::Colour;
  std::vector<std::vector<cli::Cell>> rows{
      {{"FAULT", Colour::bold}, {"WHAT IT DOES", Colour::bold}, {"WHAT FOLLOWS", Colour::bold}}};
  for (const FaultInfo& info : all_faults())
    rows.push_back({{std::string(info.name)}, {std::string(info.does)}, {std::string(info.follows)}});
  rows.push_back({{"mixed"}, {"all of them at random, by a seed"}, {"each as above"}});
  return cli::render_table(rows, colour);
}

}  // namespace stellwerk::drill
