/// What workers' guards post to a master's port for workers, and what they are answered.
#pragma once

#include <functional>

#include "master/protocol.h"
#include "websocket/listener.h"

namespace stellwerk::app {

/// 200: settled. 202: taken, to be said again. 400: no such word. 404: another target, or no such worker is known.
/// 409: another cluster. 503: this master does not lead now.
websocket::PostAnswer answer_of(const master::DeathAnswer& answer);

/// `hear` asks the master; `answer` is called once, perhaps from inside.
void take_post(const websocket::Post& post,
               const std::function<void(link::Death, std::function<void(master::DeathAnswer)>)>& hear,
               std::function<void(websocket::PostAnswer)> answer);

}  // namespace stellwerk::app
