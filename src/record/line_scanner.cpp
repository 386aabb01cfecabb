#include <algorithm>
#include <cstring>

#include "record/record_scanner.hpp"

namespace pgfeed {

void LineScanner::scan(RecordAssembler& records) {
  while (!records.full()) {
    if (records.unscanned().empty()) return;
    if (!records.is_open()) records.open_record();
    const std::string_view rest = records.unscanned();
    const void* newline = std::memchr(rest.data(), '\n', rest.size());
    if (newline == nullptr) {
      records.scan_to(records.size());
      return;
    }
    const auto position = static_cast<std::size_t>(static_cast<const char*>(newline) - records.data());
    ++lines_;
    records.scan_to(position + 1);
    records.newline_at(position);
    records.end_record(position, RecordFault::none, true, position + 1);
  }
}

bool LineScanner::finish(RecordAssembler& records) {
  if (!records.is_open()) return true;
  ++lines_;
  const std::string_view last = records.open_text();
  const std::string_view text = last.substr(std::min(last.find_first_not_of(" \t\r"), last.size()));
  const bool begins_document = text.starts_with('{') || text.starts_with('[');
  const bool cut_off = begins_document && first_value(text).empty();
  records.end_record(records.size(), cut_off ? RecordFault::truncated : RecordFault::none, true, records.size());
  return true;
}

}  // namespace pgfeed
