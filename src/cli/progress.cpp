#include "cli/progress.hpp"

#include "text/numbers.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pgfeed {
namespace {

constexpr double kSecondsBetweenLines = 10;
constexpr std::size_t kBarWidth = 24;

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t kUsual = 80;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::string time_left(const Report& report) {
  if (report.total_bytes <= 0 || report.counts.bytes <= 0) return "";
  const double share = static_cast<double>(report.counts.bytes) / static_cast<double>(report.total_bytes);
  const auto seconds = static_cast<std::int64_t>(report.seconds / share * (1 - std::min(share, 1.0)));
  return fmt::format(", {}:{:02} left", seconds / 60, seconds % 60);
}

std::string rates(const Report& report) {
  const double seconds = std::max(report.seconds, 0.001);
  return fmt::format("{:.0f} documents/s, {:.1f} MB/s", static_cast<double>(report.counts.read) / seconds,
                     static_cast<double>(report.counts.bytes) / 1e6 / seconds);
}

std::string table_rows(const Report& report) {
  std::string text;
  for (const TableReport& table : report.tables) {
    if (table.inserted + table.merged > 0)
      text += fmt::format(", {} {}", table.name, grouped(table.inserted + table.merged));
  }
  return text;
}

std::string rejects(const Report& report) {
  return report.counts.rejected == 0 ? "" : fmt::format(", {} rejected", grouped(report.counts.rejected));
}

/// Of an atomic load.
std::string phase(const Report& report) {
  if (report.publish == Publish::split) return "";
  return report.publishing ? "publishing: " : "staging: ";
}

std::string bar(const Report& report) {
  if (report.total_bytes <= 0) return megabytes(report.counts.bytes);
  const double share = std::min(1.0, static_cast<double>(report.counts.bytes) / static_cast<double>(report.total_bytes));
  const auto full = static_cast<std::size_t>(share * kBarWidth);
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "░";
  return fmt::format("{} {:3.0f} % of {}", text, share * 100, megabytes(report.total_bytes));
}

/// As many characters as fit: each takes one column but for the bar's, which are three bytes each.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t bytes = 0;
  for (std::size_t column = 0; bytes < text.size() && column < columns; ++column) {
    ++bytes;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) ++bytes;
  }
  return text.substr(0, bytes);
}

}  // namespace

std::optional<ProgressStyle> progress_style(const std::string& name) {
  if (name == "auto") return isatty(STDERR_FILENO) != 0 ? ProgressStyle::bar : ProgressStyle::plain;
  if (name == "bar") return ProgressStyle::bar;
  if (name == "plain") return ProgressStyle::plain;
  if (name == "none") return ProgressStyle::none;
  return std::nullopt;
}

Progress::~Progress() {
  if (line_open_) std::fputs("\r\033[K", stderr);
}

void Progress::show(const Report& report) {
  if (style_ == ProgressStyle::bar) {
    const std::string line =
        phase(report) + bar(report) + ", " + rates(report) + time_left(report) + rejects(report) + table_rows(report);
    fmt::print(stderr, "\r\033[K{}", cut(line, terminal_width() - 1));
    std::fflush(stderr);
    line_open_ = true;
  } else if (style_ == ProgressStyle::plain && report.seconds - last_shown_ >= kSecondsBetweenLines) {
    last_shown_ = report.seconds;
    const std::string share = report.total_bytes > 0 ? fmt::format(" of {}", megabytes(report.total_bytes)) : "";
    fmt::print(stderr, "pgfeed: {}{:.0f} s: {}{}, {} documents, {}{}{}{}\n", phase(report), report.seconds,
               megabytes(report.counts.bytes), share, grouped(report.counts.read), rates(report), time_left(report),
               rejects(report), table_rows(report));
  }
}

}  // namespace pgfeed
