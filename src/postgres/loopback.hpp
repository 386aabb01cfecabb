#pragma once

#include <sys/socket.h>

namespace pgfeed {

/// Whether what is sent between the two ends of a connected socket never leaves this machine: a Unix socket, loopback, or
/// an address that both ends have. Ends of an unknown family are taken for ones of elsewhere.
bool stays_on_this_machine(const sockaddr_storage& own, const sockaddr_storage& peer) noexcept;

/// The same of a socket; false where it is not connected.
bool stays_on_this_machine(int socket) noexcept;

}  // namespace pgfeed
