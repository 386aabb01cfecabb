#include "postgres/reject_table.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "postgres/array_text.hpp"
#include "postgres/base64.hpp"
#include "postgres/row_stream.hpp"

namespace pgfeed {

const char* name_of(RejectState state) noexcept {
  switch (state) {
    case RejectState::rejected: return "rejected";
    case RejectState::parked: return "parked";
    case RejectState::stopped: return "stopped";
    case RejectState::settled: return "settled";
  }
  return "";
}

namespace {

void put_text(ByteBuffer& row, std::string_view text) {
  row.put_int(static_cast<std::int32_t>(text.size()));
  row.put(text);
}
void put_text_or_null(ByteBuffer& row, std::string_view text) {
  text.empty() ? row.put_int(std::int32_t{-1}) : put_text(row, text);
}
void put_number(ByteBuffer& row, std::int64_t number) {
  row.put_int(std::int32_t{sizeof number});
  row.put_int(number);
}

/// A file that is written to its last byte, or standard output.
class OutputFile {
 public:
  explicit OutputFile(std::string path)
      : path_(std::move(path)), own_(path_ == "-" ? nullptr : std::fopen(path_.c_str(), "wb")) {
    if (path_ != "-" && own_ == nullptr) throw cannot_write_rejects(path_);
  }
  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file()) != text.size()) throw cannot_write_rejects(path_);
  }
  /// A full disk may show only now.
  void close() {
    if ((own_ != nullptr ? std::fclose(own_.release()) : std::fflush(stdout)) != 0) throw cannot_write_rejects(path_);
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  [[nodiscard]] std::FILE* file() const noexcept { return own_ != nullptr ? own_.get() : stdout; }

  std::string path_;
  std::unique_ptr<std::FILE, Close> own_;
};

void put_row(ByteBuffer& row, std::int64_t load, const std::string& feed, const RejectRow& reject) {
  constexpr std::int16_t kFields = 13;
  const bool text = is_text(reject.document);
  row.clear();
  row.put_int(kFields);
  put_number(row, load);
  put_text(row, feed);
  put_text(row, reject.source);
  put_number(row, reject.offset);
  reject.line < 0 ? row.put_int(std::int32_t{-1}) : put_number(row, reject.line);
  put_text_or_null(row, reject.table);
  put_text_or_null(row, reject.column);
  put_text(row, reject.reason);
  put_text_or_null(row, reject.sqlstate);
  put_text(row, text ? std::string(reject.document) : to_base64(reject.document));
  put_text(row, text ? "utf8" : "base64");
  put_number(row, static_cast<std::int64_t>(reject.document_size));
  put_text(row, name_of(reject.state));
}

}  // namespace

bool is_text(std::string_view bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead == 0) return false;
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xc0) != 0x80) return false;
    }
    if (length > 2) {  // shortest form, no surrogates, nothing over U+10FFFF
      const auto second = static_cast<unsigned char>(bytes[i + 1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
          (lead == 0xf4 && second > 0x8f))
        return false;
    }
    i += length;
  }
  return true;
}

Error cannot_write_rejects(const std::string& path) {
  Error error(ErrorKind::source, fmt::format("cannot write the rejects to {}: {}", path == "-" ? "standard output" : path,
                                             std::strerror(errno)));
  error.source = path;
  return error;
}

void insert_rejects(Connection& connection, std::int64_t load, const std::string& feed, std::span<const RejectRow> rejects) {
  if (rejects.empty()) return;
  RowStream stream(
      connection,
      connection.in_ledger("COPY pgfeed.rejects (load, feed, source, byte_offset, line, table_name, column_name, "
                           "reason, sqlstate, document, encoding, document_size, state) FROM STDIN (FORMAT binary)"));
  ByteBuffer all;  // rows stay where they are until they are sent
  std::vector<std::pair<std::size_t, std::size_t>> places;
  ByteBuffer row;
  for (const RejectRow& reject : rejects) {
    put_row(row, load, feed, reject);
    places.emplace_back(all.size(), row.size());
    all.put(row.view());
  }
  for (const auto& [begin, size] : places) stream.send(all.view(begin, size));
  stream.finish();
}

std::vector<std::int64_t> find_empty_rejects(Connection& connection, std::int64_t source, std::string_view uri,
                                             std::span<const std::int64_t> offsets) {
  connection.run_ledger(fmt::format("SELECT FROM pgfeed.sources WHERE source = {} FOR NO KEY UPDATE", source));
  const std::string array = array_text(offsets);
  const std::array<Parameter, 2> parameters{Parameter{array}, Parameter{uri}};
  const Result rows = connection.run_ledger(
      fmt::format(
          "SELECT DISTINCT r.byte_offset FROM pgfeed.sources s JOIN pgfeed.rejects r USING (feed) WHERE s.source = {} "
          "AND r.source = $2 AND r.load >= s.load AND r.byte_offset = ANY ($1::bigint[]) AND r.document_size = 0 AND "
          "r.state <> 'stopped' AND (s.uri = r.source OR EXISTS (SELECT FROM pgfeed.splits p WHERE p.source = "
          "s.source AND p.load = r.load))",
          source),
      parameters);
  std::vector<std::int64_t> found;
  for (std::size_t i = 0; i < rows.rows(); ++i) found.push_back(rows.number(i, 0));
  return found;
}

void require_rejects_file(const std::string& path) {
  if (!std::ofstream(path, std::ios::binary | std::ios::app)) throw cannot_write_rejects(path);
}

std::vector<Parameter> parameters_of(const KeptSelection& selection) {
  std::vector<Parameter> parameters;
  for (const std::optional<std::string>& value : selection.values)
    parameters.push_back(value ? Parameter{*value} : Parameter{});
  return parameters;
}

std::int64_t export_rejects(Connection& connection, const KeptSelection& rejects, const std::string& path) {
  OutputFile file(path);
  std::int64_t count = 0;
  constexpr int kBatch = 1000;
  connection.begin();
  connection.run_ledger(
      fmt::format("DECLARE rejects NO SCROLL CURSOR FOR SELECT json_build_object('reject', reject, 'load', load, 'feed', "
                  "feed, 'source', source, 'offset', byte_offset, 'line', line, 'table', table_name, 'column', column_name, "
                  "'reason', reason, 'sqlstate', sqlstate, 'state', state, 'document_size', document_size, 'encoding', "
                  "encoding, 'document', document) FROM pgfeed.rejects r WHERE {} ORDER BY source, byte_offset, reject",
                  rejects.condition),
      parameters_of(rejects));
  for (;;) {
    const Result rows = connection.run(fmt::format("FETCH {} FROM rejects", kBatch));
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      file.write(rows.at(i, 0));
      file.write("\n");
    }
    count += static_cast<std::int64_t>(rows.rows());
    if (rows.rows() < kBatch) break;
  }
  connection.commit();
  file.close();
  return count;
}

}  // namespace pgfeed
