#include <pgfeed/load.hpp>

#include <algorithm>
#include <string>

namespace pgfeed {
namespace {

std::string of_splits(const LoadOptions& options, bool is_nameless) {
  if (options.no_ledger) return "the same command would load all of it again";
  return is_nameless ? "the same command would load standard input from its beginning, since it had no --source-id"
                     : "run the same command again to load the rest";
}

}  // namespace

std::string interrupted_sentence(const LoadOptions& options) {
  if (options.dry_run) return "interrupted: this was a dry run, and everything is rolled back";
  const bool is_nameless = options.source_id.empty() && std::ranges::find(options.sources, "-") != options.sources.end();
  if (options.publish != Publish::atomic)
    return "interrupted: splits that were committed stay, the open ones are rolled back; " + of_splits(options, is_nameless);
  return std::string("interrupted: nothing was loaded; ") +
         (is_nameless ? "the same command would read standard input from its beginning, since it had no --source-id"
                      : "what was staged is kept: run the same command again to go on, or pgfeed drop to take it away "
                        "(pgfeed status says of which load)");
}

}  // namespace pgfeed
