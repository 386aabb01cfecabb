#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pgfeed {

/// The size of a source that was not known before its end was seen.
struct SeenEnd {
  std::int64_t entry = 0;  ///< the source's number in the ledger
  std::int64_t content_size = 0;
};

/// What was found out about sources as they were cut into splits.
struct SplitFindings {
  std::vector<SeenEnd> ends;
  std::vector<std::string> without_documents;  ///< paths; there were values in them: the path to the documents is wrong
  std::vector<std::string> empty;              ///< what to call sources in which there was nothing at all
  bool is_limited = false;                     ///< the load's limit ended it before they did

  void add(const SplitFindings& more) {
    ends.insert(ends.end(), more.ends.begin(), more.ends.end());
    without_documents.insert(without_documents.end(), more.without_documents.begin(), more.without_documents.end());
    empty.insert(empty.end(), more.empty.begin(), more.empty.end());
    is_limited = is_limited || more.is_limited;
  }
};

inline std::string empty_warning(const std::string& name) { return name + " is empty"; }

}  // namespace pgfeed
