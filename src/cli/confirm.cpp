#include "cli/confirm.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <pgfeed/error.hpp>

#include <iostream>

namespace pgfeed {

bool confirm(const std::string& shown, const std::string& question, const std::string& undone) {
  fmt::print(stderr, "{}", shown);
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
    throw Error(ErrorKind::usage, undone + ": without a terminal to ask on, --yes says that it is meant");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace pgfeed
