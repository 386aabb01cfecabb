// Input: four bytes (format and path, split size, largest document, size of reads), then the source itself.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "record/json_check.hpp"
#include "record/line_cutter.hpp"
#include "record/stream_cutter.hpp"

namespace {

using namespace pgfeed;

void require(bool invariant) {
  if (!invariant) std::abort();
}

class Memory final : public ByteStream, public RandomAccess {
 public:
  Memory(std::string_view bytes, std::size_t chunk) : bytes_(bytes), chunk_(chunk) {}

  std::size_t read(char* into, std::size_t count) override {
    const std::size_t got = read_at(at_, into, std::min(count, chunk_));
    at_ += got;
    return got;
  }
  std::size_t read_at(std::uint64_t offset, char* into, std::size_t count) const override {
    const std::string_view rest = bytes_.substr(static_cast<std::size_t>(offset), count);
    if (!rest.empty()) std::memcpy(into, rest.data(), rest.size());
    return rest.size();
  }
  const Source& source() const noexcept override { return source_; }

 private:
  std::string_view bytes_;
  std::size_t chunk_;
  std::size_t at_ = 0;
  Source source_{"memory:/x", "x", -1, "", true};
};

struct Limits {
  std::uint64_t split_size;
  std::uint64_t max_document;
  std::size_t head_bytes;  ///< small, so that scanning in pieces begins early
};

/// Checks a batch that must begin at `at` and returns where it ends.
std::uint64_t check_batch(const RecordBatch& batch, std::string_view source, std::uint64_t at, std::uint64_t max_document) {
  require(batch.begin == at && batch.end >= at && batch.end <= source.size());
  std::uint64_t record_end = at;
  std::size_t kept_end = 0;
  for (const Record& record : batch.records) {
    require(record.begin >= kept_end && record.begin + record.size <= batch.bytes.size());
    kept_end = record.begin + record.size;
    require(record.offset >= record_end && record.offset + record.source_size <= batch.end);
    record_end = record.offset + record.source_size;
    require(record.size == std::min<std::uint64_t>(record.source_size, std::max<std::uint64_t>(record.size, max_document)));
    require(batch.text(record) == source.substr(static_cast<std::size_t>(record.offset), record.size));
    require(record.fault != RecordFault::none || (record.size == record.source_size && record.size <= max_document));
    require((record.fault == RecordFault::too_large) <= (record.source_size > max_document));
  }
  return batch.end;
}

bool same(const Record& one, const Record& other) {
  return one.offset == other.offset && one.size == other.size && one.line == other.line && one.fault == other.fault &&
         one.source_size == other.source_size;
}

std::vector<Record> cut_stream(std::string_view source, std::size_t chunk, Limits limits,
                               const std::vector<DocumentStep>& path, RecordFormat format) {
  Memory memory(source, chunk);
  StreamCutter cutter(memory, limits.split_size, limits.max_document, path, format, limits.head_bytes);
  std::vector<Record> all;
  RecordBatch batch;
  std::uint64_t at = 0;
  while (cutter.next(batch)) {
    at = check_batch(batch, source, at, limits.max_document);
    require(batch.end - batch.begin <= limits.split_size || batch.records.size() <= 1 || batch.end == source.size());
    all.insert(all.end(), batch.records.begin(), batch.records.end());
  }
  require(at == source.size());
  return all;
}

std::vector<Record> cut_lines(std::string_view source, Limits limits) {
  const Memory memory(source, source.size());
  LineCutter cutter(memory, source.size(), limits.split_size);
  std::vector<Record> all;
  RecordBatch batch;
  std::uint64_t at = 0;
  for (Span span; cutter.next(span);) {
    require(span.begin == at && span.end > at);
    read_span(memory, span, batch, limits.max_document);
    at = check_batch(batch, source, at, limits.max_document);
    require(at == span.end);
    for (Record record : batch.records) {
      record.line += std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(span.begin), '\n');
      all.push_back(record);
    }
  }
  require(at == source.size());
  return all;
}

void check_json_facts(std::string_view text) {
  const JsonCheck check = check_json(text, kDeepestCheck);
  if (!check.valid) return;
  // A valid object or array is one value to the scanner, too, and all there is.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::string_view value = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  const bool container = value.starts_with('{') || value.starts_with('[');
  if (container) require(first_value(value) == value);
  if (check.has_nul_escape) require(text.find("\\u0000") != std::string_view::npos);
  if (check.has_lone_surrogate) require(text.find("\\u") != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kOptions = 4;
  if (size < kOptions) return 0;
  const std::string_view source(reinterpret_cast<const char*>(data) + kOptions, size - kOptions);
  check_json_facts(source);

  static const std::vector<DocumentStep> kPaths[] = {parse_documents_path("$"), parse_documents_path("$.a[*]"),
                                                     parse_documents_path("$[*].b"), parse_documents_path("$.a[*][*]")};
  const auto& path = kPaths[data[0] / 4 % 4];
  auto format = static_cast<RecordFormat>(data[0] % 4 % 3);
  const Limits limits{data[1], std::uint64_t{data[2]} + 1, data[3] % std::size_t{8} + kByteOrderMark.size()};
  try {
    if (data[0] % 4 == 3) format = detect_format(source, true, path, Source{});
    const std::vector<Record> one = cut_stream(source, data[3] + std::size_t{1}, limits, path, format);
    const std::vector<Record> other = cut_stream(source, 1 << 20, limits, path, format);
    require(std::ranges::equal(one, other, same));
    if (path.empty() && format == RecordFormat::newline_delimited)
      require(std::ranges::equal(one, cut_lines(source, limits), same));
  } catch (const Error& error) {
    require(error.kind == ErrorKind::source);  // it did not look like text
  }
  return 0;
}
