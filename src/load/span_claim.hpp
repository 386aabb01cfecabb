#pragma once

#include <cstdint>
#include <vector>

#include "load/claim.hpp"
#include "record/span.hpp"

namespace pgfeed {

/// A claim of spans of one source.
class SpanClaim : public Claim {
 public:
  /// The numbers of the entries; of the last try.
  [[nodiscard]] virtual const std::vector<std::int64_t>& claimed() const noexcept = 0;
  [[nodiscard]] virtual const Spans& spans() const noexcept = 0;
  /// Inside the claim's transaction, last thing, for a split that is staged: what else is to be known of it.
  virtual void staged(Connection&) {}
};

}  // namespace pgfeed
