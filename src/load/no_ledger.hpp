#pragma once

#include <memory>

#include "load/load_ledger.hpp"

namespace pgfeed {

/// What a load does for a database in which nothing may be made (`--no-ledger`): nothing of the ledger's schema is read or
/// written. Its tables must be there; nothing is known to be in; rejects go to the file alone, each split's as it is
/// committed; the load's end is still durable.
std::unique_ptr<LoadLedger> make_no_ledger(const LoadOptions& options);

}  // namespace pgfeed
