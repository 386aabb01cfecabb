#include "postgres/loopback.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

namespace pgfeed {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const noexcept { freeaddrinfo(addresses); }
};

constexpr unsigned char kLoopbackNet = 127;  // 127.0.0.0/8, RFC 1122, 3.2.1.3

bool is_loopback(const in6_addr& address) noexcept {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == kLoopbackNet;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

}  // namespace

bool is_loopback(const char* host_address) noexcept {
  if (host_address == nullptr || *host_address == '\0') return true;
  // libpq takes hostaddr=127.1 and fe80::1%eth0 too, so it is read in the same way.
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(host_address, nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, FreeAddresses> address(found);
  if (address->ai_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, address->ai_addr, sizeof six);
    return is_loopback(six.sin6_addr);
  }
  sockaddr_in four{};
  std::memcpy(&four, address->ai_addr, sizeof four);
  return ntohl(four.sin_addr.s_addr) >> 24 == kLoopbackNet;
}

}  // namespace pgfeed
