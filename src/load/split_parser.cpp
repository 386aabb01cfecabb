#include "load/split_parser.hpp"

#include <chrono>
#include <span>

namespace pgfeed {
namespace {

/// What it holds is a row already.
void add_row(const RecordBatch& records, const Record& record, SplitBatch& batch) {
  BatchDocument document{record.offset, static_cast<std::uint32_t>(record.begin), 0, record.line};
  document.is_row = true;
  batch.documents.push_back(document);
  TableRows& rows = batch.tables.front();
  rows.rows.push_back(
      {rows.bytes.size(), static_cast<std::uint32_t>(record.size), static_cast<std::uint32_t>(batch.documents.size() - 1)});
  rows.bytes.put(records.text(record));
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

SplitParser::SplitParser(const Target& target, const LoadOptions& options, const std::string& load_time)
    : target_(target),
      options_(options),
      parser_(target, {options.max_depth, options.max_document, options.strict_json, load_time}) {}

void SplitParser::read(Split& split, SplitBatch& batch, Counts& counts) {
  const auto began = Clock::now();
  batch.clear();
  std::size_t parsed = 0;
  double parse_seconds = 0;
  split.read(options_.max_document, [&] {
    const auto piece_began = Clock::now();
    parse(split, parsed, batch);
    parsed = split.records.records.size();
    parse_seconds += seconds_since(piece_began);
  });
  counts.parse_seconds += parse_seconds;
  counts.read_seconds += seconds_since(began) - parse_seconds;
}

void SplitParser::parse(const Split& split, std::size_t first, SplitBatch& batch) {
  const bool lines = uses_lines(*target_.plan) && split.source->lines != nullptr;
  const std::int64_t first_line = lines ? split.source->lines->line_at(split.records.begin) : 0;
  for (const Record& record : std::span(split.records.records).subspan(first)) {
    if (record.is_row) {
      add_row(split.records, record, batch);
      continue;
    }
    const bool known = split.source->lines == nullptr;
    const std::int64_t line = known ? record.line : lines ? first_line + record.line - 1 : -1;
    parser_.add(
        {split.records.text(record), split.source->source->uri, record.offset, line, record.fault, record.source_size},
        record.begin, batch);
  }
}

}  // namespace pgfeed
