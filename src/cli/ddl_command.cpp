#include <memory>

#include "cli/commands.hpp"
#include "cli/standard_output.hpp"
#include "mapping/ddl.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

void add_ddl_command(CLI::App& app, int&) {
  CLI::App* ddl_command = app.add_subcommand("ddl", "Prints the tables of a mapping as SQL, ready to edit");
  auto mapping = std::make_shared<std::string>();
  ddl_command->add_option("-m,--mapping", *mapping, "The mapping file")->required()->type_name("FILE");
  ddl_command->callback([mapping] { write_out(ddl(load_mapping(*mapping)), "the tables"); });
}

}  // namespace pgfeed
