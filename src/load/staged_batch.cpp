#include "load/staged_batch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>

#include "mapping/plan_hash.hpp"

namespace pgfeed {
namespace {

class BatchWriter {
 public:
  explicit BatchWriter(ByteBuffer& bytes) : bytes_(bytes) {}

  template <std::integral Integer>
  void put(Integer value) {
    bytes_.put_int(value);
  }
  void put(bool value) { bytes_.put_byte(value ? 1 : 0); }
  void put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    bytes_.put(text);
  }
  void count(std::size_t size) { put(static_cast<std::uint64_t>(size)); }

 private:
  ByteBuffer& bytes_;
};

class BatchReader {
 public:
  explicit BatchReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename Integer>
  Integer get() {
    static_assert(std::is_integral_v<Integer>);
    Integer value{};
    const std::string_view raw = take(sizeof value);
    std::memcpy(&value, raw.data(), sizeof value);
    return ByteBuffer::to_network(value);
  }
  bool flag() { return take(1).front() != 0; }
  std::string_view text() { return take(static_cast<std::size_t>(get<std::uint64_t>())); }
  /// How many of at least `least` bytes each follow.
  std::size_t count(std::size_t least) {
    const auto size = get<std::uint64_t>();
    if (size > bytes_.size() / least) damaged();
    return static_cast<std::size_t>(size);
  }
  void require_end() const {
    if (!bytes_.empty()) damaged();
  }
  void require(bool sane) const {
    if (!sane) damaged();
  }

 private:
  [[noreturn]] static void damaged() {
    throw Error(ErrorKind::database,
                "a staged split is damaged: pgfeed drop takes away what is staged (pgfeed status says of which load)");
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) damaged();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
};

void put_documents(const SplitBatch& batch, BatchWriter& to) {
  to.count(batch.documents.size());
  for (const BatchDocument& document : batch.documents) {
    to.put(document.offset);
    to.put(document.begin);
    to.put(document.size);
    to.put(document.line);
    to.put(document.source_size);
    to.put(static_cast<std::uint8_t>(document.state));
    to.put(document.others_gave_way);
  }
}

void get_documents(BatchReader& from, SplitBatch& batch) {
  constexpr std::size_t kLeast = 34;
  batch.documents.resize(from.count(kLeast));
  for (BatchDocument& document : batch.documents) {
    document.offset = from.get<std::uint64_t>();
    document.begin = from.get<std::uint32_t>();
    document.size = from.get<std::uint32_t>();
    document.line = from.get<std::int64_t>();
    document.source_size = from.get<std::uint64_t>();
    const auto state = from.get<std::uint8_t>();
    from.require(state <= static_cast<std::uint8_t>(DocumentState::elsewhere));
    document.state = static_cast<DocumentState>(state);
    document.others_gave_way = from.flag();
  }
}

void put_rejects(const SplitBatch& batch, BatchWriter& to) {
  to.count(batch.rejects.size());
  for (const BatchReject& reject : batch.rejects) {
    to.put(reject.document);
    for (const std::string* text : {&reject.table, &reject.column, &reject.reason, &reject.sqlstate})
      to.put(std::string_view(*text));
    to.put(reject.gave_way_to);
  }
}

void get_rejects(BatchReader& from, SplitBatch& batch) {
  constexpr std::size_t kLeast = 40;
  const std::size_t documents = batch.documents.size();
  batch.rejects.resize(from.count(kLeast));
  for (BatchReject& reject : batch.rejects) {
    reject.document = from.get<std::uint32_t>();
    for (std::string* text : {&reject.table, &reject.column, &reject.reason, &reject.sqlstate}) *text = from.text();
    reject.gave_way_to = from.get<std::uint32_t>();
    from.require(reject.document < documents && (reject.gave_way_to == kNoDocument || reject.gave_way_to < documents));
  }
}

void put_rows(const TableRows& rows, BatchWriter& to) {
  to.put(rows.bytes.view());
  to.count(rows.rows.size());
  for (const Row& row : rows.rows) {
    to.put(row.begin);
    to.put(row.size);
    to.put(row.document);
  }
  to.count(rows.ids.size());
  for (const IdPlace& id : rows.ids) {
    to.put(id.at);
    to.put(id.table);
    to.put(id.key);
  }
  to.put(rows.has_refused_null);
}

void get_rows(BatchReader& from, const SplitBatch& batch, TableRows& rows) {
  constexpr std::size_t kLeast = 16;
  rows.bytes.put(from.text());
  rows.rows.resize(from.count(kLeast));
  for (Row& row : rows.rows) {
    row.begin = from.get<std::uint64_t>();
    row.size = from.get<std::uint32_t>();
    row.document = from.get<std::uint32_t>();
    from.require(row.begin <= rows.bytes.size() && row.size <= rows.bytes.size() - row.begin &&
                 (row.document == kNoDocument || row.document < batch.documents.size()));
  }
  rows.ids.resize(from.count(kLeast));
  for (IdPlace& id : rows.ids) {
    id.at = from.get<std::uint64_t>();
    id.table = from.get<std::uint32_t>();
    id.key = from.get<std::uint32_t>();
    from.require(id.at >= sizeof(std::int32_t) && id.at <= rows.bytes.size() && id.table < batch.tables.size());
    std::int32_t length = 0;
    std::memcpy(&length, rows.bytes.data() + id.at - sizeof length, sizeof length);
    length = ByteBuffer::to_network(length);
    from.require(length > 0 && static_cast<std::size_t>(length) <= rows.bytes.size() - id.at);
  }
  rows.has_refused_null = from.flag();
}

void put_keys(const SplitBatch& batch, BatchWriter& to) {
  for (const NaturalKeys& keys : batch.keys) {
    to.count(keys.keys().size());
    for (const NaturalKeys::Key& key : keys.keys()) {
      to.put(keys.fields(key));
      to.put(key.used);
    }
  }
}

/// In the same order, so that each has the number that it had.
void get_keys(BatchReader& from, SplitBatch& batch) {
  constexpr std::size_t kLeast = 9;
  for (NaturalKeys& keys : batch.keys) {
    const std::size_t count = from.count(kLeast);
    for (std::size_t i = 0; i < count; ++i) {
      from.require(keys.find_or_add(from.text()) == i);
      keys.keys()[i].used = from.flag();
    }
  }
  for (const TableRows& rows : batch.tables) {
    for (const IdPlace& id : rows.ids) from.require(id.key < batch.keys[id.table].keys().size());
  }
}

}  // namespace

