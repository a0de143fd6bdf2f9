/// Where the tasks of a worker live on its disk, and the book of its attempts.
///
///     <worker's folder>/tasks/<job>/<vertex>-<subtask>-<attempt>/   working directory of one attempt, while it runs
///                                                                   with a link for whatever its bundle has at its
///                                                                   root
///     <worker's folder>/attempts.jsonl                             what runs, and ends that no leader has acknowledged
///     <output folder>/<job>/<vertex name>-<subtask>.out|.err        what tasks print; stays, see
///                                                                   JobFolders::kOutputsMax
///
/// The book is a list of lines that is only ever added to, and written anew at each start: {"runs":<attempt>,"boot":..,
/// "pid":..,"started":..}, {"ended":{..}}, {"forget":<attempt>}. Lines are handed to the system one by one and not
/// synced: they outlive this process, as worker/task_folders.h promises. What is not a whole line at its end was never
/// said. A line that could not be written, as on a full disk, is made up for when one can be again: the book is written
/// anew then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/file_descriptor.h"
#include "identity/job_folders.h"
#include "storage/worker_pool.h"
#include "worker/artifacts.h"
#include "worker/protocol.h"
#include "worker/task_folders.h"

namespace stellwerk::identity {

/// What an earlier process has left.
struct AttemptsLeft {
  struct Running {
    model::AttemptId attempt;
    std::int64_t pid = 0;
    std::int64_t started = 0;
  };
  std::vector<Running> running;
  std::vector<link::TaskEnded> ended;
  std::vector<std::string> warnings;  ///< lines that are damaged
};

struct TaskFilesSetup {
  std::string folder;  ///< the worker's own
  std::string output;  ///< of what tasks print
  std::string boot;    ///< differs after each boot of the host: what ran before this one runs no more
  /// Is told once when the book cannot be written, and once when it is whole again; on the executor.
  std::function<void(worker::NoteLevel, const std::string&)> note;
};

/// Blocks on small operations of its disk; working directories are removed on a thread of its own. The book is as long
/// as what its owner has not forgotten.
class TaskFiles : public worker::TaskFolders, public worker::AttemptBook {
 public:
  /// The book is written anew when it has so many lines more than it needs.
  static constexpr std::size_t kLinesMax = 50'000;
  /// Links to a bundle's files that are made in one turn of the loop: some tens of microseconds each.
  static constexpr std::size_t kLinksSlice = 64;

  /// When it could not be written anew, so many more lines come first.
  static constexpr std::size_t kRewriteEvery = 100;

  /// What the book says is put into `left`; ends stay in the book until they are forgotten. `executor` and `artifacts`
  /// outlive this. Errors: failed, no_space.
  static Result<std::unique_ptr<TaskFiles>> open(Executor& executor, worker::Artifacts& artifacts, TaskFilesSetup setup,
                                                 AttemptsLeft& left);
  ~TaskFiles() override;

  void prepare(const model::AttemptId& attempt, const worker::TaskNeeds& needs, Done done) override;
  void release(const model::AttemptId& attempt) override;
  void discard(const model::AttemptId& attempt) override;

  void runs(const model::AttemptId& attempt, std::int64_t pid, std::int64_t started) override;
  void ended(const link::TaskEnded& ended) override;
  void forget(const model::AttemptId& attempt) override;

 private:
  TaskFiles(Executor& executor, worker::Artifacts& artifacts, TaskFilesSetup setup)
      : executor_(executor),
        artifacts_(artifacts),
        folder_(std::move(setup.folder)),
        folders_(folder_ + "/tasks", std::move(setup.output)),
        boot_(std::move(setup.boot)),
        note_(std::move(setup.note)),
        remover_(1) {}
  /// What an attempt waits for, or holds.
  struct Held {
    model::ArtifactRef artifact;
    bool here = false;
  };

  /// That are being made in the folder of an attempt.
  struct Links {
    Links(model::AttemptId whose, worker::TaskPlace made, Done then)
        : attempt(std::move(whose)), place(std::move(made)), done(std::move(then)) {}
    const model::AttemptId attempt;
    worker::TaskPlace place;
    const Done done;
    std::filesystem::directory_iterator next{};
  };

  void link_some(const std::shared_ptr<Links>& links);
  void got(const model::AttemptId& attempt, const worker::TaskNeeds& needs, const Result<std::string>& unpacked,
           const Done& done);
  Result<worker::TaskPlace> make(const model::AttemptId& attempt, const worker::TaskNeeds& needs);
  void clear_tasks();
  void remove_old_outputs();
  Result<void> write_book();
  void keep(const model::AttemptId& attempt, const std::string& line);
  void add(const std::string& line);
  void rewrite();
  void fail(const Error& error);
  std::string book_path() const { return folder_ + "/attempts.jsonl"; }

  Executor& executor_;
  worker::Artifacts& artifacts_;
  const std::string folder_;
  JobFolders folders_;
  const std::string boot_;
  const std::function<void(worker::NoteLevel, const std::string&)> note_;
  FileDescriptor book_;
  std::size_t lines_ = 0;
  std::size_t rewrite_at_ = 0;                    ///< not with less lines than that
  bool torn_ = false;                             ///< the book may end inside of a line
  bool failing_ = false;                          ///< that has been told
  std::map<model::AttemptId, std::string> kept_;  ///< what the book has to say, by attempt
  std::map<model::AttemptId, std::vector<FileDescriptor>> ports_;
  std::map<model::AttemptId, Held> held_;
  /// On the executor: completions that come when this is gone find false.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  storage::WorkerPool remover_;
};

}  // namespace stellwerk::identity
