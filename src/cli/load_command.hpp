#pragma once

#include <CLI/CLI.hpp>
#include <pgfeed/load.hpp>

#include <string>

#include "cli/session_options.hpp"

namespace pgfeed {

/// What `load` and `rejects retry`, which is a load too, were asked to do.
struct LoadCommand {
  LoadOptions options;
  SessionArguments session;
  std::string progress = "auto";
  bool json = false;
};

/// Adds the options of a load; its sources are not required by them. `command` must outlive the parsing.
void add_load_options(CLI::App& app, LoadCommand& command);

/// Loads, shows progress, prints the report; returns the exit code. Throws Error.
int run_load(LoadCommand& command);

}  // namespace pgfeed
