#include "load/rejects_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>

#include "postgres/base64.hpp"
#include "source/local_files.hpp"

namespace pgfeed {
namespace {

/// The members of a line that are read, by their slots.
enum Member : std::int32_t { kReject, kDocument, kEncoding, kMembers };

Projection members_of_a_line() {
  Projection projection;
  for (const char* name : {"reject", "document", "encoding"}) {
    const auto node = static_cast<std::int32_t>(projection.nodes.size());
    projection.nodes.emplace_back().slot = node - 1;
    projection.nodes[0].fields.push_back({name, node});
  }
  projection.scopes[0].slots = kMembers;
  return projection;
}

/// A line holds a document of that size in base64, or escaped: `\u0000` is six bytes for one.
std::uint64_t longest_line(std::uint64_t max_document) {
  constexpr std::uint64_t kBesides = 1 << 20;
  constexpr std::uint64_t kEscaped = 6;
  return std::min<std::uint64_t>(max_document * kEscaped + kBesides, std::numeric_limits<std::uint32_t>::max() / 2);
}

Source the_file(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw Error(ErrorKind::source, path + " is a folder, not a file of rejects");
  return list_local_files({path}).front();
}

std::int64_t number_of(const Value& value) noexcept {
  std::int64_t number = 0;
  const std::string_view text = value.text();
  if (value.kind != ValueKind::number) return 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::string sentence(std::int64_t count, std::string_view why) {
  return fmt::format("{} of the file's rejects {} left out: {}", count, count == 1 ? "is" : "are", why);
}

}  // namespace

RejectsInput::RejectsInput(const LoadState& state, Connection& connection, Patience patiently)
    : KeptSource(state, connection, std::move(patiently)),
      source_(the_file(state.options.from_rejects)),
      stream_(open_stream(source_)),
      cutter_(*stream_, state.options.split_size, longest_line(state.options.max_document), {},
              RecordFormat::newline_delimited),
      projection_(members_of_a_line()),
      reader_(projection_, state.options.max_depth) {}

Error RejectsInput::error_at(std::int64_t line, const std::string& what) const {
  Error error(ErrorKind::source,
              fmt::format("{}, line {}: {}", source_.path == "-" ? "standard input" : source_.path, line, what));
  error.source = source_.uri;
  error.line = line;
  return error;
}

std::vector<KeptDocument> RejectsInput::read_more() {
  RecordBatch batch;
  while (cutter_.next(batch)) {
    std::vector<Line> lines;
    for (const Record& record : batch.records) lines.push_back(read_line(batch.text(record), record));
    std::vector<KeptDocument> documents = find(lines);
    if (!documents.empty()) return documents;
  }
  return {};
}

RejectsInput::Line RejectsInput::read_line(std::string_view text, const Record& record) {
  if (record.fault == RecordFault::too_large) throw error_at(record.line, "the line is too long for a reject");
  const ReadResult read = reader_.read(text);
  if (read.fault != ReadFault::none || record.fault != RecordFault::none ||
      text.find_first_not_of(" \t\r\n", read.consumed) != std::string_view::npos)
    throw error_at(record.line, "this is not one JSON object");
  const Document& object = reader_.document();
  const Value& document = object.value(0, 0, kDocument);
  const Value& encoding = object.value(0, 0, kEncoding);
  Line line{number_of(object.value(0, 0, kReject)), std::string(document.text()), record.line};
  const Value& number = object.value(0, 0, kReject);
  if (number.is_null()) throw error_at(record.line, "there is no \"reject\", the number of a reject, in it");
  if (line.reject <= 0) {
    throw error_at(record.line,
                   number.kind != ValueKind::number
                       ? "its \"reject\" is no number"
                       : fmt::format("its \"reject\" is {}, which is not the number of a reject", number.text()));
  }
  if (document.kind != ValueKind::string) throw error_at(record.line, "its \"document\" is not a string");
  if (!encoding.is_null() && encoding.text() == "base64") {
    std::optional<std::string> bytes = from_base64(line.document);
    if (!bytes) throw error_at(record.line, "its \"document\" is not in base64");
    line.document = *std::move(bytes);
  } else if (!encoding.is_null() && encoding.text() != "utf8") {
    throw error_at(record.line, "its \"encoding\" is neither \"utf8\" nor \"base64\"");
  }
  if (!seen_.insert(line.reject).second) throw error_at(record.line, fmt::format("reject {} comes twice", line.reject));
  return line;
}

/// What is known of them, in order of their numbers.
std::vector<KeptDocument> RejectsInput::find(std::vector<Line>& lines) {
  std::ranges::sort(lines, {}, &Line::reject);
  std::vector<std::int64_t> numbers;
  for (const Line& line : lines) numbers.push_back(line.reject);
  std::vector<NamedReject> named;
  patiently_([&] { named = read_named(connection_, numbers); });
  const std::string& feed = state_.target.plan->feed;
  std::vector<KeptDocument> documents;
  auto found = named.begin();
  for (const Line& line : lines) {
    if (found == named.end() || found->kept.reject != line.reject)
      throw error_at(line.line, fmt::format("there is no reject {} in this database", line.reject));
    if (found->feed != feed)
      throw error_at(line.line, fmt::format("reject {} belongs to feed {}, not to {}", line.reject, found->feed, feed));
    add(line, *found++, documents);
  }
  return documents;
}

void RejectsInput::add(const Line& line, NamedReject& named, std::vector<KeptDocument>& documents) {
  KeptDocument& kept = named.kept;
  if (kept.state == RejectState::settled) {
    ++settled_;
  } else if (kept.state != RejectState::rejected) {
    ++not_rejected_;
  } else if (named.is_superseded) {
    ++superseded_;
  } else if (line.document.empty()) {
    ++empty_;
  } else {
    const bool is_untouched = kept.is_cut() && !kept.document.empty() && kept.document == line.document;
    if (!is_untouched) {
      kept.document = line.document;
      kept.document_size = line.document.size();
      kept.is_mended = true;
      kept.fault.clear();
    }
    documents.push_back(std::move(kept));
  }
}

std::vector<std::string> RejectsInput::warnings() {
  std::vector<std::string> sentences;
  if (settled_ > 0) sentences.push_back(sentence(settled_, "settled already"));
  if (not_rejected_ > 0)
    sentences.push_back(sentence(not_rejected_,
                                 "parked, or stopped with a split that is not in; another load of its source "
                                 "takes it"));
  if (superseded_ > 0) sentences.push_back(sentence(superseded_, "the source was loaded again since"));
  if (empty_ > 0) sentences.push_back(sentence(empty_, "the document is empty"));
  return sentences;
}

}  // namespace pgfeed
