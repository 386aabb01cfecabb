#include "record/arrow_extension.hpp"

#include <cstring>

namespace pgfeed {
namespace {

constexpr std::string_view kExtensionName = "ARROW:extension:name";

std::int32_t take_size(const char*& at) noexcept {
  std::int32_t size = 0;
  std::memcpy(&size, at, sizeof size);
  at += sizeof size;
  return size;
}

std::string_view take_text(const char*& at) noexcept {
  const std::int32_t size = take_size(at);
  const std::string_view text(at, static_cast<std::size_t>(size));
  at += size;
  return text;
}

}  // namespace

// "ArrowSchema.metadata" of the C data interface: a count, then keys and values, each behind its size.
std::string_view arrow_extension(const ArrowSchema& schema) noexcept {
  const char* at = schema.metadata;
  if (at == nullptr) return {};
  for (std::int32_t left = take_size(at); left > 0; --left) {
    const std::string_view key = take_text(at);
    const std::string_view value = take_text(at);
    if (key == kExtensionName) return value;
  }
  return {};
}

}  // namespace pgfeed
