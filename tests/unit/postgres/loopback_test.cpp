#include "postgres/loopback.hpp"

#include <gtest/gtest.h>

namespace pgfeed {
namespace {

TEST(Loopback, StaysOnThisMachine) {
  for (const char* address : {"127.0.0.1", "127.0.1.1", "127.255.255.254", "127.1", "::1", "0:0:0:0:0:0:0:1",
                              "::ffff:127.0.0.1", "::ffff:127.8.9.10"})
    EXPECT_TRUE(is_loopback(address)) << address;
}

TEST(Loopback, AUnixSocketHasNoAddress) {
  EXPECT_TRUE(is_loopback(""));
  EXPECT_TRUE(is_loopback(nullptr));
}

TEST(Loopback, AnyOtherAddressMayBeElsewhere) {
  for (const char* address : {"192.0.2.1", "10.0.0.127", "126.255.255.255", "128.0.0.1", "1.0.0.127", "::", "2001:db8::1",
                              "fe80::1", "::2", "1::1", "::ffff:192.0.2.1", "::127.0.0.1", "localhost", "no address"})
    EXPECT_FALSE(is_loopback(address)) << address;
}

}  // namespace
}  // namespace pgfeed
