#include "load/parked.hpp"

#include <vector>

#include "load/worker.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

void settle_parked(LoadState& state, Connection& connection) {
  constexpr int kBatch = 1000;
  std::int64_t before = 0;
  for (bool last_pass = false;; before = 0) {
    const std::int64_t last = last_parked(connection, state.load);
    if (last == 0) return;
    Worker worker(state, connection, !last_pass);
    std::int64_t parked_again = 0;
    for (std::int64_t after = 0;;) {
      const std::vector<ParkedDocument> documents = read_parked(connection, state.load, after, last, kBatch);
      if (documents.empty()) break;
      after = documents.back().id;
      before += static_cast<std::int64_t>(documents.size());
      parked_again += worker.load_parked(documents);
    }
    if (last_pass) return;
    last_pass = parked_again >= before;
  }
}

}  // namespace pgfeed
