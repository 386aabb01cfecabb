#include <fmt/format.h>
#include <pgfeed/rejects.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/load_command.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "text/numbers.hpp"
#include "text/report_text.hpp"

namespace pgfeed {
namespace {

struct RejectsCommand {
  RejectFilter filter;
  SessionArguments session;
  std::int64_t limit = 20;
  bool json = false;
  std::string file;
};

/// What every subcommand can be asked for.
void add_filter_options(CLI::App& command, RejectFilter& filter) {
  add_count_option(
      command, "--load", 1, [&filter](std::int64_t load) { filter.load = load; }, "Only those of the load of this number");
  command.add_option("--reason", filter.reason, "Only those with this SQLSTATE, or with this text in their reason")
      ->check(require_value)
      ->type_name("TEXT|SQLSTATE");
  command.add_option("--table", filter.table, "Only those that did not fit this table")
      ->check(require_value)
      ->type_name("TABLE");
}

/// What those can be asked for that only look.
void add_look_options(CLI::App& command, RejectsCommand& arguments) {
  command.add_option("--feed", arguments.filter.feed, "Only those of this feed")->check(require_value)->type_name("FEED");
  add_filter_options(command, arguments.filter);
  command.add_option("--state", arguments.filter.state, "Only those in this state")
      ->check(CLI::IsMember({"rejected", "parked", "stopped", "settled"}))
      ->type_name("STATE");
  add_session_options(command, arguments.session);
}

void add_list(CLI::App& rejects, int& exit_code) {
  CLI::App* list = rejects.add_subcommand("list", "Counts them by reason, and shows the newest");
  auto command = std::make_shared<RejectsCommand>();
  add_look_options(*list, *command);
  add_count_option(
      *list, "--limit", 0, [command](std::int64_t limit) { command->limit = limit; }, "Show so many (20)");
  list->add_flag("--json", command->json, "Print them as JSON");
  list->callback([command, &exit_code] {
    const RejectList found = list_rejects(command->session.session(), command->filter, command->limit);
    write_out(command->json ? rejects_json(found) : rejects_text(found), "the rejects");
    exit_code = 0;
  });
}

void add_export(CLI::App& rejects, int& exit_code) {
  CLI::App* exporting = rejects.add_subcommand(
      "export",
      "Writes them with their documents as newline-delimited JSON, to be mended and loaded by load --from-rejects");
  auto command = std::make_shared<RejectsCommand>();
  add_look_options(*exporting, *command);
  exporting->add_option("file", command->file, "The file, or - for standard output")->required()->type_name("FILE");
  exporting->callback([command, &exit_code] {
    const std::int64_t count = export_rejects(command->session.session(), command->filter, command->file);
    if (command->file != "-")
      write_out(fmt::format("{} rejects written to {}\n", grouped(count), command->file), "what was written");
    exit_code = 0;
  });
}

void add_retry(CLI::App& rejects, int& exit_code) {
  CLI::App* retry = rejects.add_subcommand(
      "retry", "Loads documents that were rejected once more, after the mapping or the tables were mended");
  auto command = std::make_shared<LoadCommand>();
  add_load_options(*retry, *command);
  for (const char* option : {"sources", "--documents", "--connections", "--limit", "--reload", "--source-id"})
    retry->remove_option(retry->get_option(option));
  command->options.retry.emplace();
  add_filter_options(*retry, *command->options.retry);
  retry->callback([command, &exit_code] { exit_code = run_load(*command); });
}

}  // namespace

void add_rejects_command(CLI::App& app, int& exit_code) {
  CLI::App* rejects = app.add_subcommand("rejects", "Shows, exports and retries documents that did not go in");
  rejects->require_subcommand(1);
  add_list(*rejects, exit_code);
  add_export(*rejects, exit_code);
  add_retry(*rejects, exit_code);
}

}  // namespace pgfeed
