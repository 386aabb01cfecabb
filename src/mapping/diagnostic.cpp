#include "mapping/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pgfeed/error.hpp>
#include <vector>

namespace pgfeed {
namespace {

constexpr std::size_t kShownBytes = 100;
// Field names are short; a longer text is no misspelling of one, and the table of distances stays small.
constexpr std::size_t kComparedBytes = 64;

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

void Diagnostic::fail(std::int64_t line, const std::string& sentence) const {
  Error error(ErrorKind::mapping, fmt::format("{}:{}: {}", file_, line, sentence));
  error.source = file_;
  error.line = line;
  throw error;
}

std::string shown(std::string_view text) {
  std::string_view kept = text.substr(0, kShownBytes);
  while (kept.size() < text.size() && !kept.empty() && (text[kept.size()] & 0xC0) == 0x80) kept.remove_suffix(1);
  std::string out = "\"";
  for (const char c : kept) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + (kept.size() < text.size() ? "…\"" : "\"");
}

std::string did_you_mean(std::string_view given, std::span<const std::string> known, std::size_t most) {
  if (given.size() > kComparedBytes) return "";
  std::size_t best = given.size() <= 4 ? 1 : most;
  const std::string* nearest = nullptr;
  for (const std::string& name : known) {
    if (name.size() > kComparedBytes) continue;
    const std::size_t found = distance(given, name);
    if (found > best || (nearest != nullptr && found == best) || found >= name.size()) continue;
    best = found;
    nearest = &name;
  }
  return nearest == nullptr ? "" : "; did you mean " + shown(*nearest) + "?";
}

std::string listed(std::span<const std::string> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

}  // namespace pgfeed
