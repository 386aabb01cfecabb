#pragma once

#include <pgfeed/check.hpp>
#include <pgfeed/load.hpp>
#include <pgfeed/rejects.hpp>

#include <string>

namespace pgfeed {

/// The report of a load for a person: several lines, each with its end.
std::string report_text(const Report& report);
/// The same for programs: one JSON object, documented in docs/report.md.
std::string report_json(const Report& report);
/// Says a warning on standard error, on a line of its own.
void print_warning(const std::string& warning);
/// A reject on one line: where, what, why.
std::string reject_text(const RejectReport& reject);
/// What `check` found: tables with their first rows, then every problem.
std::string check_text(const CheckReport& report);
std::string check_json(const CheckReport& report);

/// What `rejects list` found: counts by reason, then the newest, one on a line.
std::string rejects_text(const RejectList& list);
std::string rejects_json(const RejectList& list);

}  // namespace pgfeed
