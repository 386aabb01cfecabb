#pragma once

#include <CLI/CLI.hpp>

namespace pgfeed {

/// Each adds its subcommand to the program. What the subcommand does runs when the arguments are parsed; its exit code
/// goes to `exit_code`, and it throws Error for anything that ends it early.
void add_load_command(CLI::App& app, int& exit_code);
void add_check_command(CLI::App& app, int& exit_code);
void add_ddl_command(CLI::App& app, int& exit_code);
void add_status_command(CLI::App& app);
void add_forget_command(CLI::App& app);
void add_drop_command(CLI::App& app);
void add_rejects_command(CLI::App& app, int& exit_code);
void add_server_command(CLI::App& app, int& exit_code);

/// `--to`, else the PG* environment where it says anything, else the private server, which is started and named on
/// standard error. Throws Error(usage) when `--to` holds a password; Error(database) when there is no private server.
std::string target_conninfo(const std::string& to);

}  // namespace pgfeed
