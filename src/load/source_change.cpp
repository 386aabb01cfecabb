#include "load/source_change.hpp"

#include <fmt/format.h>

namespace pgfeed {
namespace {

constexpr const char* kWaysOut =
    "--reload loads all of it again, by the rules for duplicates; or put the old file back (cp -p keeps its time) and what "
    "is "
    "new in a file of another name";

}  // namespace

bool is_changed(const std::string& before, const std::string& now) noexcept {
  return !before.empty() && !now.empty() && before != now;
}

Error changed_since_loaded(const Source& source, const SourceEntry& entry) {
  Error error(ErrorKind::source, fmt::format("{} has changed since it was loaded: it was version {} of {} bytes, and is "
                                             "version {} of {} bytes; {}",
                                             source.path, entry.version, entry.size, source.version, source.size, kWaysOut));
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

}  // namespace pgfeed
