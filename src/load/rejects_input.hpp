#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "load/kept_source.hpp"
#include "record/document_reader.hpp"
#include "record/stream_cutter.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// Rejects whose documents someone has mended in a file that was exported: newline-delimited JSON, of which `reject`,
/// `document` and `encoding` are read. The file is not trusted: what else is known of a reject comes from its row.
///
/// Throws Error(source), with the line, for what is no such file, for a reject that is not there or belongs to another feed,
/// and for one that comes twice.
class RejectsInput final : public KeptSource {
 public:
  RejectsInput(const LoadState& state, Connection& connection, Patience patiently);
  std::vector<std::string> warnings() override;

 private:
  struct Line {
    std::int64_t reject = 0;
    std::string document;
    std::int64_t line = 0;
  };

  std::vector<KeptDocument> read_more() override;
  Line read_line(std::string_view text, const Record& record);
  std::vector<KeptDocument> find(std::vector<Line>& lines);
  void add(const Line& line, NamedReject& named, std::vector<KeptDocument>& documents);
  [[nodiscard]] Error error_at(std::int64_t line, const std::string& sentence) const;

  Source source_;
  std::unique_ptr<ByteStream> stream_;
  StreamCutter cutter_;
  Projection projection_;
  DocumentReader reader_;
  std::unordered_set<std::int64_t> seen_;
  std::int64_t settled_ = 0;
  std::int64_t not_rejected_ = 0;  ///< parked, or of a split that is not in
  std::int64_t superseded_ = 0;
  std::int64_t empty_ = 0;
};

}  // namespace pgfeed
