#include "record/record_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "record/json_check.hpp"
#include "record/value_scanner.hpp"

namespace pgfeed {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr char kRecordSeparator = 0x1E;

// Values that do not end where they should are followed through the whole head, each anew. After this many bytes the
// lines seen so far decide.
constexpr std::size_t kMostScanned = 16 * kHeadBytes;

// A line is a record, and each of its documents is read with all that follows it on the line: for more than this many
// that takes longer than scanning for their ends.
constexpr std::size_t kMostOnALine = 16;

struct Signature {
  std::string_view bytes;
  std::string_view what;
};

constexpr std::array kSignatures{
    Signature{"\x1F\x8B", "a gzip file"},
    Signature{"\x28\xB5\x2F\xFD", "a Zstandard file"},
    Signature{"BZh", "a bzip2 file"},
    Signature{"\xFD"
              "7zXZ",
              "an xz file"},
    Signature{"\x04\x22\x4D\x18", "an LZ4 file"},
    Signature{"PK\x03\x04", "a zip file"},
    Signature{"\xFF\x06", "a Snappy file"},
    Signature{"PAR1", "a Parquet file"},
    Signature{"ORC\x0A", "an ORC file"},
    Signature{"Obj\x01", "an Avro file"},
    Signature{"PGCOPY\n", "a file of PostgreSQL's binary COPY"},
    Signature{"\xFF\xFE", "UTF-16"},
    Signature{"\xFE\xFF", "UTF-16"},
};

bool is_control(char byte) noexcept {
  return static_cast<unsigned char>(byte) < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' &&
         byte != kRecordSeparator;
}

std::string_view without_leading_space(std::string_view text) noexcept {
  return text.substr(std::min(text.find_first_not_of(kSpace), text.size()));
}

bool begins_document(std::string_view text) noexcept { return text.starts_with('{') || text.starts_with('['); }

/// What the lines of a head have to say, each looked at from its first byte that is not white space.
class Lines {
 public:
  Lines(std::string_view text, bool whole) : text_(text), whole_text_(whole) {
    for (std::size_t at = 0; at < text_.size() && !spans_lines_ && scanned_ < kMostScanned;) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      const std::size_t first = std::min(text_.find_first_not_of(kSpace, at), text_.size());
      if (first < end) look_at(first, end);
      at = end + 1;
    }
  }

  [[nodiscard]] bool spans_lines() const noexcept { return spans_lines_; }
  [[nodiscard]] bool shared() const noexcept { return most_on_a_line_ > 1; }
  /// Whether so many share a line, or the only line, that lines are no good unit.
  [[nodiscard]] bool crowded() const noexcept { return most_on_a_line_ > (lines_with_documents_ > 1 ? kMostOnALine : 1); }
  [[nodiscard]] bool any_document() const noexcept { return lines_with_documents_ != 0; }
  [[nodiscard]] std::size_t whole() const noexcept { return whole_; }
  [[nodiscard]] std::size_t other() const noexcept { return other_; }

 private:
  void look_at(std::size_t first, std::size_t end) {
    if (begins_document(text_.substr(first))) ++lines_with_documents_;
    for (std::size_t count = 1; begins_document(text_.substr(first)); ++count) {
      most_on_a_line_ = std::max(most_on_a_line_, count);
      const std::string_view rest = text_.substr(first);
      const std::string_view value = first_value(rest);
      scanned_ += value.empty() ? rest.size() : value.size();
      const bool cut_off = value.empty() && end == text_.size() && !whole_text_;
      if (cut_off) return;
      if (value.empty() || first + value.size() > end) {
        // A line that lost its last bracket swallows the next ones, too, but what comes of that is not JSON.
        spans_lines_ = !value.empty() && check_json(value, kDeepestCheck).valid;
        break;
      }
      first = std::min(text_.find_first_not_of(kSpace, first + value.size()), text_.size());
      if (first >= end) {
        ++whole_;
        return;
      }
    }
    ++other_;
  }

  std::string_view text_;
  bool whole_text_;
  bool spans_lines_ = false;
  std::size_t lines_with_documents_ = 0;
  std::size_t most_on_a_line_ = 0;
  std::size_t whole_ = 0;
  std::size_t other_ = 0;
  std::size_t scanned_ = 0;
};

/// Of text that begins with `[`.
RecordFormat format_of_arrays(std::string_view text, const Lines& lines) {
  const std::string_view value = first_value(text);
  const std::string_view behind = without_leading_space(text.substr(value.size()));
  const bool alone = !value.empty() && behind.empty();
  if (alone) return RecordFormat::array;
  if (!lines.spans_lines() && !lines.crowded() && lines.whole() > lines.other()) return RecordFormat::newline_delimited;
  // Behind an array anything but another one is garbage, or a document beside those in the array.
  const bool another_follows = !value.empty() && behind.starts_with('[') && check_json(value, kDeepestCheck).valid;
  return another_follows ? RecordFormat::sequence : RecordFormat::array;
}

}  // namespace

void require_text(std::string_view head, const Source& source) {
  for (const Signature& signature : kSignatures) {
    if (head.starts_with(signature.bytes))
      throw source_error(source, fmt::format("it looks like {}, not JSON in UTF-8", signature.what));
  }
  if (head.size() > 1 && (head[0] == '\0') != (head[1] == '\0'))
    throw source_error(source, "it looks like UTF-16, not JSON in UTF-8");
  const std::string_view text =
      without_leading_space(head.starts_with(kByteOrderMark) ? head.substr(kByteOrderMark.size()) : head);
  // A document with a NUL byte in it is that document's fault; a file full of them was never JSON.
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(text, is_control));
  const std::size_t tolerated = begins_document(text) || text.starts_with(kRecordSeparator) ? text.size() / 10 : 0;
  if (controls > tolerated) throw source_error(source, "it looks like a binary file, not JSON in UTF-8");
}

RecordFormat detect_format(std::string_view head, bool whole, const std::vector<DocumentStep>& path, const Source& source) {
  require_text(head, source);
  if (!path.empty()) return RecordFormat::sequence;
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  const std::string_view text = without_leading_space(head);
  if (text.starts_with(kRecordSeparator)) return RecordFormat::sequence;
  const Lines lines(text, whole);
  if (text.starts_with('[')) return format_of_arrays(text, lines);
  if (lines.spans_lines() || lines.crowded()) return RecordFormat::sequence;
  const bool mostly_whole = lines.whole() != 0 && lines.whole() >= lines.other();
  return mostly_whole || !lines.any_document() ? RecordFormat::newline_delimited : RecordFormat::sequence;
}

bool shares_lines(std::string_view head, bool whole) {
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  return Lines(head, whole).shared();
}

RecordFormat detect_format(const RandomAccess& file, const std::vector<DocumentStep>& path) {
  std::string head(kHeadBytes + 1, '\0');
  const std::size_t got = file.read_at(0, head.data(), head.size());
  return detect_format(std::string_view(head).substr(0, std::min(got, kHeadBytes)), got <= kHeadBytes, path, file.source());
}

}  // namespace pgfeed
