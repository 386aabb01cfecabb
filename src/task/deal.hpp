#pragma once

#include <cstdint>
#include <vector>

#include "load/source_plan.hpp"
#include "record/document_step.hpp"
#include "task/task.hpp"

namespace pgfeed {

/// Deals what is planned out to at most `tasks` tasks: to each a run of it in listing order, of about as many bytes, cut
/// where a line ends. What cannot be cut goes to one task whole. Not more tasks than there are splits. The sources are
/// files. Throws Error(source) as they do.
std::vector<std::vector<TaskSource>> deal(const std::vector<PlannedSource>& sources,
                                          const std::vector<DocumentStep>& documents, int tasks, std::uint64_t split_size);

}  // namespace pgfeed
