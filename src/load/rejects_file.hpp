#pragma once

#include <pgfeed/load.hpp>

namespace pgfeed {

/// Throws Error(usage), which names both, when the file for rejects is the mapping or a source, lies where a listing of
/// the sources would find it next time, or is "-", which would mean standard output. Opens nothing. To be asked before
/// `load`, which overwrites that file. Throws Error(source) as a listing does.
void require_rejects_apart(const LoadOptions& options);

}  // namespace pgfeed
