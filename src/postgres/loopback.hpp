#pragma once

namespace pgfeed {

/// Whether what is sent to this address never leaves the machine. `host_address`: a numeric address as PQhostaddr has it;
/// null or empty is a Unix socket. An address that cannot be read is taken for one of elsewhere.
bool is_loopback(const char* host_address) noexcept;

}  // namespace pgfeed