void write_staged_batch(const SplitBatch& batch, const Split& split, const Spans& spans, bool with_text, ByteBuffer& bytes) {
  bytes.clear();
  BatchWriter to(bytes);
  to.count(spans.size());
  for (const Span& span : spans) {
    to.put(span.begin);
    to.put(span.end);
  }
  to.put(split.records.begin);
  to.put(split.records.end);
  to.put(with_text);
  if (with_text) to.put(split.records.bytes.view(0, split.records.bytes.size()));
  put_documents(batch, to);
  put_rejects(batch, to);
  for (const TableRows& rows : batch.tables) put_rows(rows, to);
  put_keys(batch, to);
}

void read_staged_batch(std::string_view bytes, SplitBatch& batch, Split& split) {
  BatchReader from(bytes);
  batch.clear();
  split.records.clear();
  split.spans.clear();
  constexpr std::size_t kSpan = 16;
  for (std::size_t left = from.count(kSpan); left > 0; --left) {
    const auto begin = from.get<std::uint64_t>();
    split.spans.push_back({begin, from.get<std::uint64_t>()});
  }
  split.records.begin = from.get<std::uint64_t>();
  split.records.end = from.get<std::uint64_t>();
  split.has_text = from.flag();
  if (split.has_text) split.records.bytes.put(from.text());
  get_documents(from, batch);
  get_rejects(from, batch);
  for (TableRows& rows : batch.tables) get_rows(from, batch, rows);
  get_keys(from, batch);
  from.require_end();
}

std::string staged_format(const Target& target, const LoadOptions& options) {
  constexpr int kVersion = 1;  // of the bytes: another one where their layout changes
  std::string all = fmt::format("{} {} {} {} {} {}", kVersion, target.plan->hash, options.documents, options.max_document,
                                options.max_depth, options.strict_json);
  for (const TargetTable& table : target.tables) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const PgType& type = table.columns[i].type;
      const PgType& labelled = type.element != nullptr ? *type.element : type;
      all +=
          fmt::format(" {}:{}({})", table.sql.columns[i].name, table.sql.columns[i].type, fmt::join(labelled.labels, ","));
    }
  }
  return hash_of(all);
}

}  // namespace pgfeed
