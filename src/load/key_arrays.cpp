#include "load/key_arrays.hpp"

#include "load/row_key.hpp"
#include "load/shaper.hpp"

namespace pgfeed {
namespace {

constexpr std::size_t kCountAt = 12;  // behind the number of dimensions, the flags and the type of the elements

}  // namespace

KeyArrays::KeyArrays(const TargetTable& table, const std::vector<std::size_t>& columns)
    : columns_(columns), arrays_(columns.size()) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    arrays_[i].put_int(std::int32_t{1});  // dimensions
    arrays_[i].put_int(std::int32_t{0});  // no NULLs
    arrays_[i].put_int(table.columns[columns[i]].type.oid);
    arrays_[i].put_int(std::int32_t{0});  // elements: patched
    arrays_[i].put_int(std::int32_t{1});  // lower bound
  }
}

void KeyArrays::add_row(const char* row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) arrays_[i].put(field_at(row, columns_[i]));
  ++count_;
}

void KeyArrays::add_fields(std::string_view fields) {
  for (ByteBuffer& array : arrays_) {
    std::int32_t length = 0;
    std::memcpy(&length, fields.data(), sizeof length);
    const std::size_t size = sizeof length + static_cast<std::size_t>(ByteBuffer::to_network(length));
    array.put(fields.substr(0, size));
    fields.remove_prefix(size);
  }
  ++count_;
}

std::vector<Parameter> KeyArrays::parameters() {
  std::vector<Parameter> parameters;
  for (ByteBuffer& array : arrays_) {
    array.patch_int(kCountAt, count_);
    parameters.push_back({array.view(), true});
  }
  return parameters;
}

}  // namespace pgfeed
