#include "task/arrow_feed.hpp"

namespace pgfeed {

ArrowFeed::ArrowFeed(const ArrowSchema& schema, bool as_text) {
  if (as_text) {
    texts_.emplace(schema);
  } else {
    documents_.emplace(schema);
  }
}

void ArrowFeed::add(const ArrowArray& batch, DocumentSink& sink) {
  if (texts_) {
    texts_->bind(batch);
    for (std::int64_t row = 0; row < texts_->rows() && !sink.is_full(); ++row) sink.add(texts_->text(row).value_or(""));
    return;
  }
  documents_->bind(batch);
  for (std::int64_t row = 0; row < documents_->rows() && !sink.is_full(); ++row) {
    document_.clear();
    documents_->append(row, document_);
    sink.add(document_.view());
  }
}

}  // namespace pgfeed
