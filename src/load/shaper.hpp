#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/batch.hpp"
#include "load/evaluator.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// Makes rows of documents: one document at a time, its rows in all tables or none.
///
/// Not thread-safe: one for each worker. `target` must outlive it.
class Shaper {
 public:
  explicit Shaper(const Target& target);

  /// A row's fields as text, for those columns that its row source fills; nothing: NULL. Of a generated id: its natural key.
  using RowText = std::vector<std::pair<std::size_t, std::optional<std::string>>>;
  using Observer = std::function<void(std::size_t table, RowText row)>;
  /// Has `observer` told of every row before it is encoded.
  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Gives `batch` its tables; once, before the first document.
  void prepare(SplitBatch& batch) const;

  /// Adds the rows of a document to `batch`, whose last document it is. A document that `skip_when` names becomes
  /// skipped; one with a value that its column cannot take becomes rejected. Either leaves no row.
  void add(const Document& document, const DocumentPlace& place, SplitBatch& batch);

 private:
  /// How one field of a row is made. Decided once: most are a value of the document as it stands.
  struct Cell {
    enum class Kind : std::uint8_t { null, slot, computed, id };
    Kind kind = Kind::null;
    bool in_key = false;
    bool refuses_null = false;
    SlotRef slot;
    const ColumnSource* source = nullptr;  ///< null: the row source gives this column nothing
  };
  /// A row source with its columns laid out as the table's.
  struct Layout {
    const RowSource* source;
    std::vector<Cell> cells;
  };
  struct Mark {
    std::size_t bytes, rows, ids;
  };

  static Cell cell_of(const TargetTable& table, std::size_t column, const RowSource& rows);
  bool is_skipped();
  bool add_rows(std::size_t table, const Layout& layout, SplitBatch& batch);
  bool add_row(std::size_t table, const Layout& layout, SplitBatch& batch);
  bool put_field(std::size_t table, std::size_t column, const Cell& cell, SplitBatch& batch);
  bool put_id(std::size_t table, std::size_t column, const ColumnSource& source, SplitBatch& batch);
  bool put_value(std::size_t table, std::size_t column, const Value& value, ByteBuffer& out, SplitBatch& batch);
  void describe(std::size_t table, const Layout& layout);
  void reject_value(std::size_t table, std::size_t column, const Value& value, EncodeStatus status, SplitBatch& batch);
  void reject_null_key(std::size_t table, std::size_t column, SplitBatch& batch);

  const Target& target_;
  Evaluator evaluator_;
  std::vector<std::vector<Layout>> layouts_;  ///< for each table
  std::vector<Mark> marks_;
  ByteBuffer key_fields_;
  const Document* document_ = nullptr;
  Observer observer_;
};

/// The fields of a row in COPY's binary form, one after another.
class FieldCursor {
 public:
  explicit FieldCursor(const char* row) noexcept : at_(row + sizeof(std::int16_t)) {}
  /// The next field with its length in front; a NULL is its length alone.
  std::string_view next() noexcept;
  static bool is_null(std::string_view field) noexcept { return field.size() == sizeof(std::int32_t) && field[0] != 0; }

 private:
  const char* at_;
};

}  // namespace pgfeed
