/// Any bytes as a line that a process says on its control channel.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "worker/control_words.h"
#include "worker/tasks.h"

namespace {

namespace worker = stellwerk::worker;

/// A running task hears it: whatever is noted can be shown.
void hear(std::string_view line) {
  worker::Tasks tasks{worker::TaskOptions{}};
  stellwerk::link::StartTask start;
  start.attempt.job = *stellwerk::JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e");
  start.vertex = "v";
  start.command = {"x"};
  const auto attempt = start.attempt;
  tasks.take({}, 1, start);
  tasks.handle({}, stellwerk::worker::event::Prepared{1, std::map<std::string, std::int64_t>{{"in", 1}}});
  tasks.handle({}, stellwerk::worker::event::Launched{1, {}, 7});
  tasks.take({}, stellwerk::link::TakeCheckpoint{7, {attempt}});
  tasks.take_effects();
  tasks.handle({}, stellwerk::worker::event::Line{1, std::string(line)});
  for (const auto& effect : tasks.take_effects())
    if (const auto* const note = std::get_if<worker::effect::Note>(&effect))
      if (!stellwerk::is_printable_text(note->text)) __builtin_trap();
  for (const auto& message : tasks.take_messages())
    if (stellwerk::link::decode(stellwerk::link::encode(message)).has_error()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto word = worker::parse_control_line(line);
  if (word.has_error() && (word.error().text.empty() || !stellwerk::is_printable_text(word.error().text)))
    __builtin_trap();
  hear(line);
  return 0;
}
