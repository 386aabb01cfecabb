#pragma once

#include <string>

namespace pgfeed {

/// The private PostgreSQL: a server of the user's own, for trying things out without setting one up.
///
/// Its folder is `$PGFEED_SERVER_DIR`; without that `/var/lib/pgfeed/server` for root and
/// `${XDG_DATA_HOME:-~/.local/share}/pgfeed/server` for others. In it:
///
///     data/      the cluster, its socket and its log (server.log); of user postgres when root runs pgfeed
///     passfile   the generated password of its one role `loader`, as libpq reads it; only for who made it
///     port       the TCP port on 127.0.0.1, the only address it listens on
///     lock       held while the server is started or stopped
///
/// The server is durable and is set up for loading. It outlives the command and the terminal that started it.
struct ServerStatus {
  bool initialised = false;
  bool running = false;
  int port = 0;  ///< 0 until it is initialised
  std::string folder;
  std::string
      conninfo;  ///< a libpq URI of its database `pgfeed`, with the passfile and no password; empty until initialised
};

/// Makes the server if there is none, and starts it if it is not running. Two at once wait for each other.
/// Another port is taken if something else sits on the one it had.
/// Throws Error(database): no server programs, a folder that can't be used, a server that does not start.
ServerStatus start_private_server();

/// Stops the server (clients are disconnected, their transactions rolled back) if it is running.
/// Throws Error(database) if it does not stop.
ServerStatus stop_private_server();

/// Looks only. Throws Error(database) if the programs that made the server are gone.
ServerStatus private_server_status();

}  // namespace pgfeed
