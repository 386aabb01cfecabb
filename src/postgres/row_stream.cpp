#include "postgres/row_stream.hpp"

namespace pgfeed {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;  // signature, flags, length of extension
constexpr std::string_view kTrailer = "\377\377"sv;
// Short runs are gathered, so that not every row is a message of its own; long ones are sent from where they lie.
constexpr std::size_t kGathered = 128 * 1024;
constexpr std::size_t kLongRun = 16 * 1024;

}  // namespace

RowStream::RowStream(Connection& connection, const std::string& copy_statement) : copy_(connection, copy_statement) {
  gathered_.reserve(kGathered);
  gathered_.put(kHeader);
}

void RowStream::send(std::string_view row) {
  if (run_.data() + run_.size() == row.data() && !run_.empty()) {
    run_ = {run_.data(), run_.size() + row.size()};
    return;
  }
  flush();
  run_ = row;
}

void RowStream::send(std::int32_t first_field, std::string_view row) {
  flush();
  std::int16_t fields = 0;
  std::memcpy(&fields, row.data(), sizeof fields);
  gathered_.put_int(static_cast<std::int16_t>(ByteBuffer::to_network(fields) + 1));
  gathered_.put_int(static_cast<std::int32_t>(sizeof first_field));
  gathered_.put_int(first_field);
  run_ = row.substr(sizeof fields);
}

void RowStream::flush() {
  if (run_.size() >= kLongRun || gathered_.size() + run_.size() > kGathered) {
    copy_.write(gathered_.view());
    gathered_.clear();
  }
  if (run_.size() >= kLongRun) {
    copy_.write(run_);
  } else {
    gathered_.put(run_);
  }
  run_ = {};
}

std::int64_t RowStream::finish() {
  flush();
  gathered_.put(kTrailer);
  copy_.write(gathered_.view());
  return copy_.finish();
}

}  // namespace pgfeed
