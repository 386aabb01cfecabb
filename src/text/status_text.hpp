#pragma once

#include <pgfeed/status.hpp>

#include <string>

namespace pgfeed {

/// What the ledger knows, for a person: lines of at most 100 columns where names are of a common length.
std::string status_text(const StatusReport& report);
std::string status_text(const LoadDetail& detail);
/// The same for programs: one JSON object, documented in docs/status.md.
std::string status_json(const StatusReport& report);
std::string status_json(const LoadDetail& detail);

}  // namespace pgfeed
