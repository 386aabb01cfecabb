#include "postgres/loopback.hpp"

#include <netinet/in.h>

#include <cstring>

namespace pgfeed {
namespace {

constexpr unsigned char kLoopbackNet = 127;  // 127.0.0.0/8, RFC 1122, 3.2.1.3

template <typename Address>
Address read_as(const sockaddr_storage& storage) noexcept {
  Address address{};
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

bool is_loopback(const in6_addr& address) noexcept {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == kLoopbackNet;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

}  // namespace

bool stays_on_this_machine(const sockaddr_storage& own, const sockaddr_storage& peer) noexcept {
  if (own.ss_family != peer.ss_family) return false;
  if (peer.ss_family == AF_UNIX) return true;
  // To an address of its own a machine sends from that same address.
  if (peer.ss_family == AF_INET) {
    const in_addr_t there = read_as<sockaddr_in>(peer).sin_addr.s_addr;
    return ntohl(there) >> 24 == kLoopbackNet || there == read_as<sockaddr_in>(own).sin_addr.s_addr;
  }
  if (peer.ss_family != AF_INET6) return false;
  const in6_addr there = read_as<sockaddr_in6>(peer).sin6_addr;
  const in6_addr here = read_as<sockaddr_in6>(own).sin6_addr;
  return is_loopback(there) || IN6_ARE_ADDR_EQUAL(&there, &here);
}

bool stays_on_this_machine(int socket) noexcept {
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) return false;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return false;
  return stays_on_this_machine(own, peer);
}

}  // namespace pgfeed
