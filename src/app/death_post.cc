#include "app/death_post.h"

#include <utility>

namespace stellwerk::app {
namespace {

constexpr unsigned kNoSuchWord = 400;
constexpr unsigned kNoSuchTarget = 404;

unsigned status_of(master::DeathAnswer::Kind kind) {
  switch (kind) {
    case master::DeathAnswer::Kind::settled: return 200;
    case master::DeathAnswer::Kind::taken: return 202;
    case master::DeathAnswer::Kind::unknown: return 404;
    case master::DeathAnswer::Kind::refused: return 409;
    case master::DeathAnswer::Kind::elsewhere: return 503;
  }
  return 503;
}

}  // namespace

websocket::PostAnswer answer_of(const master::DeathAnswer& answer) {
  return {status_of(answer.kind), answer.text};
}

void take_post(const websocket::Post& post,
               const std::function<void(link::Death, std::function<void(master::DeathAnswer)>)>& hear,
               std::function<void(websocket::PostAnswer)> answer) {
  if (post.target != link::kDeathTarget)
    return answer({kNoSuchTarget, "Nothing is posted here but to " + std::string(link::kDeathTarget)});
  auto death = link::decode_death(post.body);
  if (death.has_error()) return answer({kNoSuchWord, death.error().text});
  hear(std::move(*death), [answer = std::move(answer)](const master::DeathAnswer& heard) { answer(answer_of(heard)); });
}

}  // namespace stellwerk::app
