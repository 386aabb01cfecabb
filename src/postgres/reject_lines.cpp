#include "postgres/reject_lines.hpp"

#include <fmt/format.h>

#include "encode/json_text.hpp"
#include "postgres/base64.hpp"

namespace pgfeed {
namespace {

void put_text(ByteBuffer& out, std::string_view name, std::string_view text) {
  out.put(fmt::format(", \"{}\" : ", name));
  put_json_string(text, out);
}

void put_text_or_null(ByteBuffer& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return put_text(out, name, text);
  out.put(fmt::format(", \"{}\" : null", name));
}

void put_line(ByteBuffer& out, const RejectRow& reject) {
  const bool text = is_text(reject.document);
  out.put("{\"source\" : ");
  put_json_string(reject.source, out);
  out.put(fmt::format(", \"offset\" : {}, \"line\" : {}", reject.offset,
                      reject.line < 0 ? "null" : std::to_string(reject.line)));
  put_text_or_null(out, "table", reject.table);
  put_text_or_null(out, "column", reject.column);
  put_text(out, "reason", reject.reason);
  put_text_or_null(out, "sqlstate", reject.sqlstate);
  put_text(out, "state", name_of(reject.state));
  out.put(fmt::format(", \"document_size\" : {}", reject.document_size));
  put_text(out, "encoding", text ? "utf8" : "base64");
  put_text(out, "document", text ? std::string(reject.document) : to_base64(reject.document));
  out.put("}\n");
}

}  // namespace

std::string reject_lines(std::span<const RejectRow> rejects) {
  ByteBuffer lines;
  for (const RejectRow& reject : rejects) put_line(lines, reject);
  return std::string(lines.view());
}

RejectLinesFile::RejectLinesFile(std::string path)
    : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {
  if (!file_) throw cannot_write_rejects(path_);
}

void RejectLinesFile::append(const std::string& lines) {
  file_ << lines << std::flush;
  if (!file_) throw cannot_write_rejects(path_);
}

}  // namespace pgfeed
