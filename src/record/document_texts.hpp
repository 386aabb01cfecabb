#pragma once

#include <cstdint>

#include "record/padded_bytes.hpp"

namespace pgfeed {

/// Says what documents that were handed over as rows are as JSON texts: for rejects.
class DocumentTexts {
 public:
  DocumentTexts() = default;
  virtual ~DocumentTexts() = default;
  DocumentTexts(const DocumentTexts&) = delete;
  DocumentTexts& operator=(const DocumentTexts&) = delete;

  /// Appends the text of a row, counted from 0.
  virtual void append(std::int64_t row, PaddedBytes& out) const = 0;
};

}  // namespace pgfeed
