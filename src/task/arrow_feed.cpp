#include "task/arrow_feed.hpp"

#include <utility>

namespace pgfeed {
namespace {

/// A batch, for as long as someone may ask for a text of it.
class BatchTexts final : public DocumentTexts {
 public:
  BatchTexts(const ArrowSchema& schema, OwnedArrowArray batch) : batch_(std::move(batch)), documents_(schema) {
    documents_.bind(*batch_);
  }
  void append(std::int64_t row, PaddedBytes& out) const override { documents_.append(row, out); }

 private:
  const OwnedArrowArray batch_;
  ArrowDocuments documents_;
};

}  // namespace

ArrowFeed::ArrowFeed(const ArrowSchema& schema, bool as_text, DocumentSink& sink)
    : schema_(schema), sink_(sink), row_sink_(as_text ? nullptr : sink.rows()) {
  if (as_text) {
    texts_.emplace(schema);
    return;
  }
  documents_.emplace(schema);
  if (row_sink_ != nullptr) rows_ = ArrowRows::of(schema, row_sink_->target());
}

void ArrowFeed::add(OwnedArrowArray batch) {
  if (rows_) return add_rows(std::move(batch));
  if (texts_) {
    texts_->bind(*batch);
    for (std::int64_t row = 0; row < texts_->rows() && !sink_.is_full(); ++row) sink_.add(texts_->text(row).value_or(""));
    return;
  }
  documents_->bind(*batch);
  for (std::int64_t row = 0; row < documents_->rows() && !sink_.is_full(); ++row) {
    document_.clear();
    documents_->append(row, document_);
    sink_.add(document_.view());
  }
}

/// What a row cannot say, a text does: so it is said of it what would be of any document.
void ArrowFeed::add_rows(OwnedArrowArray batch) {
  rows_->bind(*batch);
  const std::int64_t count = batch->length;
  const auto texts = std::make_shared<const BatchTexts>(schema_, std::move(batch));
  row_sink_->begin_rows(texts);
  for (std::int64_t row = 0; row < count && !sink_.is_full(); ++row) {
    row_.clear();
    if (rows_->append(row, row_) && row_.size() <= row_sink_->max_document() / kMostOfText) {
      row_sink_->add_row(row_.view());
    } else {
      document_.clear();
      texts->append(row, document_);
      sink_.add(document_.view());
    }
  }
}

}  // namespace pgfeed
