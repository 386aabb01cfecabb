#pragma once

#include <pgfeed/error.hpp>

#include <cstdint>
#include <string_view>

#include "load/batch.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// Whether the server refused data (a value, a key, a constraint, a trigger's exception), rather than the statement.
bool is_refusal(std::string_view sqlstate) noexcept;

/// Rejects a document for what the server said of its row in `table`; a missing parent parks it if `park`.
/// Does nothing to a document that is not live.
void refuse_document(SplitBatch& batch, std::uint32_t document, const TargetTable& table, const Error& error, bool park);

}  // namespace pgfeed
