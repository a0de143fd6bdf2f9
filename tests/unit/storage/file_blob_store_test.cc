#include "storage/file_blob_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "support/faulty_file_calls.h"
#include "support/temp_dir.h"

namespace stellwerk::storage {
namespace {

namespace fs = std::filesystem;
using test::FaultyFileCalls;

/// A storage folder, and stores over it as different processes have them.
class FileStore : public testing::Test {
 protected:
  StorageLocation location() const { return {dir_.path().string(), "default"}; }
  std::unique_ptr<FileBlobStore> open() const { return std::make_unique<FileBlobStore>(location()); }
  std::unique_ptr<FileBlobStore> open_faulty() {
    auto calls = std::make_unique<FaultyFileCalls>();
    calls_ = calls.get();
    return std::make_unique<FileBlobStore>(location(), std::move(calls));
  }
  static void expect_sentence(const Error& error, Errc code, const std::string& part) {
    EXPECT_EQ(error.code, code) << error.text;
    EXPECT_NE(error.text.find(part), std::string::npos) << error.text;
  }
  std::vector<std::string> temporaries() const {
    std::vector<std::string> out;
    if (fs::exists(dir_ / "default/~tmp"))
      for (const auto& entry : fs::directory_iterator(dir_ / "default/~tmp")) out.push_back(entry.path().filename());
    return out;
  }

