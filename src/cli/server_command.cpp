#include <fmt/format.h>
#include <pgfeed/conninfo.hpp>
#include <pgfeed/error.hpp>

#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/private_server.hpp"
#include "cli/standard_output.hpp"

namespace pgfeed {
namespace {

void print_status(const ServerStatus& status) {
  write_out(
      fmt::format("folder  {}\nport    {}\nstate   {}\n", status.folder,
                  status.port == 0 ? "none yet" : std::to_string(status.port), status.running ? "running" : "not running"),
      "the state");
}

void print_started(const ServerStatus& status) {
  write_out(fmt::format("The private PostgreSQL is running. To look around: psql '{}'\n", status.conninfo), "its address");
}

void print_stopped(const ServerStatus& status) {
  write_out(status.initialised ? "The private PostgreSQL is stopped.\n"
                               : fmt::format("There is no private PostgreSQL in {}: nothing was stopped.\n", status.folder),
            "that it is stopped");
}

void print_url(const ServerStatus& status) {
  if (!status.initialised) throw Error(ErrorKind::database, "there is no private PostgreSQL yet: pgfeed server start");
  write_out(status.conninfo + "\n", "its address");
}

constexpr const char* kFolderFooter =
    R"(Its folder is $PGFEED_SERVER_DIR. Without that it is $XDG_DATA_HOME/pgfeed/server, or ~/.local/share/pgfeed/server; for root it
is /var/lib/pgfeed/server, since PostgreSQL does not run as root, and user postgres, who runs it then, can't enter root's home.

)";

}  // namespace

void add_server_command(CLI::App& app, int&) {
  CLI::App* server = app.add_subcommand("server", "Starts and stops a private PostgreSQL, for trying things out");
  server->require_subcommand(1);
  server->add_subcommand("start", "Makes the server if there is none, and starts it")->callback([] {
    print_started(start_private_server());
  });
  server->add_subcommand("stop", "Stops it; its data stay")->callback([] { print_stopped(stop_private_server()); });
  server->add_subcommand("status", "Says where it is and whether it runs")->callback([] {
    print_status(private_server_status());
  });
  server->add_subcommand("url", "Prints its connection URI, which names a passfile and holds no password")->callback([] {
    print_url(private_server_status());
  });
  server->footer(kFolderFooter + server->get_footer());
}

std::string target_conninfo(const std::string& to) {
  if (!to.empty()) {
    require_no_secret(to);
    return to;
  }
  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE", "PGUSER"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return "";
  }
  const ServerStatus status = start_private_server();
  unsetenv("PGPASSWORD");  // it would win against the server's own password file
  fmt::print(stderr, "pgfeed: no --to and no PG* environment: using the private server, {}\n", status.conninfo);
  return status.conninfo;
}

}  // namespace pgfeed
