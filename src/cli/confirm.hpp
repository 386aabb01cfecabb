#pragma once

#include <string>

namespace pgfeed {

/// Shows what is to be done and asks whether it is meant. Throws Error(usage) without a terminal to ask on: `undone` says
/// then what was not done.
bool confirm(const std::string& shown, const std::string& question, const std::string& undone);

}  // namespace pgfeed