  test::TempDir dir_;
  FaultyFileCalls* calls_ = nullptr;
};

TEST_F(FileStore, AMissingStorageFolderIsNamedAndNotMade) {
  FileBlobStore store({dir_ / "missing", "default"});
  expect_sentence(store.probe().error(), Errc::not_found,
                  (dir_ / "missing") + " does not exist on this host; create it");
  expect_sentence(store.list("").error(), Errc::unavailable, "does not exist");
  expect_sentence(store.get("a").error(), Errc::unavailable, "does not exist");
  const PutResult put = store.put("a", "x");
  EXPECT_EQ(put.outcome, PutOutcome::not_done);
  expect_sentence(put.error, Errc::not_found, "does not exist");
  EXPECT_FALSE(fs::exists(dir_ / "missing"));
  fs::create_directory(dir_ / "missing");
  EXPECT_TRUE(store.probe().has_value()) << "no restart is needed once it is there";
}

TEST_F(FileStore, AFileInPlaceOfTheStorageFolderIsNamed) {
  test::write_file(dir_ / "file", "x");
  expect_sentence(FileBlobStore({dir_ / "file", "default"}).probe().error(), Errc::not_found, "is not a folder");
  expect_sentence(FileBlobStore({dir_ / "file/below", "default"}).probe().error(), Errc::not_found, "is not a folder");
}

TEST_F(FileStore, AFileInPlaceOfTheClustersFolderIsNamed) {
  test::write_file(dir_ / "default", "x");
  expect_sentence(open()->probe().error(), Errc::not_found, "a folder is expected there");
}

TEST_F(FileStore, NoPermissionAndReadOnlyAreNamed) {
  const auto store = open_faulty();
  calls_->set_read_only(EROFS);
  expect_sentence(store->probe().error(), Errc::refused, "read-only");
  calls_->heal();
  ASSERT_TRUE(store->probe().has_value());
  ASSERT_EQ(store->put("a", "x").outcome, PutOutcome::ok);
  calls_->set_read_only(EROFS);
  expect_sentence(store->probe().error(), Errc::refused, "remount it read-write");
  expect_sentence(store->put("b", "x").error, Errc::refused, dir_ / "default/b");
  EXPECT_EQ(store->get("a").value(), "x") << "reading goes on";
  calls_->set_read_only(EACCES);
  expect_sentence(store->probe().error(), Errc::refused, "uid");
  EXPECT_EQ(store->put("b", "x").outcome, PutOutcome::not_done);
  calls_->heal();
  EXPECT_EQ(store->put("b", "x").outcome, PutOutcome::ok);
}

TEST_F(FileStore, AFullDiskIsCertainlyNotDoneAndHealsByItself) {
  const auto store = open_faulty();
  ASSERT_TRUE(store->probe().has_value());
  calls_->set_space(100);
  const PutResult put = store->put("journal/a", std::string(1000, 'x'));
  EXPECT_EQ(put.outcome, PutOutcome::not_done);
  expect_sentence(put.error, Errc::no_space, "free some space");
  expect_sentence(store->probe().error(), Errc::no_space, "full");
  EXPECT_EQ(store->get("journal/a").error().code, Errc::not_found);
  EXPECT_EQ(temporaries(), std::vector<std::string>{}) << "what was begun is given back";
  calls_->heal();
  EXPECT_EQ(store->put("journal/a", "other bytes").outcome, PutOutcome::ok) << "the name is free";
  EXPECT_TRUE(store->probe().has_value());
}

/// Mounts a file system of 128 KiB, seen by this process alone and gone with it. False where that is
/// not allowed (most containers).
bool mount_tiny_disk(const std::string& at) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", at.c_str(), "tmpfs", 0, "size=128k") == 0;
}

TEST_F(FileStore, ADiskThatFillsUpTakesPutsAgainWhenThereIsRoom) {
  auto store = open();
  const bool real = mount_tiny_disk(dir_.path().string());
  if (!real) {
    store = open_faulty();
    calls_->set_space(100'000);
  }
  const std::string bytes(9000, 'x');
  int stored = 0;
  PutResult last;
  while (last.outcome == PutOutcome::ok && stored < 1000)
    if ((last = store->put("journal/" + std::to_string(stored), bytes)).outcome == PutOutcome::ok) ++stored;
  EXPECT_EQ(last.outcome, PutOutcome::not_done);
  EXPECT_EQ(last.error.code, Errc::no_space) << last.error.text;
  ASSERT_GT(stored, 3);
  const std::string next = "journal/" + std::to_string(stored);
  EXPECT_EQ(store->get(next).error().code, Errc::not_found);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->remove("journal/" + std::to_string(i)).has_value()) << "when full";
  if (!real) calls_->set_space(30'000);
  EXPECT_EQ(store->put(next, bytes).outcome, PutOutcome::ok);
  EXPECT_EQ(store->get(next).value(), bytes);
  store.reset();
  if (real) {
    EXPECT_EQ(::umount(dir_.path().c_str()), 0);
  }
}

/// A real limit of the system, which holds for root too: a write that ends half-way.
TEST_F(FileStore, ALimitOnFileSizesIsCertainlyNotDone) {
  const auto store = open();
  ASSERT_TRUE(store->probe().has_value());
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit small{8192, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const PutResult put = store->put("a", std::string(20'000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(put.outcome, PutOutcome::not_done);
  expect_sentence(put.error, Errc::too_large, "ulimit -f");
  EXPECT_EQ(temporaries(), std::vector<std::string>{});
  EXPECT_EQ(store->put("a", std::string(20'000, 'x')).outcome, PutOutcome::ok);
}

TEST_F(FileStore, FlinksFolderIsRefusedByName) {
  test::write_file(dir_ / "default/submittedJobGraph0123456789ab", "x");
  expect_sentence(open()->probe().error(), Errc::foreign, "belongs to Apache Flink (it holds submittedJobGraph");
  expect_sentence(open()->put("a", "x").error, Errc::foreign, "high-availability.cluster-id");
  expect_sentence(open()->list("").error(), Errc::unavailable, "Apache Flink");
  fs::remove_all(dir_ / "default");
  test::write_file(dir_ / "default/blob/job_0123/blob_p-0", "x");
  expect_sentence(open()->probe().error(), Errc::foreign, "it holds blob/");
  fs::remove_all(dir_ / "default");
  test::write_file(dir_ / "default/completedCheckpoint0123456789ab", "x");
  expect_sentence(open()->probe().error(), Errc::foreign, "completedCheckpoint");
}

TEST_F(FileStore, AFolderOfStrangersIsRefusedAndLeftAlone) {
  test::write_file(dir_ / "default/holiday.jpg", "x");
  expect_sentence(open()->probe().error(), Errc::foreign, "holiday.jpg");
  EXPECT_FALSE(fs::exists(dir_ / "default/~tmp"));
  test::write_file(dir_ / "default/journal/segment", "x");
  EXPECT_TRUE(open()->probe().has_value()) << "ours, and somebody left a file there";
}

TEST_F(FileStore, HiddenFilesAndLostAndFoundAreNoStrangers) {
  test::write_file(dir_ / "default/.snapshot/x", "x");
  test::write_file(dir_ / "default/lost+found/x", "x");
  EXPECT_TRUE(open()->probe().has_value());
}

TEST_F(FileStore, AFolderThatWentIsMissedNotMadeAnew) {
  const auto store = open();
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  fs::rename(dir_ / "default", dir_ / "elsewhere");
  expect_sentence(store->probe().error(), Errc::not_found, "is gone");
  expect_sentence(store->get("journal/a").error(), Errc::unavailable, "is gone");
  expect_sentence(store->list("").error(), Errc::unavailable, "is gone");
  EXPECT_EQ(store->remove("journal/a").error().code, Errc::unavailable);
  EXPECT_EQ(store->put("journal/b", "x").outcome, PutOutcome::not_done);
  EXPECT_FALSE(fs::exists(dir_ / "default"));
  fs::rename(dir_ / "elsewhere", dir_ / "default");
  EXPECT_EQ(store->get("journal/a").value(), "x") << "no probe, no restart";
}

TEST_F(FileStore, AbsenceIsNotConcludedFromALostFolder) {
  const auto store = open();
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  fs::rename(dir_ / "default", dir_ / "elsewhere");
  expect_sentence(store->get("journal/b").error(), Errc::unavailable, "is gone");
  EXPECT_EQ(store->remove("journal/b").error().code, Errc::unavailable);
}

TEST_F(FileStore, ADeletedFolderIsNoticedByAPut) {
  const auto store = open();
  ASSERT_EQ(store->put("a", "x").outcome, PutOutcome::ok);
  fs::remove_all(dir_ / "default");
  EXPECT_EQ(store->put("b", "x").outcome, PutOutcome::not_done);
  expect_sentence(store->put("b", "x").error, Errc::not_found, "is gone");
}

TEST_F(FileStore, AnotherFolderOfTheSameClusterIsFoundAfterARemount) {
  const auto store = open();
  ASSERT_EQ(store->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  ASSERT_TRUE(store->probe().has_value());
  fs::copy(dir_ / "default", dir_ / "copy", fs::copy_options::recursive);
  fs::rename(dir_ / "default", dir_ / "before");
  fs::rename(dir_ / "copy", dir_ / "default");
  expect_sentence(store->probe().error(), Errc::unavailable, "is another folder than before");
  ASSERT_TRUE(store->probe().has_value()) << "said once; " << store->probe().error().text;
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  EXPECT_EQ(test::read_file(dir_ / "default/journal/a"), "x");
}

TEST_F(FileStore, TheSameFolderThatComesBackIsNoOther) {
  const auto store = open();
  ASSERT_EQ(store->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  ASSERT_TRUE(store->probe().has_value());
  fs::rename(dir_ / "default", dir_ / "elsewhere");
  expect_sentence(store->probe().error(), Errc::not_found, "is gone");
  fs::rename(dir_ / "elsewhere", dir_ / "default");
  EXPECT_TRUE(store->probe().has_value());
}

TEST_F(FileStore, AnotherFolderIsToldOfByAProbeWhoeverFoundItFirst) {
  const auto store = open();
  ASSERT_EQ(store->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  fs::copy(dir_ / "default", dir_ / "copy", fs::copy_options::recursive);
  fs::rename(dir_ / "default", dir_ / "before");
  fs::rename(dir_ / "copy", dir_ / "default");
  ASSERT_TRUE(store->list("").has_value());
  expect_sentence(store->probe().error(), Errc::unavailable, "is another folder than before");
}

TEST_F(FileStore, AFileOfTheNewMountIsFoundWithoutAProbe) {
  const auto store = open();
  ASSERT_EQ(store->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  ASSERT_TRUE(store->probe().has_value());
  fs::copy(dir_ / "default", dir_ / "copy", fs::copy_options::recursive);
  test::write_file(dir_ / "copy/journal/new", "new");
  fs::rename(dir_ / "default", dir_ / "before");
  fs::rename(dir_ / "copy", dir_ / "default");
  EXPECT_EQ(store->get("journal/new").value(), "new");
}

TEST_F(FileStore, AFolderOfAnotherClusterIsRefusedAfterARemount) {
  const auto store = open();
  ASSERT_EQ(store->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  ASSERT_TRUE(store->probe().has_value());
  fs::rename(dir_ / "default", dir_ / "before");
  test::write_file(dir_ / "default/cluster.json", R"({"cluster":"v"})");
  expect_sentence(store->probe().error(), Errc::foreign, "another cluster's");
  EXPECT_EQ(store->put("journal/a", "x").outcome, PutOutcome::not_done);
  fs::remove_all(dir_ / "default");
  fs::create_directory(dir_ / "default");
  expect_sentence(store->probe().error(), Errc::foreign, "its cluster.json is missing; is the right file system");
  EXPECT_EQ(store->get("cluster.json").error().code, Errc::unavailable);
}

TEST_F(FileStore, WhoWasThereBeforeTheClusterKnowsItFromTheNextCallOn) {
  const auto store = open();
  ASSERT_TRUE(store->probe().has_value());
  ASSERT_EQ(open()->put("cluster.json", R"({"cluster":"u"})").outcome, PutOutcome::ok);
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  fs::rename(dir_ / "default", dir_ / "before");
  fs::create_directory(dir_ / "default");
  expect_sentence(store->probe().error(), Errc::foreign, "its cluster.json is missing");
}

TEST_F(FileStore, FoldersThatSomebodyRemovedAreMadeAgain) {
  const auto store = open();
  ASSERT_EQ(store->put("blobs/ab/x", "x").outcome, PutOutcome::ok);
  fs::remove_all(dir_ / "default/blobs");
  fs::remove_all(dir_ / "default/~tmp");
  const PutResult put = store->put("blobs/ab/y", "y");
  EXPECT_EQ(put.outcome, PutOutcome::ok) << put.error.text;
  EXPECT_EQ(store->get("blobs/ab/y").value(), "y");
}

TEST_F(FileStore, OnlyNamesOfBlobsAreListed) {
  const auto store = open();
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  for (const char* other : {"journal/a~", "journal/.a.swp~", "journal/Backup", "~tmp/1-2-3-4", "UPPER/x", "a b/c"})
    test::write_file(dir_ / ("default/" + std::string(other)), "x");
  fs::create_symlink(dir_ / "nowhere", dir_ / "default/journal/dangling");
  fs::create_directory_symlink(dir_ / "default/journal", dir_ / "default/journal/circle");
  ASSERT_EQ(::mkfifo((dir_ / "default/journal/pipe").c_str(), 0600), 0);
  const auto listed = store->list("").value();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].name, "journal/a");
  EXPECT_EQ(store->get("journal/pipe").error().code, Errc::not_found) << "and it does not wait for a writer";
}

TEST_F(FileStore, LeftoversOfDeadWritersAreSweptWhenTheyAreOld) {
  const auto store = open();
  ASSERT_TRUE(store->probe().has_value());
  test::write_file(dir_ / "default/~tmp/old", "x");
  test::write_file(dir_ / "default/~tmp/young", "x");
  const auto now = fs::last_write_time(dir_ / "default/~tmp/young");
  fs::last_write_time(dir_ / "default/~tmp/old", now - std::chrono::seconds(kLeftoverAgeS + 60));
  fs::last_write_time(dir_ / "default/~tmp/young", now - std::chrono::seconds(kLeftoverAgeS - 60));
  ASSERT_TRUE(store->probe().has_value());
  EXPECT_EQ(temporaries(), std::vector<std::string>{"young"});
}

TEST_F(FileStore, NoDescriptorIsLeftOpenOrInherited) {
  const auto open_files = [] {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      ++count;
      std::error_code ignored;
      const std::string target = fs::read_symlink(entry.path(), ignored).string();
      if (target.find("stellwerk-test-") == std::string::npos) continue;
      const int fd = std::stoi(entry.path().filename().string());
      EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << target;
    }
    return count;
  };
  const auto store = open();
  ASSERT_EQ(store->put("journal/a", "x").outcome, PutOutcome::ok);
  const std::size_t before = open_files();
  for (const char* bytes : {"x", "y"}) store->put("journal/a", bytes);
  (void)store->get("journal/a");
  (void)store->get("journal/b");
  (void)store->list("");
  (void)store->remove("journal/a");
  (void)store->probe();
  EXPECT_EQ(open_files(), before);
}

/// As some file servers do.
class ReplacingLinks : public FileCalls {
 public:
  int link_at(int dir, const char* from, const char* to) override {
    unlink_at(dir, to);
    return FileCalls::link_at(dir, from, to);
  }
};

TEST_F(FileStore, AFileSystemWhoseLinksReplaceIsRefused) {
  FileBlobStore store(location(), std::make_unique<ReplacingLinks>());
  expect_sentence(store.probe().error(), Errc::refused, "hard links replace");
}

}  // namespace
}  // namespace stellwerk::storage
