#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "load/resolver.hpp"
#include "load/shared_state.hpp"
#include "load/split_claim.hpp"
#include "load/split_parser.hpp"
#include "load/writer.hpp"
#include "postgres/connection.hpp"
#include "postgres/kept_documents.hpp"
#include "postgres/reject_table.hpp"

namespace pgfeed {

/// Loads splits, one after another, over one connection: read, resolve, write.
///
/// A split that fails for a reason that may pass (a deadlock, a lost connection, a server that restarts) is tried again
/// from memory. Lives in one thread.
class Worker {
 public:
  /// Over `lent`, else over a connection of its own, which it opens; opens it again where it is lost. Throws
  /// Error(database).
  Worker(LoadState& state, int number, Connection* lent);
  /// Over the load's own connection. `park`: see Writer.
  Worker(LoadState& state, Connection& connection, bool park);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Loads splits until there are none or the load is stopped. Throws Error.
  void run();

  /// Loads a split that was staged; `split` has its source and nothing else. Throws Error.
  void load_staged(std::string_view bytes, Split& split);

  /// Loads a split that holds its records already, under a claim that is not of a source's bytes. Throws Error.
  void load_claimed(Split& split, Claim& claim);

  /// Loads documents that are kept in `pgfeed.rejects`, in one transaction, but for those that others have tried by then.
  /// Returns how many are parked. Throws Error.
  std::int64_t load_kept(std::span<const KeptDocument> documents);

 private:
  using Clock = std::chrono::steady_clock;

  void load_batch(const Split& split);
  void load_once(const Split& split, bool alone);
  bool load_unless_taken(const Split& split, bool alone);
  bool leave_taken_out(const Split& split);
  void commit(const AllCounts& counts, const Split& split, Clock::time_point began);
  void commit_knowingly(const Split& split);
  void write_down(const Split& split);
  void publish();
  void stop_for_rejects(const Split& split, std::int64_t rejects);
  std::vector<RejectRow> reject_rows(const Split& split, bool stopped);
  std::string_view text_of(const Split& split, const BatchDocument& document);
  void read_text(const Split& split);
  void count_lines(const Split& split);
  void restore();
  void forget_session();
  [[nodiscard]] std::int64_t count(DocumentState state) const;

  LoadState& state_;
  std::string name_;
  std::unique_ptr<Connection> own_;
  Connection* connection_;
  bool retries_;  ///< what failed: not inside a transaction that is the load's
  SplitParser parser_;
  Resolver resolver_;
  Writer writer_;
  SplitBatch batch_;
  SplitClaim split_claim_;
  Claim* claim_ = &split_claim_;              ///< of what is being loaded: that one, or kept documents
  std::vector<DocumentState> parsed_states_;  ///< what the documents were when they were parsed: for another try
  std::vector<BatchReject> parsed_rejects_;
  struct Size {
    std::size_t rows, bytes;
  };
  std::vector<Size> parsed_rows_;  ///< of each table
  Split* staged_ = nullptr;        ///< the split that is being loaded, where it was staged
  Counts counts_;                  ///< of the current split: bytes, splits, time
  struct Outcome {
    Counts counts;
    AllCounts tables;
    std::vector<RejectReport> reports;
    std::string kept_rejects;  ///< see LoadLedger
  };
  std::deque<PaddedBytes> texts_of_rows_;  ///< of rejects whose documents were handed over as rows
  Outcome outcome_;                        ///< of the split that is committed, or was
};

}  // namespace pgfeed
