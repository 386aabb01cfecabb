#pragma once

#include <CLI/CLI.hpp>
#include <pgfeed/session.hpp>

#include <memory>
#include <string>

namespace pgfeed {

/// What every command that connects takes: which database, which schema has the ledger, how long to wait for what.
struct SessionArguments {
  std::string to;
  SessionOptions options;

  /// The options, once they are parsed. Starts the private server where nothing names another. Throws Error(usage) when
  /// `--to` holds a password; Error(database) when there is no private server.
  [[nodiscard]] SessionOptions session() const;
};

/// Adds `--to`, `--ledger-schema`, `--connect-timeout`, `--lock-timeout` and `--answer-timeout`. `arguments` must outlive
/// the command.
void add_session_options(CLI::App& command, SessionArguments& arguments);

/// Adds `--ledger-schema`. `schema` must outlive the command.
CLI::Option* add_ledger_schema_option(CLI::App& command, std::string& schema);

/// An option that takes a time, with a unit or without (seconds).
void add_duration_option(CLI::App& command, const std::string& name, std::chrono::milliseconds& duration,
                         const std::string& description);

}  // namespace pgfeed
