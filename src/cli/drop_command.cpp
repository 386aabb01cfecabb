#include <fmt/format.h>
#include <pgfeed/drop.hpp>

#include <memory>

#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/session_options.hpp"
#include "cli/standard_output.hpp"
#include "text/numbers.hpp"
#include "text/option_values.hpp"
#include "text/text_table.hpp"

namespace pgfeed {
namespace {

struct DropCommand {
  std::int64_t load = 0;
  SessionArguments session;
  bool yes = false;
};

std::string counts_text(const StagedLoad& staged) {
  return fmt::format("staged splits: {}, of {} and {} documents", grouped(staged.splits), megabytes(staged.bytes),
                     grouped(staged.documents));
}

bool is_meant(const StagedLoad& staged, const DropCommand& command) {
  if (command.yes) return true;
  return confirm(
      fmt::format("Of load {} of feed {} in {} this is to be dropped:\n    {}\nNone of it was published; the same load "
                  "command would go on from it.\n",
                  staged.load, printable(staged.feed), printable(staged.database), counts_text(staged)),
      "Drop this?", "nothing was dropped");
}

void run(DropCommand& command) {
  const StagedLoad staged =
      drop(command.session.session(), command.load, [&](const StagedLoad& found) { return is_meant(found, command); });
  write_out(staged.load == 0 ? std::string("Nothing was dropped.\n")
                             : fmt::format("Dropped of load {}: {}.\n", staged.load, counts_text(staged)),
            "what was dropped");
}

}  // namespace

void add_drop_command(CLI::App& app) {
  CLI::App* drop_command =
      app.add_subcommand("drop", "Takes away what an atomic load has staged that did not come to its end");
  auto command = std::make_shared<DropCommand>();
  drop_command
      ->add_option_function<std::string>(
          "load", [command](const std::string& text) { command->load = *parse_count(text, 1); }, "The load, by its number")
      ->check([](const std::string& text) {
        return parse_count(text, 1) ? "" : "the number of a load is wanted, not \"" + text + "\"";
      })
      ->required()
      ->type_name("LOAD");
  add_session_options(*drop_command, command->session);
  drop_command->add_flag("--yes", command->yes, "Do not ask");
  drop_command->callback([command] { run(*command); });
}

}  // namespace pgfeed
