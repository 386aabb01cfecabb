#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "record/read_fault.hpp"

namespace pgfeed {

/// Where the tokens of a JSON text begin: brackets, colons, commas, opening quotes, numbers and literals outside of
/// strings. simdjson's first stage, which also checks UTF-8 and that strings end (https://arxiv.org/abs/1902.08318,
/// section 3.1). The only place that knows simdjson.
///
/// Not thread-safe: one for each worker. Reuses its memory.
class StructureIndex {
 public:
  StructureIndex();
  ~StructureIndex();
  StructureIndex(StructureIndex&&) noexcept;

  /// Indexes `json`, of less than 4 GiB. On a fault there are no offsets.
  ReadFault build(std::string_view json);
  /// Of the tokens in order; one more, json.size(), may be read behind the last. Until the next `build`.
  [[nodiscard]] std::span<const std::uint32_t> offsets() const noexcept;

 private:
  struct Stage;
  std::unique_ptr<Stage> stage_;
};

}  // namespace pgfeed
