#include "cli/session_options.hpp"

#include "cli/commands.hpp"
#include "cli/source_options.hpp"
#include "text/option_values.hpp"
#include "text/report_text.hpp"

namespace pgfeed {

SessionOptions SessionArguments::session() const {
  SessionOptions session = options;
  session.conninfo = target_conninfo(to);
  session.on_warning = print_warning;
  return session;
}

void add_duration_option(CLI::App& command, const std::string& name, std::chrono::milliseconds& duration,
                         const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&duration](const std::string& text) { duration = *parse_duration(text); }, description)
      ->check([](const std::string& text) {
        return parse_duration(text) ? "" : "a time is wanted, such as 30s, 500ms, 5min, 1h, at most 24h";
      })
      ->type_name("TIME");
}

CLI::Option* add_ledger_schema_option(CLI::App& command, std::string& schema) {
  return command.add_option("--ledger-schema", schema, "The schema of the ledger")
      ->check([](const std::string& name) {
        constexpr std::size_t kLongest = 63;  // NAMEDATALEN - 1
        return name.empty() || name.size() > kLongest ? "a name of 1 to 63 bytes is wanted" : "";
      })
      ->type_name("NAME")
      ->capture_default_str();
}

void add_session_options(CLI::App& command, SessionArguments& arguments) {
  command
      .add_option("--to", arguments.to,
                  "Connection string or URI of the database; else the PG* environment, else the private server")
      ->check(require_value)
      ->type_name("CONNINFO");
  add_ledger_schema_option(command, arguments.options.schema);
  add_duration_option(command, "--connect-timeout", arguments.options.connect_timeout,
                      "How long a refused connection is tried again (15s)");
  add_duration_option(command, "--lock-timeout", arguments.options.lock_timeout,
                      "How long to wait for what another session has locked; 0: for ever (5min)");
  add_duration_option(
      command, "--answer-timeout", arguments.options.answer_timeout,
      "After so long a silence of the server, ask over another session whether it is at work; 0: never (60s)");
}

}  // namespace pgfeed
