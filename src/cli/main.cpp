#include <fmt/format.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/standard_output.hpp"
#include "text/text_table.hpp"

namespace {

constexpr const char* kFooter = R"(Exit codes:
  0  done
  2  usage: the command line makes no sense
  3  mapping: the mapping file is wrong, or does not fit the tables
  4  source: an input is missing, cannot be read, or is not JSON text; or an output cannot be written (what a load has
     committed by then stays)
  5  database: no connection, no right, or an error of the server
  6  too many rejects (--max-rejects); for check: any problem
  130  interrupted

https://www.postgresql.org/docs/current/libpq-connect.html says what --to may hold. A password comes from a passfile,
a service file or the environment, never from an argument.)";

/// CLI11 misses what is required before it minds what it does not know: a misspelt command is then told as a missing one.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  const bool is_misspelt = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !unknown.empty();
  return is_misspelt ? fmt::format("there is no command or option \"{}\"", unknown.front()) : error.what();
}

/// An option like `--to=`, whose value is empty: CLI11 would take the next argument for it. Null where there is none.
const char* find_empty_value(int argc, char** argv) {
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) return argv[i];
  }
  return nullptr;
}

/// Parses the arguments, which runs the command. False, and the reason is told: they make no sense. Throws Error.
bool parse(CLI::App& app, int argc, char** argv) {
  if (const char* option = find_empty_value(argc, argv)) {
    fmt::print(stderr, "pgfeed: {}: the value is empty; is a variable not set?\nTry: pgfeed --help\n", option);
    return false;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      fmt::print(stderr, "pgfeed: {}\nTry: pgfeed --help\n", usage_sentence(app, error));
      return false;
    }
    std::ostringstream help;
    app.exit(error, help);
    pgfeed::write_out(help.str(), "the help");
  }
  return true;
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
  add_status_command(app);
  add_forget_command(app);
  add_drop_command(app);
  add_rejects_command(app, exit_code);
  add_server_command(app, exit_code);
  try {
    return parse(app, argc, argv) ? exit_code : exit_code_of(ErrorKind::usage);
  } catch (const Error& error) {
    fmt::print(stderr, "pgfeed: {}\n", printable(error.what(), true));
    return exit_code_of(error.kind);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pgfeed: {}\n", error.what());
    return kUnexpectedExitCode;
  }
}
