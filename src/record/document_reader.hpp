#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "record/document.hpp"
#include "record/projection.hpp"
#include "record/read_fault.hpp"

namespace pgfeed {

struct ReadResult {
  ReadFault fault = ReadFault::none;
  std::size_t consumed = 0;  ///< bytes up to the end of the first document; all of them on a fault
};

/// Takes a projection's values out of documents, one at a time, each walked once and forward.
///
/// The last of several members with one name wins, as in PostgreSQL's jsonb. What is not projected is only checked
/// for brackets and UTF-8. Not thread-safe: one for each worker. Reuses its memory; allocates nothing per value.
class DocumentReader {
 public:
  static constexpr std::size_t kPadding = 64;  ///< readable bytes that must follow a document

  /// `projection` must outlive the reader. Documents nested deeper than `max_depth` are a fault.
  DocumentReader(const Projection& projection, std::size_t max_depth);
  ~DocumentReader();
  DocumentReader(DocumentReader&&) noexcept;

  /// Reads the first document in `bytes`, which kPadding readable bytes of any content follow. What is wrong behind it is
  /// not its fault.
  ReadResult read(std::string_view bytes);
  /// What the last successful `read` took.
  [[nodiscard]] const Document& document() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgfeed
