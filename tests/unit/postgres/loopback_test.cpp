#include "postgres/loopback.hpp"

#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace pgfeed {
namespace {

sockaddr_storage at(const char* address, const char* port = "5432") {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  EXPECT_EQ(getaddrinfo(address, port, &hints, &found), 0) << address;
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return storage;
}

TEST(StaysOnThisMachine, Loopback) {
  for (const char* peer : {"127.0.0.1", "127.0.1.1", "127.255.255.254"})
    EXPECT_TRUE(stays_on_this_machine(at("127.0.0.1"), at(peer))) << peer;
  for (const char* peer : {"::1", "::ffff:127.0.0.1", "::ffff:127.8.9.10"})
    EXPECT_TRUE(stays_on_this_machine(at("::1"), at(peer))) << peer;
}

TEST(StaysOnThisMachine, AnAddressOfItsOwn) {
  for (const char* address : {"192.0.2.7", "10.0.0.127", "2001:db8::7", "fe80::1", "::ffff:192.0.2.7"})
    EXPECT_TRUE(stays_on_this_machine(at(address, "40000"), at(address))) << address;
}

TEST(StaysOnThisMachine, AnyOtherAddressMayBeElsewhere) {
  for (const char* peer : {"192.0.2.1", "192.0.2.70", "10.0.0.127", "126.255.255.255", "128.0.0.1", "1.0.0.127"})
    EXPECT_FALSE(stays_on_this_machine(at("192.0.2.7"), at(peer))) << peer;
  for (const char* peer : {"2001:db8::1", "fe80::1", "::2", "1::1", "::ffff:192.0.2.7", "::127.0.0.1"})
    EXPECT_FALSE(stays_on_this_machine(at("2001:db8::7"), at(peer))) << peer;
}

TEST(StaysOnThisMachine, AUnixSocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  EXPECT_TRUE(stays_on_this_machine(ends[0]));
  for (const int end : ends) close(end);
}

TEST(StaysOnThisMachine, WhatIsNotConnectedMayBeElsewhere) {
  const int alone = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_FALSE(stays_on_this_machine(alone));
  close(alone);
  EXPECT_FALSE(stays_on_this_machine(-1));
  sockaddr_storage unknown{};
  EXPECT_FALSE(stays_on_this_machine(unknown, unknown));
}

}  // namespace
}  // namespace pgfeed
