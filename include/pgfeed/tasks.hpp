#pragma once

#include <pgfeed/load.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace pgfeed {

/// Runs tasks, each of them once or more, side by side, anywhere from where the sources and the database can be reached, by
/// `run_task`. Takes what is to be done as text, one for each task, and returns what each came to as text, in any order.
/// Neither holds secrets. Throws Error where they could not be run.
using RunTasks = std::function<std::vector<std::string>(const std::vector<std::string>&)>;

/// Loads as `load` does, with tasks in place of threads: not more than `options.connections`, each with one session and a
/// run of splits. While they run the load has no session of its own.
Report load_by_tasks(const LoadOptions& options, const RunTasks& run_tasks, std::stop_token stop, Report* partial = nullptr);

/// Does what one task is to do; what it loads stays out of what any other attempt of it loads. `conninfo` is libpq's;
/// `attempt` names this attempt among all of the load (at most 20 characters).
/// Throws Error where another attempt, here or on another machine, may help; other errors are in what it returns, and so is
/// every error of the last attempt that there will be.
std::string run_task(const std::string& task, const std::string& conninfo, const std::string& attempt, bool is_last,
                     std::stop_token stop);

/// The error in what a task came to, if there is one: the rest need not go on. Throws it as Error.
void require_success(const std::string& outcome);

}  // namespace pgfeed
