#include <fmt/format.h>
#include <pgfeed/documents.hpp>

#include <list>
#include <memory>
#include <utility>

#include "load/checker.hpp"
#include "mapping/plan.hpp"
#include "task/documents.hpp"

namespace pgfeed {
namespace {

/// What can be said of how documents are read.
LoadOptions reading_of(const CheckOptions& options) {
  LoadOptions reading;
  reading.documents = options.documents;
  reading.max_document = options.max_document;
  return reading;
}

class DocumentCheck final : public DocumentSink {
 public:
  DocumentCheck(const CheckOptions& options, const Plan& plan, std::size_t shown_rows)
      : documents_(reading_of(options), plan), checker_(options, plan, shown_rows) {}

  bool begin(std::int64_t partition) override {
    if (is_full()) return false;
    Source& source = partitions_.emplace_back();
    source.uri = source.path = fmt::format("partition:{}", partition);
    auto open = std::make_shared<OpenSource>();
    open->source = &source;
    documents_.begin(std::move(open));
    return true;
  }

  /// Each is looked at when it comes, so that no more are taken than are wanted.
  void add(std::string_view document) override {
    documents_.add(document);
    documents_.take(split_);
    checker_.add(split_);
  }

  void end() override {}
  [[nodiscard]] bool is_full() const override { return checker_.is_done(); }
  void stop() override {}

  CheckReport finish() { return std::move(checker_).finish(); }

 private:
  std::list<Source> partitions_;  ///< which stay where they are
  Documents documents_;
  Split split_;
  Checker checker_;
};

}  // namespace

CheckReport check_documents(const CheckOptions& options, const HandOver& hand_over, std::size_t shown_rows) {
  const std::string text = options.mapping_text.empty() ? read_mapping(options.mapping) : options.mapping_text;
  const Plan plan = compile_mapping(text, options.mapping);
  DocumentCheck check(options, plan, shown_rows);
  hand_over(check);
  return check.finish();
}

}  // namespace pgfeed
