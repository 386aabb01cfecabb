#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "encode/byte_buffer.hpp"
#include "load/shared_state.hpp"
#include "load/split_claim.hpp"
#include "load/split_parser.hpp"
#include "postgres/connection.hpp"

namespace pgfeed {

/// The worker of an atomic load: reads and parses splits and stages them for the publication, over one connection.
///
/// A split is claimed and kept in one transaction, so that it is staged once, whoever else does the same.
/// Lives in one thread.
class Stager {
 public:
  /// As a Worker does. `format`: see staged_format.
  Stager(LoadState& state, int number, Connection* lent, std::string format);
  ~Stager();
  Stager(const Stager&) = delete;
  Stager& operator=(const Stager&) = delete;

  /// Stages splits until there are none or the load is stopped, which it does itself when there are too many rejects.
  /// Throws Error.
  void run();

  /// Stages a split that holds its records already, under a claim that is not of a source's bytes. Throws Error.
  void stage_claimed(Split& split, SpanClaim& claim);

 private:
  using Clock = std::chrono::steady_clock;

  void stage(const Split& split);
  void stage_once(const Split& split);
  void keep(const Split& split);
  void count();

  LoadState& state_;
  const std::string name_;
  const std::string format_;
  std::unique_ptr<Connection> own_;
  Connection& connection_;
  SplitParser parser_;
  SplitBatch batch_;
  SplitClaim split_claim_;
  SpanClaim* claim_ = &split_claim_;  ///< of what is being staged
  ByteBuffer bytes_;
  Counts counts_;  ///< of the current split
  std::int64_t rejected_elsewhere_ = 0;
};

}  // namespace pgfeed
