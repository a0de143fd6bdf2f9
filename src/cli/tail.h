/// What `stellwerk logs` asks next and what it shows, of one or many files that grow, begin anew and move. Pure: a step
/// for each event; cli/show_logs.h performs it.
///
/// A first look is for the whole file, of which masters give the end; later ones are for what is new. With `follow` it
/// goes round: has the job ended, on which workers are its tasks, what have they written. The round that begins when
/// the job has ended is repeated only for what is still missing; without `follow` that is the first one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cli/host.h"

namespace stellwerk::cli::tail {

/// Most files that are followed, and most that are shown once.
inline constexpr std::size_t kFollowedMax = 64;
inline constexpr std::size_t kShownMax = 1'024;
/// Between two rounds when nothing more is known to be there.
inline constexpr Milliseconds kPollEvery = std::chrono::seconds(1);
/// Between two rounds while what is wanted cannot be had: doubling from the first to the second.
inline constexpr Milliseconds kAwayLeast{100};
inline constexpr Milliseconds kAwayMost = std::chrono::seconds(2);
/// How long something may not be had before that is said: a takeover takes less.
inline constexpr Milliseconds kSayAwayAfter = std::chrono::seconds(1);
/// A longer line with a prefix is shown in pieces, in bytes.
inline constexpr std::size_t kLineBytesMax = std::size_t{64} << 10;

struct File {
  std::string target{};   ///< of the request
  std::string title{};    ///< for hints: "count (3/4)"
  std::string prefix{};   ///< of each line; empty: bytes are shown as they come, and there is no other file
  std::size_t place = 0;  ///< in Options::places
  std::int64_t subtask = 0;
};

struct Options {
  std::vector<File> files{};  ///< at least one
  /// Where it is told which subtask is on which worker. Only followed files move.
  std::vector<std::string> places{};
  /// Where it is told whether the job has ended; empty: there is none, and files never end.
  std::string status{};
  bool follow = false;
  /// How long something may not be had before it is given up (`client.timeout`).
  Milliseconds patience{};
};

// What came of what was asked.
struct StatusSeen {
  bool ended = false;
};
/// The worker of each subtask that has one.
struct PlacesSeen {
  std::map<std::int64_t, std::string> workers;
};
/// A part of a file that has `size` bytes.
struct Content {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  std::string bytes{};
};
/// The file ends before what was asked for.
struct Beyond {
  std::uint64_t size = 0;
};
/// `missing`: whoever answers says that there is no such thing.
struct NoAnswer {
  std::string text{};
  bool missing = false;
};
struct Interrupted {};
using Event = std::variant<StatusSeen, PlacesSeen, Content, Beyond, NoAnswer, Interrupted>;

// What is to be done next.
enum class What { status, place, file };
struct Ask {
  What what = What::file;
  std::string target{};
  std::string range{};   ///< "bytes=10-"; empty: all of it
  Milliseconds pause{};  ///< before it
};
struct End {
  int exit_code = 0;
};

struct Step {
  std::string out{};  ///< for stdout
  std::string err{};  ///< whole lines for stderr
  std::variant<Ask, End> next{};
};

class Core {
 public:
  explicit Core(Options options);

  /// Once, first; `now` is on any clock, and never goes back.
  Step begin(Milliseconds now);
  /// What the last step asked for, or a signal instead of it.
  Step step(Milliseconds now, const Event& event);

 private:
  struct Reader {
    std::uint64_t offset = 0;  ///< what is before it was shown
    bool begun = false;        ///< it was there once
    bool more = false;         ///< it has more than was read so far
    bool done = false;
    std::string rest{};    ///< of a line that has not ended
    std::string worker{};  ///< where it is; empty: not known
    std::map<std::string, std::uint64_t> left_at{};
    std::string said{};
    std::optional<Milliseconds> away_since{};
    bool away_said = false;
  };

  void on(Milliseconds now, const StatusSeen& seen);
  void on(Milliseconds now, const PlacesSeen& seen);
  void on(Milliseconds now, const Content& content);
  void on(Milliseconds now, const Beyond& beyond);
  void on(Milliseconds now, const NoAnswer& answer);
  void on(Milliseconds now, const Interrupted& signal);

  void status_away(Milliseconds now, const NoAnswer& answer);
  void file_away(Milliseconds now, const NoAnswer& answer);
  void show(const File& file, Reader& reader, std::string_view bytes);
  void end_line(const File& file, Reader& reader);
  void say(const File& file, Reader& reader, const std::string& text);
  void move(const File& file, Reader& reader, const std::string& worker);
  void answered(Reader& reader, std::uint64_t size);
  void go_on();
  bool wanted(std::size_t at) const;
  void ask(Milliseconds pause);
  Milliseconds until_next_round();
  void end(std::optional<int> exit_code = std::nullopt);
  std::size_t first_file() const { return 1 + options_.places.size(); }

  Options options_;
  std::vector<Reader> readers_;
  Step step_;           ///< that is being made
  std::size_t at_ = 0;  ///< in the round: the status, the places, the files
  bool ended_ = false;  ///< nothing more will be written
  bool failed_ = false;
  std::optional<Milliseconds> away_since_;  ///< of the status
  bool away_said_ = false;
  Milliseconds away_pause_ = kAwayLeast;
};

}  // namespace stellwerk::cli::tail
