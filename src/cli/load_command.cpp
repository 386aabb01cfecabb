#include "cli/load_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "load/rejects_file.hpp"
#include "text/option_values.hpp"
#include "text/report_text.hpp"

namespace pgfeed {
namespace {

/// Where standard output is a program's or a file, warnings are shown to the person as well. What was said before the load
/// is not said again.
void print_warnings(const LoadCommand& command, const Report& report) {
  if (!command.json && isatty(STDOUT_FILENO) != 0) return;
  const std::vector<std::string> said = no_ledger_warnings(command.options);
  for (const std::string& warning : report.warnings) {
    if (std::ranges::find(said, warning) == said.end()) print_warning(warning);
  }
}

/// What only a ledger makes possible.
void require_ledger_options(const CLI::App& load_command, const LoadOptions& options) {
  if (!options.no_ledger) return;
  for (const char* name : {"--reload", "--source-id", "--from-rejects", "--publish"}) {
    const CLI::Option* option = load_command.get_option_no_throw(name);
    if (option == nullptr || option->count() == 0) continue;
    const std::string value = option->get_items_expected_max() == 0 ? "" : option->as<std::string>();
    if (name == std::string_view("--publish") && value != "atomic") continue;
    throw Error(ErrorKind::usage, fmt::format("{}{}{} needs the ledger, which --no-ledger is to leave alone", name,
                                              value == "atomic" ? " " : "", value == "atomic" ? value : ""));
  }
}

void print(const LoadCommand& command, const Report& report) {
  print_warnings(command, report);
  write_out(command.json ? report_json(report) : report_text(report),
            fmt::format("the report of {}, which {}", report.load == 0 ? "the load" : fmt::format("load {}", report.load),
                        report.dry_run ? "was a dry run and is rolled back" : "is done, its rows in"));
}

/// A load that ended before its keys were made leaves them to the next one: nothing else would tell.
void add_pending_keys_warning(const LoadOptions& options, Report& report) {
  try {
    const std::vector<std::string> tables = tables_with_pending_keys(options.session, report.feed);
    if (!tables.empty()) {
      report.warnings.push_back(
          fmt::format("keys that come after the rows are not made yet (tables {}); the next load of feed "
                      "{} makes them; pgfeed status shows them",
                      fmt::join(tables, ", "), report.feed));
    }
  } catch (const Error&) {
    // The error that ended the load is the one to tell.
  }
}

void print_partial(const LoadCommand& command, Report& partial, ErrorKind why) {
  const bool server_answers = why == ErrorKind::interrupted || why == ErrorKind::rejects;
  if (server_answers && !command.options.dry_run && !command.options.no_ledger)
    add_pending_keys_warning(command.options, partial);
  fmt::print(stderr, "{}", report_text(partial));
  if (!command.json) return;
  try {
    write_out(report_json(partial), "the report");
  } catch (const Error& error) {  // what ended the load is said last
    fmt::print(stderr, "pgfeed: {}\n", error.what());
  }
}

}  // namespace

void add_load_options(CLI::App& load_command, LoadCommand& command) {
  LoadOptions& options = command.options;
  add_source_options(load_command, options.mapping, options.sources, options.documents, options.max_document,
                     options.max_depth, options.strict_json);
  load_command.get_option("sources")->required(false);
  add_session_options(load_command, command.session);
  add_duration_option(load_command, "--retry-for", command.session.options.retry_for,
                      "How long a server that was lost in mid-load is waited for (60s)");
  load_command
      .add_option("--connections", options.connections,
                  "Sessions that the load may have, no more; as many as cores, unless given")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  add_count_option(
      load_command, "--limit", 0, [&options](std::int64_t limit) { options.limit = limit; },
      "Load only the first N documents, in listing order");
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
      ->check(require_value)
      ->type_name("FILE");
  load_command.add_flag("--reload", options.reload, "Load sources again that are in, by the rules for duplicates");
  load_command
      .add_option("--source-id", options.source_id,
                  "A name that lasts for standard input or a pipe, so that it is known to be in the next time")
      ->check(require_value)
      ->type_name("NAME");
  add_size_option(load_command, "--split-size", options.split_size, "Bytes that are loaded in one transaction (32MiB)");
  load_command.add_option("--progress", command.progress, "auto: a bar on a terminal, else a line every ten seconds")
      ->check(CLI::IsMember({"auto", "bar", "plain", "none"}))
      ->type_name("STYLE")
      ->capture_default_str();
  load_command.add_flag("--json", command.json, "Print the report as JSON");
}

/// After an error that leaves rows behind, what there is is shown too; the sentence comes last.
int run_load(LoadCommand& command) {
  const bool makes_keys_later =
      !command.options.dry_run && !command.options.no_ledger && command.options.publish == Publish::split;
  const std::string keys = makes_keys_later ? "; keys that were not made yet are left to it" : "";
  const SignalStop signals(interrupted_sentence(command.options) + keys);
  require_rejects_apart(command.options);
  command.options.session = command.session.session();
  for (const std::string& warning : no_ledger_warnings(command.options)) print_warning(warning);
  Report partial;
  try {
    Progress progress(*progress_style(command.progress));
    partial = load(
        command.options, [&](const Report& report) { progress.show(report); }, signals.token(), &partial);
  } catch (const Error& error) {
    if (partial.has_begun) print_partial(command, partial, error.kind);
    throw;
  }
  print(command, partial);
  return 0;
}

namespace {

void require_one_input(const LoadOptions& options) {
  if (options.from_rejects.empty() && options.sources.empty())
    throw Error(ErrorKind::usage, "sources, or --from-rejects, are required");
  const bool of_sources = !options.sources.empty() || !options.documents.empty() || options.limit >= 0 || options.reload ||
                          !options.source_id.empty();
  if (!options.from_rejects.empty() && of_sources)
    throw Error(ErrorKind::usage,
                "--from-rejects is in place of sources, and goes with none of --documents, --limit, --reload "
                "and --source-id");
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  CLI::App* load_command = app.add_subcommand("load", "Loads documents into the tables of a mapping");
  auto command = std::make_shared<LoadCommand>();
  add_load_options(*load_command, *command);
  LoadOptions& options = command->options;
  load_command
      ->add_option("--from-rejects", options.from_rejects,
                   "In place of sources: rejects that were exported and mended, or - for standard input")
      ->check(require_value)
      ->type_name("FILE");
  load_command
      ->add_option_function<std::string>(
          "--publish",
          [&options](const std::string& when) { options.publish = when == "atomic" ? Publish::atomic : Publish::split; },
          "split (the default): rows can be seen as soon as their split is in; atomic: all of the load at once, or nothing")
      ->check(CLI::IsMember({"split", "atomic"}))
      ->type_name("WHEN");
  load_command->add_flag("--no-ledger", options.no_ledger,
                         "For a database where nothing may be made: what is in is not written down, so another load of it "
                         "may load it twice");
  load_command->callback([load_command, command, &exit_code] {
    require_ledger_options(*load_command, command->options);
    require_one_input(command->options);
    exit_code = run_load(*command);
  });
}

}  // namespace pgfeed
