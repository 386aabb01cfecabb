#include "load/row_key.hpp"

#include <algorithm>
#include <cstring>

#include "load/shaper.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kLength = sizeof(std::int32_t);

/// The first eight bytes of a field's content, most significant first, padded with zeros.
std::uint64_t leading_bytes(std::string_view field) noexcept {
  std::uint64_t word = 0;
  const std::size_t size = std::min(field.size() - kLength, sizeof word);
  std::memcpy(&word, field.data() + kLength, size);
  return ByteBuffer::to_network(word);
}

}  // namespace

bool sorts_as_integer(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::int2:
    case TypeKind::int4:
    case TypeKind::int8:
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz: return true;
    default: return false;
  }
}

namespace {

bool is_exact(TypeKind kind) noexcept {
  return sorts_as_integer(kind) || kind == TypeKind::uuid || kind == TypeKind::boolean;
}

}  // namespace

bool has_exact_keys(const TargetTable& table) {
  return std::ranges::all_of(table.key, [&](std::size_t column) { return is_exact(table.columns[column].type.kind); });
}

bool sorts_as_merged(const TargetTable& table) {
  return std::ranges::all_of(table.key, [&](std::size_t column) {
    const TypeKind kind = table.columns[column].type.kind;
    return is_exact(kind) || kind == TypeKind::text;
  });
}

std::string_view field_at(const char* row, std::size_t column) noexcept {
  FieldCursor cursor(row);
  std::string_view field = cursor.next();
  for (std::size_t i = 0; i < column; ++i) field = cursor.next();
  return field;
}

int compare_integers(std::string_view a, std::string_view b) noexcept {
  if (FieldCursor::is_null(a) || FieldCursor::is_null(b)) return FieldCursor::is_null(b) - FieldCursor::is_null(a);
  const std::uint64_t left = leading_bytes(a) ^ (std::uint64_t{1} << 63);
  const std::uint64_t right = leading_bytes(b) ^ (std::uint64_t{1} << 63);
  return left < right ? -1 : left > right ? 1 : 0;
}

KeyComparer::KeyComparer(const TargetTable& table) : key_(table.key) {
  is_number_ = sorts_as_integer(table.columns[key_.front()].type.kind);
}

RowKey KeyComparer::key_of(const char* row, std::uint32_t index) const noexcept {
  const std::uint64_t leading = leading_bytes(field_at(row, key_.front()));
  return {is_number_ ? leading ^ (std::uint64_t{1} << 63) : leading, row, index};
}

int KeyComparer::compare(const RowKey& a, const RowKey& b) const noexcept {
  if (a.prefix != b.prefix) return a.prefix < b.prefix ? -1 : 1;
  for (std::size_t i = is_number_ ? 1 : 0; i < key_.size(); ++i) {  // the prefix is all of a number
    const std::string_view left = field_at(a.row, key_[i]).substr(kLength);
    const std::string_view right = field_at(b.row, key_[i]).substr(kLength);
    if (const int order = left.compare(right); order != 0) return order;
  }
  return 0;
}

}  // namespace pgfeed
