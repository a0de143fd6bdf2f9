#include "model/checkpoint.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/json.h"
#include "base/json_writer.h"
#include "model/job.h"
#include "model/versioned.h"

namespace stellwerk::model {
namespace {

constexpr std::size_t kSubtaskMembers = 6;

void write_subtask(JsonWriter& out, const SubtaskCheckpoint& each) {
  out.begin_array().value(each.task.vertex).value(each.task.subtask).value(each.attempt);
  out.value(each.at_ms).value(each.size).value(each.handle).end_array();
}

/// [vertex, subtask, attempt, at, size, handle]
std::optional<SubtaskCheckpoint> read_subtask(const json::value& value) {
  const json::array* const members = value.if_array();
  if (members == nullptr || members->size() != kSubtaskMembers || !members->back().is_string()) return std::nullopt;
  std::array<std::int64_t, kSubtaskMembers - 1> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::int64_t* const number = (*members)[i].if_int64();
    if (number == nullptr || *number < 0) return std::nullopt;
    numbers[i] = *number;
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (numbers[0] > kMost || numbers[1] > kMost || numbers[2] > kMost) return std::nullopt;
  SubtaskCheckpoint out;
  out.task = {static_cast<std::int32_t>(numbers[0]), static_cast<std::int32_t>(numbers[1])};
  out.attempt = static_cast<std::int32_t>(numbers[2]);
  out.at_ms = numbers[3];
  out.size = numbers[4];
  out.handle = std::string(members->back().get_string());
  return out;
}

template <class List>
void write_list(JsonWriter& out, std::string_view name, const List& list) {
  if (list.empty()) return;
  out.key(name).begin_array();
  for (const auto& each : list) out.value(each);
  out.end_array();
}

std::vector<std::string> read_texts(JsonFields& fields, std::string_view name) {
  std::vector<std::string> out;
  if (!fields.has(name)) return out;
  for (const auto& each : fields.array(name)) {
    if (const json::string* const text = each.if_string())
      out.emplace_back(*text);
    else
      fields.fail(name, "a list of texts");
  }
  return out;
}

std::vector<std::int64_t> read_numbers(JsonFields& fields, std::string_view name) {
  std::vector<std::int64_t> out;
  if (!fields.has(name)) return out;
  for (const auto& each : fields.array(name)) {
    const std::int64_t* const number = each.if_int64();
    if (number == nullptr || *number < 1 || (!out.empty() && *number <= out.back()))
      fields.fail(name, "a list of numbers that grow");
    else
      out.push_back(*number);
  }
  return out;
}

void write_summary(JsonWriter& out, const CheckpointSummary& each) {
  out.begin_object().member("acknowledged", each.acknowledged).member("begun", each.begun_ms);
  if (!each.completed()) out.member("cause", each.cause);
  out.member("ended", each.ended_ms).member("n", each.number).member("size", each.size);
  out.member("subtasks", each.subtasks).end_object();
}

CheckpointSummary read_summary(JsonFields& fields) {
  fields.only({"acknowledged", "begun", "cause", "ended", "n", "size", "subtasks"});
  CheckpointSummary out;
  out.number = fields.integer("n");
  out.begun_ms = fields.integer("begun");
  out.ended_ms = fields.integer("ended");
  out.subtasks = fields.integer("subtasks");
  out.acknowledged = fields.integer("acknowledged");
  out.size = fields.integer("size");
  out.cause = fields.string_or("cause", {});
  return out;
}

std::optional<CheckpointBook::Pending> read_pending(JsonFields& fields) {
  if (!fields.has("pending")) return std::nullopt;
  JsonFields members(fields.object("pending"), "a pending checkpoint");
  members.only({"begun", "n", "subtasks", "triggers"});
  CheckpointBook::Pending out;
  out.number = members.integer("n");
  out.begun_ms = members.integer("begun");
  out.subtasks = members.integer("subtasks");
  out.triggers = read_texts(members, "triggers");
  fields.only_in(members);
  if (!members.ok()) fields.fail("pending", "sound: " + members.error().text);
  return out;
}

}  // namespace

std::string checkpoint_cause(std::string text) {
  if (text.size() <= kCheckpointCauseBytesMax) return text;
  std::size_t cut = kCheckpointCauseBytesMax;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  text.resize(cut);
  return text;
}

const SubtaskCheckpoint* Checkpoint::find(TaskRef task) const {
  const auto at = std::lower_bound(subtasks.begin(), subtasks.end(), task,
                                   [](const SubtaskCheckpoint& each, TaskRef wanted) { return each.task < wanted; });
  return at != subtasks.end() && at->task == task ? &*at : nullptr;
}

std::int64_t Checkpoint::size() const {
  std::int64_t sum = 0;
  for (const auto& each : subtasks)
    sum = each.size > std::numeric_limits<std::int64_t>::max() - sum ? std::numeric_limits<std::int64_t>::max()
                                                                     : sum + each.size;
  return sum;
}

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("begun", checkpoint.begun_ms).member("ended", checkpoint.ended_ms);
  out.member("n", checkpoint.number).key("tasks").begin_array();
  for (const auto& each : checkpoint.subtasks) write_subtask(out, each);
  out.end_array().member("v", kJobSchema).end_object();
  return text;
}

