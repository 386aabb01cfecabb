#include "load/parser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "record/json_check.hpp"

namespace pgfeed {
namespace {

std::size_t leading_space(std::string_view text) noexcept {
  const std::size_t at = text.find_first_not_of(" \n\r\t");
  return at == std::string_view::npos ? text.size() : at;
}

bool asks_line(const ColumnSource& source) {
  const auto is_line = [](const Operand& operand) {
    const auto* meta = std::get_if<MetaRef>(&operand);
    return meta != nullptr && meta->meta == Meta::line;
  };
  return std::ranges::any_of(source.first, is_line) || std::ranges::any_of(source.ref_key, asks_line);
}

}  // namespace

bool uses_lines(const Plan& plan) {
  return std::ranges::any_of(plan.tables, [](const Table& table) {
    return std::ranges::any_of(table.row_sources,
                               [](const RowSource& rows) { return std::ranges::any_of(rows.columns, asks_line); });
  });
}

Parser::Parser(const Target& target, Options options)
    : options_(std::move(options)), reader_(target.plan->projection, options_.max_depth), shaper_(target) {}

void Parser::add(const Incoming& record, std::size_t text_begin, SplitBatch& batch) {
  std::string_view rest = record.text;
  do {
    const std::size_t begin = text_begin + (record.text.size() - rest.size());
    batch.documents.push_back({record.offset + (record.text.size() - rest.size()), static_cast<std::uint32_t>(begin),
                               static_cast<std::uint32_t>(rest.size()), record.line, record.source_size});
    if (record.fault != RecordFault::none && reject_fault(record, batch)) return;
    const std::size_t consumed = add_first(record, rest, batch);
    batch.documents.back().size = static_cast<std::uint32_t>(rest.substr(0, consumed).find_last_not_of(" \n\r\t") + 1);
    rest.remove_prefix(consumed);
    rest.remove_prefix(leading_space(rest));
  } while (!rest.empty());
}

bool Parser::reject_fault(const Incoming& record, SplitBatch& batch) {
  const auto index = static_cast<std::uint32_t>(batch.documents.size() - 1);
  switch (record.fault) {
    case RecordFault::none: return false;
    case RecordFault::too_large:
      batch.reject(index, {0, "", "",
                           fmt::format("the document has {} bytes, more than --max-document allows ({})", record.source_size,
                                       options_.max_document),
                           "54000"});
      return true;
    case RecordFault::truncated:
      batch.reject(index, {0, "", "", "the source ends inside the document", "22P02"});
      return true;
    case RecordFault::garbage:
      batch.reject(index, {0, "", "", "these bytes between documents begin none", "22P02"});
      return true;
  }
  return false;
}

/// Adds the first document of `rest`; returns its length, all of it where it cannot be read.
std::size_t Parser::add_first(const Incoming& record, std::string_view rest, SplitBatch& batch) {
  const auto index = static_cast<std::uint32_t>(batch.documents.size() - 1);
  const ReadResult result = reader_.read(rest);
  ReadFault fault = result.fault;
  if (fault == ReadFault::none && options_.strict_json &&
      !check_json(rest.substr(0, result.consumed), static_cast<unsigned>(options_.max_depth)).valid) {
    fault = ReadFault::not_json;
  }
  if (fault != ReadFault::none) {
    batch.reject(index, {0, "", "", fmt::format("the document {}", phrase_of(fault)), sqlstate_of(fault)});
    return rest.size();
  }
  shaper_.add(reader_.document(), {record.source, batch.documents.back().offset, record.line, options_.load_time}, batch);
  return result.consumed;
}

}  // namespace pgfeed
