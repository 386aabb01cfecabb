#include "load/reject_limit.hpp"

#include <fmt/format.h>

namespace pgfeed {
namespace {

const char* what_became(const LoadOptions& options) {
  if (options.dry_run) return "this was a dry run, and everything was rolled back";
  return options.publish == Publish::atomic ? "nothing was loaded; what was staged is kept for the same command with a "
                                              "larger --max-rejects, and pgfeed drop "
                                              "takes it away (pgfeed status says of which load)"
                                            : "splits that were committed stay, the others were rolled back";
}

const char* what_became_of_others(const LoadOptions& options) {
  return options.publish == Publish::atomic && !options.dry_run ? what_became(options) : "the others are loaded";
}

/// `1 document was`, `2 documents were`.
std::string were(std::int64_t documents) {
  return documents == 1 ? "1 document was" : fmt::format("{} documents were", documents);
}

}  // namespace

Error over_limit_error(const LoadOptions& options, std::int64_t in_split) {
  const std::string split = in_split > 0 ? fmt::format(" (this split alone has {})", in_split) : "";
  return {ErrorKind::rejects, fmt::format("stopped after more than {} rejects{}: {}", options.max_rejects.documents, split,
                                          what_became(options))};
}

void require_within_limit(const LoadOptions& options, const Report& report) {
  const Counts& counts = report.counts;
  if (!options.max_rejects.percent) {
    if (counts.rejected <= options.max_rejects.documents) return;
    throw Error(ErrorKind::rejects,
                fmt::format("{} rejected{}, more than {}{}; {}", were(counts.rejected), report.of_rejects ? " again" : "",
                            options.max_rejects.documents, report.of_rejects ? "" : ": they refer to rows that never came",
                            what_became_of_others(options)));
  }
  const double share =
      counts.read == 0 ? 0 : 100.0 * static_cast<double>(counts.rejected) / static_cast<double>(counts.read);
  if (share <= *options.max_rejects.percent) return;
  throw Error(ErrorKind::rejects,
              fmt::format("{} of {} documents were rejected ({:.2f} %, more than {} %); {}", counts.rejected, counts.read,
                          share, *options.max_rejects.percent, what_became_of_others(options)));
}

}  // namespace pgfeed
