#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "load/shared_state.hpp"
#include "postgres/connection.hpp"
#include "postgres/kept_documents.hpp"

namespace pgfeed {

/// Runs what may be run twice, again where the session was lost.
using Patience = std::function<void(const std::function<void()>&)>;

/// Where the rejects come from that a load tries again. Not thread-safe. Throws Error(database) and Error(source).
class KeptSource {
 public:
  /// Both must outlive the source.
  KeptSource(const LoadState& state, Connection& connection, Patience patiently)
      : state_(state), connection_(connection), patiently_(std::move(patiently)) {}
  virtual ~KeptSource() = default;
  KeptSource(const KeptSource&) = delete;
  KeptSource& operator=(const KeptSource&) = delete;

  /// The next ones, in order of their numbers: no more than fill a split, or one. None: that was all.
  std::vector<KeptDocument> next();
  /// Sentences about what was left out, in the end.
  virtual std::vector<std::string> warnings() = 0;

 protected:
  /// Some more; none: that was all.
  virtual std::vector<KeptDocument> read_more() = 0;

  const LoadState& state_;
  Connection& connection_;
  const Patience patiently_;

 private:
  void read_again(KeptDocument& kept);

  std::vector<KeptDocument> waiting_;
};

/// Rejects that are kept in `pgfeed.rejects`, by a filter.
class RetriedRejects final : public KeptSource {
 public:
  using KeptSource::KeptSource;
  std::vector<std::string> warnings() override;

 private:
  std::vector<KeptDocument> read_more() override;
  [[nodiscard]] RejectFilter filter() const;

  std::int64_t after_ = 0;
};

}  // namespace pgfeed
