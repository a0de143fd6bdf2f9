/// The messages about tasks as JSON members. Internal to this folder.
#pragma once

#include "base/json_writer.h"
#include "link/message_fields.h"
#include "link/task_message.h"

namespace stellwerk::link {

void write(JsonWriter& out, const StartTask& start);
void write(JsonWriter& out, const Peers& peers);
void write(JsonWriter& out, const StopTask& stop);
void write(JsonWriter& out, const Acknowledge& acknowledge);
void write(JsonWriter& out, const TaskReport& report);
void write(JsonWriter& out, const TaskEnded& ended);
void write(JsonWriter& out, const AttemptUsage& used);

void read(MessageFields& fields, StartTask& start);
void read(MessageFields& fields, Peers& peers);
void read(MessageFields& fields, StopTask& stop);
void read(MessageFields& fields, Acknowledge& acknowledge);
void read(MessageFields& fields, TaskReport& report);
void read(MessageFields& fields, TaskEnded& ended);
void read(MessageFields& fields, AttemptUsage& used);

}  // namespace stellwerk::link
