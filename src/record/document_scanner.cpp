#include <algorithm>
#include <utility>

#include "record/json_string.hpp"
#include "record/record_scanner.hpp"

namespace pgfeed {
namespace {

constexpr char kRecordSeparator = 0x1E;  // RFC 7464

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

}  // namespace

DocumentScanner::DocumentScanner(std::vector<DocumentStep> path, bool whole_others)
    : path_(std::move(path)), whole_others_(whole_others) {
  std::size_t longest = 0;
  for (const DocumentStep& step : path_) longest = std::max(longest, step.name.size());
  // An escape takes at most six bytes for one of the name. One byte more tells a name that is too long.
  name_.reserve(6 * longest + 1);
}

void DocumentScanner::scan(RecordAssembler& records) {
  while (!records.full() && !records.unscanned().empty()) {
    switch (state_) {
      case State::document:
      case State::skipped: scan_value(records); break;
      case State::name: scan_name(records); break;
      case State::garbage: scan_garbage(records); break;
      case State::between:
      case State::colon:
      case State::member: scan_space(records); break;
    }
  }
}

void DocumentScanner::scan_space(RecordAssembler& records) {
  const std::string_view rest = records.unscanned();
  const bool top = levels_.empty();
  std::size_t i = 0;
  while (i < rest.size() && (is_space(rest[i]) || (top && rest[i] == kRecordSeparator))) ++i;
  records.scan_to(records.scan() + i);
  if (i != 0) at_line_start_ = rest[i - 1] == '\n';
  if (i == rest.size()) return;
  dispatch(records, rest[i]);
  at_line_start_ = false;
}

void DocumentScanner::dispatch(RecordAssembler& records, char byte) {
  if (state_ == State::between) {
    dispatch_between(records, byte);
  } else if (state_ == State::colon) {
    if (byte != ':') return begin_garbage(records);
    records.scan_to(records.scan() + 1);
    state_ = State::member;
  } else if (byte == ',' || byte == '}') {
    state_ = State::between;  // a member without a value
  } else if (byte == ':' || byte == ']') {
    begin_garbage(records);
  } else {
    begin_value(records, byte);
  }
}

void DocumentScanner::dispatch_between(RecordAssembler& records, char byte) {
  const Container around = container();
  const bool opens = byte == '{' || byte == '[';
  if (around == Container::none) {
    if (!opens) return begin_garbage(records);
    ++top_level_values_;
    return begin_value(records, byte);
  }
  if (byte == '{' && begins_anew()) {
    levels_.clear();
    return add_garbage(records, 0);
  }
  const bool closes = byte == (around == Container::array ? ']' : '}');
  if (closes) {
    records.scan_to(records.scan() + 1);
    levels_.pop_back();
    before_ = Before::element;
  } else if (byte == ',') {
    const bool surplus = around == Container::array && before_ == Before::nothing;
    if (surplus) return add_garbage(records, 1);
    records.scan_to(records.scan() + 1);
    before_ = Before::nothing;
  } else if (around == Container::object) {
    if (byte != '"') return begin_garbage(records);
    records.scan_to(records.scan() + 1);
    state_ = State::name;
    name_.clear();
    name_escaped_ = name_has_escapes_ = false;
  } else if (byte == '}' || byte == ':') {
    begin_garbage(records);
  } else if (before_ == Before::element) {
    before_ = Before::nothing;
    add_garbage(records, 0);  // a comma is missing
  } else {
    begin_value(records, byte);
  }
}

/// Whether a `{` that stands where none can is the next top-level value: what holds the documents lost its end.
bool DocumentScanner::begins_anew() const noexcept {
  if (!at_line_start_ || whole_others_) return false;
  return container() == Container::object || (before_ != Before::nothing && !began_at_line_start_);
}

void DocumentScanner::begin_value(RecordAssembler& records, char byte) {
  const std::size_t taken = levels_.size();
  bool on_path = true;
  if (container() == Container::object && !path_[taken - 1].every) on_path = name_matches();
  const bool whole = taken == path_.size() || (whole_others_ && taken == 0 && byte != '[');
  if (on_path && !whole) {
    if (byte == '{') return enter(records, Container::object);
    if (byte == '[' && path_[taken].every) return enter(records, Container::array);
  }
  value_.begin(byte, true);
  began_at_line_start_ = at_line_start_;
  state_ = State::skipped;
  if (on_path && whole) {
    state_ = State::document;
    records.open_record();
  }
}

void DocumentScanner::enter(RecordAssembler& records, Container container) {
  levels_.push_back(container);
  records.scan_to(records.scan() + 1);
  state_ = State::between;
  before_ = Before::nothing;
}

void DocumentScanner::scan_value(RecordAssembler& records) {
  const char* begin = records.data();
  const char* end = value_.scan(begin + records.scan(), begin + records.size());
  if (end == nullptr) return records.scan_to(records.size());
  const auto position = static_cast<std::size_t>(end - begin);
  records.scan_to(position);
  if (value_.gave_up()) return end_broken(records);
  if (state_ == State::document) records.end_record(position, RecordFault::none, false, position);
  state_ = State::between;
  before_ = Before::element;
}

/// Goes on behind a value that was given up, at the `{` that begins a line. That it is not JSON its reader will find.
void DocumentScanner::end_broken(RecordAssembler& records) {
  if (state_ == State::document) {
    records.end_record(records.scan(), RecordFault::none, true, records.scan());
  } else {
    add_garbage(records, 0);
  }
  state_ = State::between;
  before_ = Before::fault;
  at_line_start_ = true;
  const bool same_array = container() == Container::array && (whole_others_ || began_at_line_start_);
  if (!same_array) levels_.clear();
}

void DocumentScanner::scan_name(RecordAssembler& records) {
  const std::string_view rest = records.unscanned();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"' && !name_escaped_) {
      records.scan_to(records.scan() + i + 1);
      state_ = State::colon;
      return;
    }
    name_escaped_ = rest[i] == '\\' && !name_escaped_;
    name_has_escapes_ |= name_escaped_;
    if (name_.size() < name_.capacity()) name_ += rest[i];
  }
  records.scan_to(records.size());
}

