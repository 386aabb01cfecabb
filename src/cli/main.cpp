#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

namespace {

constexpr const char* kFooter = R"(Exit codes:
  0  done
  2  usage: the command line makes no sense
  3  mapping: the mapping file is wrong, or does not fit the tables
  4  source: an input is missing, cannot be read, or is not JSON text
  5  database: no connection, no right, or an error of the server
  6  too many rejects (--max-rejects)
  130  interrupted

https://www.postgresql.org/docs/current/libpq-connect.html says what --to may hold. A password comes from a passfile,
a service file or the environment, never from an argument.)";

/// CLI11 misses what is required before it minds what it does not know: a misspelt command is then told as a missing one.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  const bool is_misspelt = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !unknown.empty();
  return is_misspelt ? fmt::format("there is no command or option \"{}\"", unknown.front()) : error.what();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace pgfeed;
  int exit_code = 0;
  CLI::App app("Feeds PostgreSQL: JSON documents into normalised tables, in parallel.", "pgfeed");
  app.set_version_flag("--version", "pgfeed " PGFEED_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  add_load_command(app, exit_code);
  add_check_command(app, exit_code);
  add_ddl_command(app, exit_code);
  add_server_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "pgfeed: {}\nTry: pgfeed --help\n", usage_sentence(app, error));
    return exit_code_of(ErrorKind::usage);
  } catch (const Error& error) {
    fmt::print(stderr, "pgfeed: {}\n", error.what());
    return exit_code_of(error.kind);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pgfeed: {}\n", error.what());
    return kUnexpectedExitCode;
  }
  return exit_code;
}
