#include <fmt/format.h>
#include <pgfeed/forget.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/session_options.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "text/numbers.hpp"
#include "text/option_values.hpp"
#include "text/text_table.hpp"

namespace pgfeed {
namespace {

struct ForgetCommand {
  ForgetOptions options;
  SessionArguments session;
  bool yes = false;
};

std::string counted(std::int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string counts_text(const Forgotten& forgotten) {
  std::string text =
      fmt::format("{}, {} of {}, {}", counted(forgotten.sources, "source"), counted(forgotten.splits, "split"),
                  megabytes(forgotten.bytes), counted(forgotten.documents, "document"));
  if (forgotten.staged > 0) text += ", " + counted(forgotten.staged, "staged split");
  if (forgotten.rejects > 0) text += ", " + counted(forgotten.rejects, "reject");
  return text;
}

std::string shown(const Forgotten& forgotten, const ForgetOptions& options) {
  std::string text = fmt::format("Of feed {} in {} this is to be forgotten:\n    {}\n", printable(forgotten.feed),
                                 printable(forgotten.database), counts_text(forgotten));
  for (const std::string& uri : forgotten.first_sources) text += fmt::format("    {}\n", printable(uri));
  const auto more = forgotten.sources - static_cast<std::int64_t>(forgotten.first_sources.size());
  if (more > 0) text += "    and more\n";
  if (options.all) text += "    and which tables the feed was loaded into\n";
  return text +
         "The next load takes these bytes again. The rows stay in the tables: a key and a rule for\n"
         "duplicates keep them from being doubled.\n";
}

bool is_meant(const Forgotten& forgotten, const ForgetCommand& command) {
  return command.yes || confirm(shown(forgotten, command.options), "Forget this?", "nothing was forgotten");
}

void run(ForgetCommand& command) {
  command.options.session = command.session.session();
  const Forgotten forgotten = forget(command.options, [&](const Forgotten& found) { return is_meant(found, command); });
  write_out(forgotten.feed.empty()
                ? std::string("Nothing was forgotten.\n")
                : fmt::format("Forgotten of feed {}: {}.\n", printable(forgotten.feed), counts_text(forgotten)),
            "what was forgotten");
}

}  // namespace

void add_forget_command(CLI::App& app) {
  CLI::App* forget_command =
      app.add_subcommand("forget", "Drops entries of the ledger, so that the next load takes their bytes again");
  auto command = std::make_shared<ForgetCommand>();
  CLI::Option* what =
      forget_command
          ->add_option_function<std::string>(
              "what",
              [command](const std::string& text) {
                const std::optional<std::int64_t> load = parse_count(text, 1);
                load ? void(command->options.load = *load) : void(command->options.source = text);
              },
              "A source as given to a load, id:NAME, a folder or a glob; or a load by its number (./7 is a file)")
          ->check(require_value)
          ->type_name("SOURCE|LOAD");
  add_session_options(*forget_command, command->session);
  CLI::Option* feed = forget_command->add_option("--feed", command->options.feed, "The feed that is to forget it")
                          ->check(require_value)
                          ->type_name("FEED");
  forget_command->add_flag("--all", command->options.all, "All sources of --feed, and which tables it was loaded into")
      ->needs(feed)
      ->excludes(what);
  forget_command->add_flag("--yes", command->yes, "Do not ask");
  forget_command->callback([command] { run(*command); });
}

}  // namespace pgfeed
