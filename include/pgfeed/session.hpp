#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace pgfeed {

/// How to reach a database, and how patient to be with it. What every command that connects takes.
struct SessionOptions {
  std::string conninfo;                               ///< libpq's; empty: the PG* environment
  std::string schema = "pgfeed";                      ///< of the ledger
  std::chrono::milliseconds connect_timeout{15'000};  ///< a refused connection is tried again for so long
  std::chrono::milliseconds room_timeout{0};        ///< one without room for a session (53300) for so long, if that is more
  std::chrono::milliseconds retry_for{60'000};      ///< a lost server is waited for so long
  std::chrono::milliseconds lock_timeout{300'000};  ///< what someone else has locked is waited for so long; 0: for ever
  /// A server that says nothing for so long is asked, over another session, whether it still works for this one; 0: never.
  std::chrono::milliseconds answer_timeout{60'000};
  /// Told at once what a person should know: that the connection is not encrypted, that the server is waited for. Not in
  /// any report. May be called from several threads.
  std::function<void(const std::string&)> on_warning;
};

}  // namespace pgfeed
