#include <pgfeed/status.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/session_options.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "text/option_values.hpp"
#include "text/status_text.hpp"

namespace pgfeed {
namespace {

// Enough to see what is missing; all of them are for programs.
constexpr std::int64_t kNamedSources = 5;

struct StatusCommand {
  StatusOptions options;
  SessionArguments session;
  std::int64_t load = 0;  ///< 0: all feeds
  bool json = false;
};

void run(StatusCommand& command) {
  const SessionOptions session = command.session.session();
  if (command.load != 0) {
    const LoadDetail detail = load_status(session, command.load);
    return write_out(command.json ? status_json(detail) : status_text(detail), "what the ledger knows");
  }
  command.options.session = session;
  command.options.missing = command.json ? -1 : kNamedSources;
  const StatusReport report = status(command.options);
  write_out(command.json ? status_json(report) : status_text(report), "what the ledger knows");
}

}  // namespace

void add_status_command(CLI::App& app) {
  CLI::App* status_command = app.add_subcommand("status", "Shows what is in, what is not, and why; changes nothing");
  auto command = std::make_shared<StatusCommand>();
  CLI::Option* load = status_command
                          ->add_option_function<std::string>(
                              "load", [command](const std::string& text) { command->load = *parse_count(text, 1); },
                              "One load in detail, by its number")
                          ->check([](const std::string& text) {
                            return parse_count(text, 1) ? "" : "the number of a load is wanted, not \"" + text + "\"";
                          })
                          ->type_name("LOAD");
  add_session_options(*status_command, command->session);
  status_command->add_option("--feed", command->options.feed, "Only this feed")
      ->check(require_value)
      ->type_name("FEED")
      ->excludes(load);
  add_count_option(
      *status_command, "--loads", 1, [command](std::int64_t count) { command->options.loads = count; },
      "How many loads of each feed to show (5)");
  status_command->add_flag("--json", command->json, "Print it as JSON, with all that is missing");
  status_command->callback([command] { run(*command); });
}

}  // namespace pgfeed