bool DocumentScanner::name_matches() {
  const std::string& wanted = path_[levels_.size() - 1].name;
  if (!name_has_escapes_) return name_ == wanted;
  unescaped_.resize(name_.size());
  std::size_t size = 0;
  return unescape_json_string(name_, unescaped_.data(), size) && std::string_view(unescaped_).substr(0, size) == wanted;
}

void DocumentScanner::begin_garbage(RecordAssembler& records) {
  records.open_record();
  records.scan_to(records.scan() + 1);
  state_ = State::garbage;
}

/// Makes the next `length` bytes garbage.
void DocumentScanner::add_garbage(RecordAssembler& records, std::size_t length) {
  records.open_record();
  records.scan_to(records.scan() + length);
  records.end_record(records.scan(), RecordFault::garbage, false, records.scan());
}

void DocumentScanner::scan_garbage(RecordAssembler& records) {
  const Container around = container();
  const std::string_view stops = around == Container::none ? "{[" : around == Container::array ? "{[]," : "\"},";
  const std::string_view rest = records.unscanned();
  const std::size_t found = rest.find_first_of(stops);
  const std::size_t length = std::min(found, rest.size());
  if (length != 0) at_line_start_ = rest[length - 1] == '\n';
  records.scan_to(records.scan() + length);
  if (found == std::string_view::npos) return;
  records.end_record(records.scan(), RecordFault::garbage, true, records.scan());
  state_ = State::between;
  before_ = Before::fault;
}

bool DocumentScanner::finish(RecordAssembler& records) {
  const State state = std::exchange(state_, State::between);
  if (records.is_open()) {
    const bool cut_off = state == State::document && !value_.may_end_here();
    if (cut_off) levels_.clear();  // one record says it
    const RecordFault fault = state == State::garbage ? RecordFault::garbage
                              : cut_off               ? RecordFault::truncated
                                                      : RecordFault::none;
    records.end_record(records.size(), fault, state == State::garbage, records.size());
    return levels_.empty();
  }
  if (levels_.empty() && state != State::skipped) return true;
  levels_.clear();
  records.add_empty_record(RecordFault::truncated);
  return true;
}

}  // namespace pgfeed
