#include <memory>

#include "cli/commands.hpp"
#include "cli/session_options.hpp"
#include "cli/source_options.hpp"
#include "cli/standard_output.hpp"
#include "mapping/ddl.hpp"
#include "mapping/plan.hpp"
#include "postgres/ledger_schema.hpp"

namespace pgfeed {
namespace {

struct DdlCommand {
  std::string mapping;
  bool ledger = false;
  std::string schema = "pgfeed";
  std::string role;
};

void run(const DdlCommand& command) {
  if (command.ledger) return write_out(ledger_ddl(command.schema, command.role), "the ledger");
  write_out(ddl(load_mapping(command.mapping)), "the tables");
}

}  // namespace

void add_ddl_command(CLI::App& app, int&) {
  CLI::App* ddl_command =
      app.add_subcommand("ddl", "Prints the tables of a mapping, or of the ledger, as SQL, ready to edit");
  auto command = std::make_shared<DdlCommand>();
  ddl_command->add_option("-m,--mapping", command->mapping, "The mapping file")->type_name("FILE");
  CLI::Option* ledger =
      ddl_command->add_flag("--ledger", command->ledger, "Print what makes the ledger, or brings an older one up to date");
  add_ledger_schema_option(*ddl_command, command->schema)->needs(ledger);
  ddl_command->add_option("--grant-to", command->role, "Grant this role what loads need of the ledger")
      ->needs(ledger)
      ->check(require_value)
      ->type_name("ROLE");
  ddl_command->callback([command] {
    if (command->ledger == !command->mapping.empty())
      throw Error(ErrorKind::usage, "ddl: one of --mapping FILE and --ledger is wanted");
    run(*command);
  });
}

}  // namespace pgfeed