Result<Checkpoint> decode_checkpoint(std::string_view text) {
  constexpr const char* kWhat = "a checkpoint";
  auto value = parse_versioned(text, kWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, kWhat);
  Checkpoint out;
  out.number = fields.integer("n");
  out.begun_ms = fields.integer("begun");
  out.ended_ms = fields.integer("ended");
  for (const auto& each : fields.array("tasks")) {
    auto subtask = read_subtask(each);
    if (!subtask || (!out.subtasks.empty() && subtask->task <= out.subtasks.back().task)) {
      fields.fail("tasks", "a list of [vertex, subtask, attempt, at, size, handle], in their order");
      break;
    }
    out.subtasks.push_back(std::move(*subtask));
  }
  if (!fields.ok()) return fields.error();
  return out;
}

std::size_t encoded_bytes(const SubtaskCheckpoint& subtask) {
  std::string text;
  JsonWriter out(text);
  write_subtask(out, subtask);
  return text.size() + 1;  // and a comma
}

void CheckpointBook::remember(CheckpointSummary summary) {
  summary.cause = checkpoint_cause(std::move(summary.cause));
  if (history.size() >= kCheckpointHistoryMax) history.erase(history.begin());
  history.push_back(std::move(summary));
}

std::string encode_checkpoint_book(const CheckpointBook& book) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_list(out, "asked", book.asked);
  out.member("completed", book.completed).member("failed", book.failed).member("failed-in-row", book.failed_in_row);
  out.key("history").begin_array();
  for (const auto& each : book.history) write_summary(out, each);
  out.end_array().member("last", book.last);
  if (book.pending) {
    out.key("pending").begin_object().member("begun", book.pending->begun_ms).member("n", book.pending->number);
    out.member("subtasks", book.pending->subtasks);
    write_list(out, "triggers", book.pending->triggers);
    out.end_object();
  }
  if (book.restored != 0) {
    out.member("restored", book.restored).member("restored-at", book.restored_ms);
    out.member("restores", book.restores);
  }
  write_list(out, "retained", book.retained);
  out.member("v", kJobSchema).end_object();
  return text;
}

Result<CheckpointBook> decode_checkpoint_book(std::string_view text) {
  constexpr const char* kWhat = "a job's checkpointing";
  auto value = parse_versioned(text, kWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, kWhat);
  fields.only({"asked", "completed", "failed", "failed-in-row", "history", "last", "pending", "restored", "restored-at",
               "restores", "retained", "v"});
  CheckpointBook out;
  out.last = fields.integer("last");
  out.pending = read_pending(fields);
  out.asked = read_texts(fields, "asked");
  out.completed = fields.integer("completed");
  out.failed = fields.integer("failed");
  const std::int64_t row = fields.integer("failed-in-row");
  if (row < 0 || row > std::numeric_limits<std::int32_t>::max()) fields.fail("failed-in-row", "a number from 0");
  out.failed_in_row = static_cast<std::int32_t>(row);
  for (const auto& each : fields.array("history")) {
    JsonFields summary(each, "an ended checkpoint");
    out.history.push_back(read_summary(summary));
    fields.only_in(summary);
    if (!summary.ok()) fields.fail("history", "sound: " + summary.error().text);
  }
  out.retained = read_numbers(fields, "retained");
  out.restores = fields.integer_or("restores", 0);
  out.restored = fields.integer_or("restored", 0);
  out.restored_ms = fields.integer_or("restored-at", 0);
  if (out.last < 0 || (out.pending && out.pending->number > out.last) || out.newest() > out.last)
    fields.fail("last", "the highest number of all");
  if (!fields.ok()) return fields.error();
  return out;
}

std::string encode_trigger(const CheckpointTrigger& trigger) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("at", trigger.at_ms);
  if (!trigger.cause.empty()) out.member("cause", trigger.cause);
  if (trigger.checkpoint != 0) out.member("checkpoint", trigger.checkpoint);
  out.member("job", trigger.job.text()).member("v", kJobSchema).end_object();
  return text;
}

Result<CheckpointTrigger> decode_trigger(std::string_view text) {
  constexpr const char* kWhat = "a trigger";
  auto value = parse_versioned(text, kWhat);
  if (value.has_error()) return value.error();
  JsonFields fields(*value, kWhat);
  fields.only({"at", "cause", "checkpoint", "job", "v"});
  CheckpointTrigger out;
  const auto job = JobId::parse(fields.string("job"));
  if (job.has_value())
    out.job = *job;
  else
    fields.fail("job", "a job id");
  out.at_ms = fields.integer("at");
  out.checkpoint = fields.integer_or("checkpoint", 0);
  out.cause = fields.string_or("cause", {});
  if (!fields.ok()) return fields.error();
  return out;
}

bool is_trigger_id(std::string_view text) noexcept {
  constexpr std::size_t kDigits = 32;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace stellwerk::model
