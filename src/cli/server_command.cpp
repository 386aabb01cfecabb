#include <fmt/format.h>
#include <pgfeed/error.hpp>

#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/private_server.hpp"

namespace pgfeed {
namespace {

void print_status(const ServerStatus& status) {
  fmt::print("folder  {}\nport    {}\nstate   {}\n", status.folder,
             status.port == 0 ? "none yet" : std::to_string(status.port), status.running ? "running" : "not running");
}

void print_started(const ServerStatus& status) {
  fmt::print("The private PostgreSQL is running. To look around: psql '{}'\n", status.conninfo);
}

}  // namespace

void add_server_command(CLI::App& app, int&) {
  CLI::App* server = app.add_subcommand("server", "Starts and stops a private PostgreSQL, for trying things out");
  server->require_subcommand(1);
  server->add_subcommand("start", "Makes the server if there is none, and starts it")->callback([] {
    print_started(start_private_server());
  });
  server->add_subcommand("stop", "Stops it; its data stay")->callback([] {
    stop_private_server();
    fmt::print("The private PostgreSQL is stopped.\n");
  });
  server->add_subcommand("status", "Says where it is and whether it runs")->callback([] {
    print_status(private_server_status());
  });
  server->add_subcommand("url", "Prints its connection URI, which names a passfile and holds no password")->callback([] {
    const ServerStatus status = private_server_status();
    if (!status.initialised) throw Error(ErrorKind::database, "there is no private PostgreSQL yet: pgfeed server start");
    fmt::print("{}\n", status.conninfo);
  });
}

std::string target_conninfo(const std::string& to) {
  if (!to.empty()) return to;
  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE", "PGUSER"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return "";
  }
  const ServerStatus status = start_private_server();
  fmt::print(stderr, "pgfeed: no --to and no PG* environment: using the private server, {}\n", status.conninfo);
  return status.conninfo;
}

}  // namespace pgfeed
