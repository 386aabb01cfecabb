#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace pgfeed {

/// A user that a child process runs as: what setgroups, setgid and setuid take.
struct ProcessUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// Finds a user by name, with all groups. Throws Error(database) if the machine has none of that name.
ProcessUser find_user(const std::string& name);

struct ChildResult {
  int exit_code = 0;   ///< as a shell gives it: 126 and 127 where it was not started, 128 + N after signal N
  std::string output;  ///< standard output and standard error together, in the order of writing
};

/// Runs a program to its end, without a shell.
///
/// `command` is the absolute path of the program and its arguments: no secrets, for everyone can read them.
/// `environment` is all that the child gets (`NAME=value`). `input` is its standard input, at most 4096 bytes (what a
/// pipe is sure to hold). With `user` the child drops to that user first, which only root may do. It starts in `/`,
/// with no open file but the three standard ones.
/// Returns when the program has ended and every process that holds its output has closed it.
/// Throws Error(database) when no process can be started.
ChildResult run_child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                      std::string_view input, const ProcessUser* user);

}  // namespace pgfeed
