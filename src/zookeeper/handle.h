/// One handle of ZooKeeper's single-threaded C library, with its traps behind a small surface.
///
/// The library is a guest that opens, closes and reopens its socket inside any call. So the owner stops
/// watching fd() before every call that is made here, and watches again what interest() returns.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct _zhandle;

namespace stellwerk::zookeeper {

/// Use on one thread. Everything that the library calls back (completions, watches, log lines) comes
/// from inside a call that is made here, the destructor included: those who are called only take notes.
class Handle {
 public:
  /// `type` as in the C library: ZOO_DELETED_EVENT and so on, never ZOO_SESSION_EVENT.
  using OnWatch = std::function<void(std::uint64_t watch, int type)>;
  using OnLog = std::function<void(std::string_view line)>;

  /// What the library waits for.
  struct Interest {
    int fd = -1;  ///< -1: there is no connection, now or any more; failure() says why
    bool read = false;
    bool write = false;
    Duration wait{};  ///< call interest() again at the latest after this time
  };

  /// A session that exists already, to be attached to.
  struct Existing {
    std::int64_t id = 0;
    std::string password;  ///< 16 bytes
  };

  /// `server` is "address:port" in numbers. `auth` is a digest, "user:password", or empty.
  /// Null if the library refuses (no memory, `server` is no address).
  static std::unique_ptr<Handle> open(const std::string& server, Duration session_timeout, const std::string& auth,
                                      OnWatch on_watch, OnLog on_log,
                                      const std::optional<Existing>& existing = std::nullopt);
  /// Never blocks. The session stays until its timeout, unless request_close() was answered before.
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool has_socket() const;  ///< connecting or connected
  bool connected() const;   ///< a session is attached: requests may be made
  bool read_only() const;   ///< attached to a server that takes no writes, which we never ask for
  bool expired() const;     ///< a server said that the session is over
  bool auth_failed() const;
  int fd() const { return has_socket() ? fd_ : -1; }
  bool fd_readable() const;

  std::int64_t session_id() const;
  std::string session_password() const;
  Duration session_timeout() const;

  /// Only without a connection: the next interest() connects to this server and no other.
  void use_server(const std::string& server);
  /// Connects if there is no connection; sends pings; notices time-outs of the library's own.
  Interest interest();
  /// Takes at most one message. True if one was taken.
  bool process(bool readable, bool writable);
  /// Gives the connection up; the session lives on. What had arrived unread is forgotten, requests in
  /// flight complete as lost. False: the library is stuck, destroy the handle.
  bool hang_up();
  /// After a request: the library may have closed the connection silently, with old requests still
  /// queued for the next one. Forgets those; afterwards there is no connection. False as hang_up().
  bool forget_stale_requests();
  /// Asks the server to end the session. Only when connected and when interest() does not want to
  /// write; afterwards read fd() to its end yourself, and destroy the handle. False: could not be sent.
  bool request_close();

  /// Why the last connection ended, in a few words.
  const std::string& failure() const { return failure_; }

  /// A call into the library: while this lives, its log lines find their way. Use `zh` for requests.
  class Call {
   public:
    explicit Call(Handle& handle);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    _zhandle* const zh;

   private:
    Handle* const outer_;
  };

  /// For requests with a watch: the C function to register, with the watch's number as its context.
  static void watch_fired(_zhandle* zh, int type, int state, const char* path, void* watch);

 private:
  Handle(OnWatch on_watch, OnLog on_log);
  static void library_log(const char* message);
  void note_log(std::string_view line);
  int state() const;

  OnWatch on_watch_;
  OnLog on_log_;
  std::string failure_;
  std::string server_;
  bool doubled_ = false;
  bool used_ = false;
  int fd_ = -1;
  _zhandle* zh_ = nullptr;
};

}  // namespace stellwerk::zookeeper
