#pragma once

#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "load/split_queue.hpp"
#include "postgres/ledger.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// Whether two looks at a source show different bytes: it has another version. False where a version is not known.
bool is_changed(const std::string& before, const std::string& now) noexcept;

/// Error(source) for a source that is not what the ledger has under its name, with both versions and the ways out.
Error changed_since_loaded(const Source& source, const SourceEntry& entry, const std::string& feed);

/// After the last split, for a source of which not all is in: the server has lost some; or it is a pipe that has ended, as
/// `ends` says, before what is in does, so it is another one than was loaded under its `--source-id`.
Error lost_or_another(const PlannedSource& hole, const std::vector<SeenEnd>& ends);

/// Throws Error(source) where a source is no longer what was listed: what was read of it may be of both. A file that was
/// deleted or replaced after it was opened has not changed: the one that is open can be read to its end.
template <typename Bytes>  // ByteStream or RandomAccess
void require_unchanged(const Source& listed, const Bytes& bytes);

}  // namespace pgfeed
