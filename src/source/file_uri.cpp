#include "source/file_uri.hpp"

#include <fmt/format.h>

namespace pgfeed {
namespace {

bool is_letter(char byte) noexcept {
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'z';
}
bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

int hex_value(char byte) noexcept {
  if (is_digit(byte)) return byte - '0';
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace

std::string file_uri(std::string_view absolute_path) {
  constexpr std::string_view as_they_are = "-._~!$&'()*+,;=:@/";
  std::string uri = "file://";
  for (const char byte : absolute_path) {
    if (is_letter(byte) || is_digit(byte) || as_they_are.find(byte) != std::string_view::npos) {
      uri += byte;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
  }
  return uri;
}

std::optional<std::string> path_of_file_uri(std::string_view uri) {
  if (uri_scheme(uri) != "file") return std::nullopt;
  uri.remove_prefix(std::string_view("file:").size());
  if (uri.starts_with("//")) {
    uri.remove_prefix(2);
    const std::string_view host = uri.substr(0, uri.find('/'));
    if (!host.empty() && host != "localhost") return std::nullopt;
    uri.remove_prefix(host.size());
  }
  if (!uri.starts_with('/')) return std::nullopt;
  return percent_decoded(uri);
}

std::string uri_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return "";
  std::string scheme(text.substr(0, colon));
  for (char& byte : scheme) {
    if (!is_letter(byte) && !is_digit(byte) && byte != '+' && byte != '-' && byte != '.') return "";
    if (is_letter(byte)) byte = static_cast<char>(byte | 0x20);
  }
  const std::string_view rest = text.substr(colon + 1);
  return rest.starts_with("//") || (scheme == "file" && rest.starts_with('/')) ? scheme : "";
}

}  // namespace pgfeed
