#include "task/documents.hpp"

#include <algorithm>
#include <utility>

#include "record/stream_cutter.hpp"

namespace pgfeed {
namespace {

// What hands documents over, a Python worker of Spark, has its memory for other things, and holds two splits at a time.
constexpr std::uint64_t kMostOfTexts = 16U << 20;
constexpr std::uint64_t kMostOfRows = 8U << 20;

std::string_view without_white_space(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

/// The bytes of one text.
class TextStream final : public ByteStream {
 public:
  TextStream(std::string_view text, const Source& source) : text_(text), source_(source) {}
  std::size_t read(char* into, std::size_t count) override {
    const std::size_t taken = std::min(count, text_.size());
    std::copy_n(text_.begin(), taken, into);
    text_.remove_prefix(taken);
    return taken;
  }
  const Source& source() const noexcept override { return source_; }

 private:
  std::string_view text_;
  const Source& source_;
};

}  // namespace

Documents::Documents(const LoadOptions& options, const Plan& plan)
    : split_size_(options.split_size),
      max_document_(options.max_document),
      path_(parse_documents_path(options.documents.empty() ? plan.documents : options.documents)),
      left_(options.limit) {}

void Documents::begin(std::shared_ptr<OpenSource> partition) {
  partition_ = std::move(partition);
  records_.clear();
  rows_ = {};
  offset_ = 0;
  line_ = 0;
}

bool Documents::add(std::string_view text) {
  ++line_;
  const std::string_view document = without_white_space(text);
  if (!document.empty() && !is_full()) path_.empty() ? add_record(document) : add_found(document);
  offset_ += text.size() + 1;
  return records_.bytes.size() >= std::min(split_size_, kMostOfTexts);
}

void Documents::begin_rows(std::shared_ptr<const DocumentTexts> texts) {
  rows_ = {line_ + 1, std::move(texts)};
  records_.handed.push_back(rows_);
}

bool Documents::add_row(std::string_view row) {
  ++line_;
  if (!is_full()) add({records_.bytes.size(), row.size(), offset_, line_, RecordFault::none, row.size(), true}, row);
  offset_ += row.size() + 1;
  return records_.bytes.size() >= std::min(split_size_, kMostOfRows);
}

void Documents::add_record(std::string_view text) {
  const bool is_too_large = text.size() > max_document_;
  const std::string_view kept = is_too_large ? text.substr(0, kept_of_too_large(max_document_)) : text;
  add({records_.bytes.size(), kept.size(), offset_, line_, is_too_large ? RecordFault::too_large : RecordFault::none,
       text.size()},
      kept);
}

void Documents::add(const Record& record, std::string_view bytes) {
  records_.records.push_back(record);
  records_.bytes.put(bytes);
  if (left_ > 0) --left_;
}

/// The text holds its documents somewhere inside.
void Documents::add_found(std::string_view text) {
  TextStream stream(text, *partition_->source);
  StreamCutter cutter(stream, text.size(), max_document_, path_);
  RecordBatch found;
  while (cutter.next(found)) {
    for (Record record : found.records) {
      if (is_full()) return;
      const std::string_view bytes = found.text(record);
      record.begin = records_.bytes.size();
      record.offset += offset_;
      record.line = line_;
      add(record, bytes);
    }
  }
}

void Documents::take(Split& split) {
  split.source = partition_;
  split.spans = {};
  std::swap(split.records, records_);
  records_.clear();
  if (rows_.texts != nullptr) records_.handed.push_back(rows_);
}

}  // namespace pgfeed
