#pragma once

#include "postgres/connection.hpp"

namespace pgfeed {

/// What the server's process of a session does, as another session sees it.
enum class BackendState {
  works,       ///< on a statement; or it waits for a lock
  waits,       ///< for its client
  gone,        ///< or the server does not answer at all
  is_unknown,  ///< the server answers, but takes no session now
};

/// Looks at `backend` over a short session of the same role; `end`: ends it where it waits for its client. Takes as long as
/// it takes to connect. Does not throw.
BackendState look_at_backend(const SessionOptions& session, const Backend& backend, bool end) noexcept;

}  // namespace pgfeed
