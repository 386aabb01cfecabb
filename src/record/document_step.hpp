#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgfeed {

/// One step of the path that leads to the documents: a member by name, or every element (`[*]`).
struct DocumentStep {
  bool every = false;
  std::string name;
};

/// Reads a path to the documents: `$`, then steps `.name`, `['odd name']`, `["odd name"]` (a backslash before a quote or
/// a backslash), `[*]` or `.*`. `$` alone is no step: every top-level value is a document.
/// Throws Error(mapping) with a sentence that repeats the path; its `source` and `line` are the caller's to fill.
std::vector<DocumentStep> parse_documents_path(std::string_view path);

}  // namespace pgfeed
