#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "load/target.hpp"
#include "record/document_texts.hpp"

namespace pgfeed {

/// Takes documents as rows of the only table that they go into. Not thread-safe. Throws Error.
class RowSink {
 public:
  RowSink() = default;
  virtual ~RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;

  [[nodiscard]] virtual const Target& target() const = 0;
  [[nodiscard]] virtual std::uint64_t max_document() const = 0;  ///< bytes
  /// The next rows are of these, one after another; those between that are added as texts count, too.
  virtual void begin_rows(std::shared_ptr<const DocumentTexts> texts) = 0;
  /// One row, in COPY's binary form.
  virtual void add_row(std::string_view row) = 0;
};

}  // namespace pgfeed
