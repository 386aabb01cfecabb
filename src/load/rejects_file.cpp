#include "load/rejects_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "source/local_files.hpp"
#include "source/would_list.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

/// One regular file, by device and inode: also under another name.
bool are_one_file(const std::string& one, const std::string& other) {
  std::error_code failed;
  return fs::is_regular_file(one, failed) && fs::equivalent(one, other, failed);
}

Error clash(const std::string& file, const std::string& why) {
  return {ErrorKind::usage, fmt::format("the rejects cannot be written to {}: {}", file, why)};
}

}  // namespace

void require_rejects_apart(const LoadOptions& options) {
  const std::string& file = options.rejects_file;
  if (file.empty()) return;
  if (file == "-") throw clash("standard output", "the report is written there; name a file (./- is one)");
  if (are_one_file(file, options.mapping)) throw clash(file, fmt::format("it is the mapping {}", options.mapping));
  if (are_one_file(file, options.from_rejects)) throw clash(file, "it is what --from-rejects reads");
  std::error_code failed;
  if (fs::is_regular_file(file, failed)) {
    for (const Source& source : list_local_files(options.sources)) {
      const bool is_input = source.path == "-";
      if (!are_one_file(file, is_input ? "/dev/stdin" : source.path)) continue;
      throw clash(file, fmt::format("it is the source {}", is_input ? "standard input" : source.path));
    }
  }
  for (const std::string& argument : options.sources) {
    if (would_list(argument, file))
      throw clash(file, fmt::format("{} lists it, and the next load would read it as documents", argument));
  }
}

}  // namespace pgfeed
