#include <fmt/format.h>
#include <pgfeed/check.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/session_options.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "text/option_values.hpp"
#include "text/report_text.hpp"

namespace pgfeed {
namespace {

struct CheckCommand {
  CheckOptions options;
  SessionArguments session;
  std::size_t rows = 3;
  bool json = false;
};

/// The exit code tells whether problems were found, as that of a load with --max-rejects 0 would.
int run(CheckCommand& command) {
  command.options.session = command.session.session();
  const CheckReport report = check(command.options, command.rows);
  write_out(command.json ? check_json(report) : check_text(report), "what was found");
  if (report.rejects.empty()) return 0;
  throw Error(ErrorKind::rejects, report.rejects.size() == 1 ? "a problem was found"
                                                             : fmt::format("{} problems were found", report.rejects.size()));
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  CLI::App* check_command =
      app.add_subcommand("check", "Shows the rows that a load would make of some documents; writes nothing");
  auto command = std::make_shared<CheckCommand>();
  CheckOptions& options = command->options;
  add_source_options(*check_command, options.mapping, options.sources, options.documents, options.max_document,
                     options.max_depth, options.strict_json);
  add_session_options(*check_command, command->session);
  add_count_option(
      *check_command, "--limit", 1, [&options](std::int64_t limit) { options.limit = limit; },
      "Check at most so many documents, in listing order (100)");
  check_command
      ->add_option_function<std::string>(
          "--sample", [&options](const std::string& text) { options.sample_percent = *parse_percent(text); },
          "Check only this share of the documents, spread evenly: of 1%, each hundredth, up to --limit")
      ->check(
          [](const std::string& text) { return parse_percent(text) ? "" : "a percentage is wanted, above 0 and up to 100"; })
      ->type_name("P%");
  add_count_option(
      *check_command, "--rows", 0, [rows = &command->rows](std::int64_t count) { *rows = static_cast<std::size_t>(count); },
      "Rows of each table to show (3)");
  check_command->add_flag("--json", command->json, "Print what was found as JSON");
  check_command->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace pgfeed
