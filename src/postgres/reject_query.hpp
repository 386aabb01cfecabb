#pragma once

#include <pgfeed/rejects.hpp>

#include "postgres/connection.hpp"
#include "postgres/kept_documents.hpp"

namespace pgfeed {

/// The rows that a filter means.
KeptSelection select_rejects(const RejectFilter& filter);
/// What of them can be tried again by a load: those that are `rejected`, were not tried by it yet, have a document, and were
/// not loaded again with their source.
KeptSelection select_retried(const RejectFilter& filter, std::int64_t load);
/// Of those that are `rejected` and meant by the filter, how many cannot be tried, as two sentences at most.
std::vector<std::string> why_not_retried(Connection& connection, const RejectFilter& filter);

/// What a load writes to its file: its own rejects, and those of the same sources that earlier loads of the feed have left.
/// So a load that was killed and is run again writes all of them.
KeptSelection select_exported(std::int64_t load, const std::string& feed, const std::vector<std::string>& uris);

/// Counts them by reason, and reads the newest. Throws Error(database).
RejectList read_rejects(Connection& connection, const KeptSelection& selection, std::int64_t limit);

}  // namespace pgfeed
