#pragma once

#include <memory>
#include <string>

#include "load/load_ledger.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

/// The ledger of a load as one of its tasks sees it: the load is begun and ended by its driver. `attempt` names the task's
/// attempt; what it commits is of this kind.
std::unique_ptr<LoadLedger> make_task_ledger(std::int64_t load, const std::string& attempt, SpanKind kind);

}  // namespace pgfeed
