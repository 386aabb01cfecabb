#include "load/refusal.hpp"

#include <algorithm>
#include <array>

namespace pgfeed {

bool is_refusal(std::string_view sqlstate) noexcept {
  // Class 54 (limits) counts as data: an index row too large. All but its 54001, where the server's stack is the limit, and
  // that too is reached by a document.
  constexpr std::array<std::string_view, 16> not_data{"08", "0A", "25", "26", "28", "3D", "3F", "40",
                                                      "42", "53", "55", "57", "58", "72", "F0", "XX"};
  return sqlstate.size() == 5 && std::ranges::find(not_data, sqlstate.substr(0, 2)) == not_data.end();
}

void refuse_document(SplitBatch& batch, std::uint32_t document, const TargetTable& table, const Error& error, bool park) {
  if (document == kNoDocument || !batch.is_live(document)) return;
  batch.reject(document, {0, table.plan->name.text(), error.column, error.what(), error.sqlstate});
  if (park && error.sqlstate == "23503") batch.documents[document].state = DocumentState::parked;
}

}  // namespace pgfeed
