#include <charconv>

#include "record/arrow_bytes.hpp"
#include "record/arrow_columns.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

using Put = void (*)(std::string_view, PaddedBytes&);

template <class Bytes, Put kPut>
class BytesColumn final : public ArrowColumn {
 public:
  explicit BytesColumn(Bytes bytes = {}) : bytes_(bytes) {}

 private:
  void bind_values(const ArrowArray& array) override { bytes_.bind(array); }
  void write(std::int64_t place, PaddedBytes& out) const override { kPut(bytes_.at(place), out); }

  Bytes bytes_;
};

// Formats `u`, `U` and `vu`, where 'u' stands for `letter`.
template <Put kPut>
ArrowColumnHandle make_variable(std::string_view format, char letter, char large_letter) {
  if (format.size() == 1 && format[0] == letter)
    return std::make_unique<BytesColumn<ArrowOffsetBytes<std::int32_t>, kPut>>();
  if (format.size() == 1 && format[0] == large_letter)
    return std::make_unique<BytesColumn<ArrowOffsetBytes<std::int64_t>, kPut>>();
  if (format.size() == 2 && format[0] == 'v' && format[1] == letter)
    return std::make_unique<BytesColumn<ArrowViewBytes, kPut>>();
  return nullptr;
}

// The size in `w:16`, or -1.
std::int32_t fixed_size(std::string_view format) noexcept {
  if (!format.starts_with("w:")) return -1;
  std::int32_t size = -1;
  const char* const end = format.data() + format.size();
  const auto [read, error] = std::from_chars(format.data() + 2, end, size);
  return error == std::errc{} && read == end ? size : -1;
}

}  // namespace

ArrowColumnHandle make_arrow_bytes(std::string_view format) {
  if (ArrowColumnHandle text = make_variable<put_json_string>(format, 'u', 'U')) return text;
  if (ArrowColumnHandle binary = make_variable<put_json_hex>(format, 'z', 'Z')) return binary;
  const std::int32_t size = fixed_size(format);
  if (size < 0) return nullptr;
  return std::make_unique<BytesColumn<ArrowFixedBytes, put_json_hex>>(ArrowFixedBytes(size));
}

ArrowColumnHandle make_arrow_json(std::string_view format) { return make_variable<put_json_text>(format, 'u', 'U'); }

ArrowColumnHandle make_arrow_uuid(std::string_view format) {
  constexpr std::int32_t kUuidSize = 16;
  if (fixed_size(format) != kUuidSize) return nullptr;
  return std::make_unique<BytesColumn<ArrowFixedBytes, put_json_uuid>>(ArrowFixedBytes(kUuidSize));
}

}  // namespace pgfeed
