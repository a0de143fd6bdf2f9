/// Namespaces and mounts, where this host permits them; where it does not, the sentence that says so.
#include "drill/grounds.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "drill/own_site.h"
#include "support/temp_dir.h"

namespace stellwerk::drill {
namespace {

using testing::HasSubstr;

/// What they change is the calling thread's.
void in_a_thread(const std::function<void()>& test) {
  std::thread(test).join();
}

bool can_write(const std::string& path, std::size_t bytes) {
  std::ofstream file(path);
  file << std::string(bytes, 'x') << std::flush;
  return file.good();
}

void fill_and_free(const std::string& path) {
  auto disk = Disk::mount(path);
  if (!disk) {
    EXPECT_THAT(disk.error().text, HasSubstr("needs the rights of root"));
    return;
  }
  EXPECT_TRUE(can_write(path + "/a", 100'000));
  ASSERT_TRUE(disk->fill());
  EXPECT_FALSE(can_write(path + "/b", 100'000));
  EXPECT_EQ(std::filesystem::file_size(path + "/a"), 100'000u) << "what is there stays";
  ASSERT_TRUE(disk->free());
  EXPECT_TRUE(can_write(path + "/b", 100'000));
  ASSERT_TRUE(disk->refuse_writes());
  EXPECT_FALSE(can_write(path + "/c", 1));
  ASSERT_TRUE(disk->free());
  EXPECT_TRUE(can_write(path + "/c", 1));
}

TEST(DiskTest, IsFullAndReadOnlyForAWhileAndSeenByNobodyElse) {
  const test::TempDir folder;
  const std::string path = folder / "disk";
  std::filesystem::create_directory(path);
  in_a_thread([&] { fill_and_free(path); });
  EXPECT_TRUE(std::filesystem::is_empty(path));
}

constexpr std::uint16_t kPort = 5000;

sockaddr_in address_of(const std::string& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(kPort);
  ::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

bool connects(const std::string& address) {
  const FileDescriptor out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 0, .tv_usec = 200'000};
  ::setsockopt(out.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const sockaddr_in at = address_of(address);
  return ::connect(out.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

void cut_and_heal(const std::string& folder) {
  auto network = Network::make(folder);
  if (!network) {
    EXPECT_THAT(network.error().text, testing::AnyOf(HasSubstr("rights of root"), HasSubstr("package iproute2")));
    return;
  }
  const auto server = network->add(), client = network->add();
  ASSERT_TRUE(server && client);
  FileDescriptor listener;
  network->within(server->entry, [&] {
    listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in at = address_of(server->address);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(listener.get(), 100), 0);
  });
  const auto reached = [&] {
    bool out = false;
    network->within(client->entry, [&] { out = connects(server->address); });
    return out;
  };
  EXPECT_TRUE(reached());
  EXPECT_TRUE(connects(server->address)) << "from the middle, too";
  ASSERT_TRUE(network->cut(client->address, server->address));
  EXPECT_FALSE(reached());
  EXPECT_TRUE(connects(server->address));
  ASSERT_TRUE(network->heal());
  EXPECT_TRUE(reached());
  ASSERT_TRUE(network->cut(server->address, client->address));
  EXPECT_FALSE(reached()) << "the answers are lost";
  ASSERT_TRUE(network->heal());
  EXPECT_TRUE(reached());
}

TEST(NetworkTest, PacketsAreLostOneWayUntilItIsHealed) {
  const test::TempDir folder;
  in_a_thread([&] { cut_and_heal(folder.path().string()); });
}

class ContainersTest : public testing::Test {
 protected:
  ContainersTest() {
    test::write_file(program_, "#!/bin/sh\n(exec sleep 601) &\necho begun\nexec sleep 600\n");
    std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
    std::filesystem::create_directory(place_);
  }
  const test::TempDir folder_;
  const std::string program_ = folder_ / "stellwerk";
  const std::string place_ = folder_ / "place";
};

TEST_F(ContainersTest, AMasterEndsAloneOrWithAllThatIsInIts) {
  Grounds grounds = Grounds::prepare(place_, {.containers = true});
  if (!grounds.containers) {
    EXPECT_THAT(grounds.no_containers, HasSubstr("needs the rights of root"));
    return;
  }
  OwnSite site({.program = program_, .folder = place_, .masters = 1, .workers = 0}, std::move(grounds));
  ASSERT_TRUE(site.start_all());
  const auto master = [&] { return site.look()[0]; };
  const std::int64_t first = master().pid, container = site.container_of(first);
  EXPECT_NE(container, 0);
  EXPECT_NE(container, first);
  while (test::read_file(place_ + "/master-1/out").empty()) {
  }
  ASSERT_TRUE(site.signal(first, SIGKILL));
  while (master().runs) {
  }
  EXPECT_TRUE(site.signal(container, 0)) << "what it has started lives on";
  ASSERT_TRUE(site.start("master-1"));
  const std::int64_t second = master().pid;
  ASSERT_TRUE(site.signal(site.container_of(second), SIGKILL));
  while (site.signal(second, 0)) {
  }
  EXPECT_FALSE(master().runs);
}

}  // namespace
}  // namespace stellwerk::drill
