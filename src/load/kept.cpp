#include "load/kept.hpp"

#include <memory>

#include "load/rejects_input.hpp"
#include "load/worker.hpp"
#include "postgres/kept_documents.hpp"

namespace pgfeed {
namespace {

std::unique_ptr<KeptSource> open_rejects(LoadState& state, Connection& connection, const Patience& patiently) {
  if (state.options.retry) return std::make_unique<RetriedRejects>(state, connection, patiently);
  return std::make_unique<RejectsInput>(state, connection, patiently);
}

}  // namespace

std::vector<std::string> load_rejects(LoadState& state, Connection& connection, const Patience& patiently) {
  const std::unique_ptr<KeptSource> source = open_rejects(state, connection, patiently);
  while (!state.is_stopped()) {
    const std::vector<KeptDocument> documents = source->next();
    if (documents.empty()) break;
    Worker worker(state, connection, true);  // none while `next` may have to connect again
    worker.load_kept(documents);
  }
  return source->warnings();
}

void settle_parked(LoadState& state, Connection& connection) {
  const std::string& feed = state.target.plan->feed;
  drop_superseded_parked(connection, feed);
  const KeptSelection parked = select_parked(connection, feed, state.load);
  for (bool last_pass = false;;) {
    Worker worker(state, connection, !last_pass);
    std::int64_t before = 0;
    std::int64_t parked_again = 0;
    for (std::int64_t after = 0;;) {
      const std::vector<KeptDocument> documents = read_kept(connection, parked, after, state.options.split_size);
      if (documents.empty()) break;
      after = documents.back().reject;
      before += static_cast<std::int64_t>(documents.size());
      parked_again += worker.load_kept(documents);
    }
    if (before == 0 || last_pass) return;
    last_pass = parked_again >= before;
  }
}

}  // namespace pgfeed
