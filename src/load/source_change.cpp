#include "load/source_change.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/shell_word.hpp"

namespace pgfeed {
namespace {

constexpr const char* kWaysOut =
    "--reload loads all of it again, by the rules for duplicates; or put the old file back (cp -p keeps its time) and what "
    "is "
    "new in a file of another name";

/// As `pgfeed forget` takes it for a source: neither for a load's number nor for an option.
std::string forget_argument(const std::string& path) {
  const bool is_ambiguous = path.starts_with('-') || path.find_first_not_of("0123456789") == std::string::npos;
  return shell_word(is_ambiguous ? "./" + path : path);
}

}  // namespace

bool is_changed(const std::string& before, const std::string& now) noexcept {
  return !before.empty() && !now.empty() && before != now;
}

Error changed_since_loaded(const Source& source, const SourceEntry& entry, const std::string& feed) {
  Error error(
      ErrorKind::source,
      fmt::format("{} has changed since it was loaded: it was version {} of {} bytes, and is version {} of {} bytes; "
                  "{}; after `pgfeed forget --feed {} {}` the next load takes all of it too",
                  source.path, entry.version, entry.size, source.version, source.size, kWaysOut, shell_word(feed),
                  forget_argument(source.path)));
  error.source = source.uri;
  return error;
}

template <typename Bytes>
void require_unchanged(const Source& listed, const Bytes& bytes) {
  const Source now = bytes.look_again();
  if (!is_changed(listed.version, now.version)) return;
  Error error(ErrorKind::source,
              fmt::format("{} has changed while it was being read: it was version {} of {} bytes, and is version {} of {} "
                          "bytes; what was read before stays as it is; once nobody writes to it, {}",
                          listed.path, listed.version, listed.size, now.version, now.size, kWaysOut));
  error.source = listed.uri;
  throw error;
}

template void require_unchanged(const Source&, const ByteStream&);
template void require_unchanged(const Source&, const RandomAccess&);

Error lost_or_another(const PlannedSource& hole, const std::vector<SeenEnd>& ends) {
  const Source& source = *hole.source;
  const auto end = std::ranges::find(ends, hole.entry, &SeenEnd::entry);
  const std::uint64_t reached = hole.committed.empty() ? 0 : hole.committed.back().end;
  const bool is_another = end != ends.end() && static_cast<std::uint64_t>(end->content_size) < reached;
  Error error(is_another ? ErrorKind::source : ErrorKind::database,
              is_another
                  ? fmt::format("{} has ended after {} bytes, but of its --source-id bytes up to {} are in, or staged: "
                                "it is another one; load it under another --source-id, or under this one after "
                                "pgfeed forget id:NAME (what is staged: pgfeed drop)",
                                source.path == "-" ? "standard input" : source.path, end->content_size, reached)
                  : fmt::format("the server has lost a part of {} that it had committed; load it again", source.path));
  error.source = source.uri;
  return error;
}

}  // namespace pgfeed
