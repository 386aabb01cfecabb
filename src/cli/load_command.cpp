#include <fmt/format.h>
#include <pgfeed/load.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/option_values.hpp"
#include "cli/progress.hpp"
#include "cli/report_text.hpp"
#include "cli/signals.hpp"
#include "cli/source_options.hpp"

namespace pgfeed {
namespace {

struct LoadCommand {
  LoadOptions options;
  std::string to;
  std::string progress = "auto";
  bool json = false;
};

void add_options(CLI::App& load_command, LoadCommand& command) {
  LoadOptions& options = command.options;
  add_source_options(load_command, options.mapping, command.to, options.sources, options.documents, options.max_document,
                     options.max_depth, options.strict_json);
  load_command.add_option("--connections", options.connections, "Sessions to load with; as many as cores, unless given")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  load_command.add_option("--limit", options.limit, "Load only the first N documents, in listing order")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  load_command.add_flag("--dry-run", options.dry_run,
                        "Load in one transaction, server's checks and all, and roll it back at the end");
  load_command
      .add_option_function<std::string>(
          "--max-rejects", [&options](const std::string& text) { options.max_rejects = *parse_reject_limit(text); },
          "Documents that may be rejected before the load stops (0), or a percentage that is judged at the end")
      ->check([](const std::string& text) {
        return parse_reject_limit(text) ? "" : "a number of documents, or a percentage up to 100%, is wanted";
      })
      ->type_name("N|P%");
  load_command
      .add_option("--rejects", options.rejects_file, "Write the rejects to this file too, as newline-delimited JSON")
      ->type_name("FILE");
  add_size_option(load_command, "--split-size", options.split_size, "Bytes that are loaded in one transaction (32MiB)");
  load_command.add_option("--progress", command.progress, "auto: a bar on a terminal, else a line every ten seconds")
      ->check(CLI::IsMember({"auto", "bar", "plain", "none"}))
      ->type_name("STYLE")
      ->capture_default_str();
  load_command.add_flag("--json", command.json, "Print the report as JSON");
}

void print(const LoadCommand& command, const Report& report) {
  fmt::print("{}", command.json ? report_json(report) : report_text(report));
}

/// After an error that leaves rows behind, what there is is shown too; the sentence comes last.
int run(LoadCommand& command) {
  const SignalStop signals;
  command.options.conninfo = target_conninfo(command.to);
  Report partial;
  try {
    Progress progress(*progress_style(command.progress));
    partial = load(
        command.options, [&](const Report& report) { progress.show(report); }, signals.token(), &partial);
  } catch (const Error& error) {
    if (partial.load != 0) fmt::print(stderr, "{}", report_text(partial));
    if (partial.load != 0 && command.json) fmt::print("{}", report_json(partial));
    throw;
  }
  print(command, partial);
  return 0;
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App* load_command = app.add_subcommand("load", "Loads documents into the tables of a mapping");
  auto command = std::make_shared<LoadCommand>();
  add_options(*load_command, *command);
  load_command->callback([command, &exit_code] { exit_code = run(*command); });
}

}  // namespace pgfeed
