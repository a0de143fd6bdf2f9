#include "guard/message.h"

#include <algorithm>

#include "guard/bytes.h"

namespace stellwerk::guard {
namespace {

enum class Kind : char { settings = 1, session = 2, place = 3, beat = 4, farewell = 5, wires = 6, log = 7 };

constexpr std::uint64_t kDayMs = 24ULL * 3600 * 1000;

std::string encode(const Settings& settings) {
  Writer out(static_cast<char>(Kind::settings));
  out.number(static_cast<std::uint64_t>(settings.lock));
  out.number(static_cast<std::uint64_t>(settings.stall_timeout.count()));
  return out.take();
}

std::string encode(const Session& session) {
  Writer out(static_cast<char>(Kind::session));
  out.number(session.servers.size());
  for (const auto& server : session.servers) out.text(server);
  out.text(session.digest);
  out.number(static_cast<std::uint64_t>(session.id));
  out.bytes({session.password.data(), session.password.size()});
  out.number(static_cast<std::uint64_t>(session.timeout.count()));
  return out.take();
}

std::string encode(const Place& place) {
  Writer out(static_cast<char>(Kind::place));
  out.text(place.candidate);
  out.text(place.lock);
  return out.take();
}

std::string encode(const Wires&) {
  return Writer(static_cast<char>(Kind::wires)).take();
}
std::string encode(const Log& log) {
  Writer out(static_cast<char>(Kind::log));
  out.number(log.json ? 1 : 0);
  return out.take();
}
std::string encode(const Beat&) {
  return Writer(static_cast<char>(Kind::beat)).take();
}
std::string encode(const Farewell&) {
  return Writer(static_cast<char>(Kind::farewell)).take();
}

Settings read_settings(Reader& in) {
  Settings settings;
  settings.lock = static_cast<Settings::Lock>(in.number(2));
  settings.stall_timeout = std::chrono::milliseconds(in.number(kDayMs));
  return settings;
}

Session read_session(Reader& in) {
  Session session;
  const std::uint64_t servers = in.number(kServersMax);
  for (std::uint64_t i = 0; i < servers; ++i) session.servers.push_back(in.text());
  session.digest = in.text();
  session.id = static_cast<std::int64_t>(in.number(UINT64_MAX));
  const std::string_view password = in.bytes(session.password.size());
  std::copy(password.begin(), password.end(), session.password.begin());
  session.timeout = std::chrono::milliseconds(in.number(kDayMs));
  return session;
}

Place read_place(Reader& in) {
  Place place;
  place.candidate = in.text();
  place.lock = in.text();
  return place;
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit([](const auto& each) { return encode(each); }, message);
}

Result<Message> decode(std::string_view bytes) {
  if (const auto why = fault_of(bytes)) return damaged(*why);
  Reader in(bytes.substr(2));
  Message message;
  switch (static_cast<Kind>(bytes[1])) {
    case Kind::settings: message = read_settings(in); break;
    case Kind::session: message = read_session(in); break;
    case Kind::place: message = read_place(in); break;
    case Kind::wires: message = Wires{}; break;
    case Kind::log: message = Log{in.number(1) == 1}; break;
    case Kind::beat: message = Beat{}; break;
    case Kind::farewell: message = Farewell{}; break;
    default: return damaged("its kind");
  }
  const auto* settings = std::get_if<Settings>(&message);
  const bool known =
      settings == nullptr || settings->lock == Settings::Lock::session || settings->lock == Settings::Lock::kernel;
  if (!in.done() || !known) return damaged("its fields");
  return message;
}

}  // namespace stellwerk::guard
