#include "source/glob.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

// A folder by what it is, not by name: a walk that meets one of these again is in a loop.
using FolderId = std::pair<dev_t, ino_t>;

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

class Expansion {
 public:
  explicit Expansion(const std::string& pattern) {
    std::string part;
    for (const char byte : pattern + "/") {
      if (byte != '/') {
        part += byte;
      } else if (!part.empty()) {
        parts_.push_back(std::exchange(part, ""));
      }
    }
    walk(pattern.starts_with('/') ? "/" : "", 0);
    std::ranges::sort(found_);
    found_.erase(std::ranges::unique(found_).begin(), found_.end());
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  /// Matches parts_[part…] below `prefix`, which is empty or ends in a slash. As deep as the pattern and the folders are.
  void walk(const std::string& prefix, std::size_t part) {
    const std::string& pattern = parts_[part];
    const bool last = part + 1 == parts_.size();
    if (pattern == "**") {
      walk_all_folders(prefix, part, last);
    } else if (!is_glob(pattern)) {
      step_into(prefix + pattern, part, last);
    } else {
      for (const std::string& name : names_in(prefix)) {
        if (matches_name(pattern, name)) step_into(prefix + name, part, last);
      }
    }
  }

  void step_into(const std::string& path, std::size_t part, bool last) {
    std::error_code failed;
    if (last) {
      if (fs::exists(fs::symlink_status(path, failed))) found_.push_back(path);
    } else if (fs::is_directory(path, failed)) {
      walk(path + "/", part + 1);
    }
  }

  void walk_all_folders(const std::string& prefix, std::size_t part, bool last) {
    struct stat folder {};
    if (stat(prefix.empty() ? "." : prefix.c_str(), &folder) != 0) return;
    const FolderId id{folder.st_dev, folder.st_ino};
    if (!above_.insert(id).second) return;
    if (!last) walk(prefix, part + 1);
    for (const std::string& name : names_in(prefix)) {
      if (is_passed_over(name)) continue;
      std::error_code failed;
      const std::string path = prefix + name;
      if (fs::is_directory(path, failed)) {
        walk_all_folders(path + "/", part, last);
      } else if (last) {
        found_.push_back(path);
      }
    }
    above_.erase(id);
  }

  std::vector<std::string> parts_;
  std::vector<std::string> found_;
  std::set<FolderId> above_;
};

}  // namespace

bool is_glob(std::string_view text) noexcept { return text.find_first_of("*?[") != std::string_view::npos; }

bool is_passed_over(std::string_view name) noexcept { return name.starts_with('.') || name.starts_with('_'); }

bool matches_name(const std::string& pattern, const std::string& name) {
  if (is_passed_over(name) && pattern.front() != name.front()) return false;
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::vector<std::string> expand_glob(const std::string& pattern) { return Expansion(pattern).take(); }

}  // namespace pgfeed
