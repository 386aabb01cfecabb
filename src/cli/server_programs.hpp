#pragma once

#include <string>

namespace pgfeed {

/// Where PostgreSQL's server programs are: a folder with `initdb`, `pg_ctl` and `postgres`.
struct ServerPrograms {
  std::string folder;
  int major = 0;  ///< 15

  [[nodiscard]] std::string path_of(const char* program) const { return folder + "/" + program; }
};

/// Finds the programs: on PATH, in the folders where packages put them (newest first), where `pg_config --bindir` says.
/// With `major` only that version will do: it must be the one that made the data.
/// Throws Error(database) with a sentence that says what to install.
ServerPrograms find_server_programs(int major = 0);

}  // namespace pgfeed
