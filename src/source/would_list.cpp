#include "source/would_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "source/file_uri.hpp"
#include "source/glob.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

/// A folder by what it is, whatever links lead to it.
using FolderId = std::pair<dev_t, ino_t>;

std::optional<FolderId> folder_id(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return FolderId{status.st_dev, status.st_ino};
}

/// Where a file would be made that is opened by this name: a link may lead to what is not there yet.
fs::path behind_links(fs::path path) {
  constexpr int kMost = 40;  // as many as the system follows
  std::error_code failed;
  for (int i = 0; i < kMost && fs::is_symlink(path, failed); ++i) path = path.parent_path() / fs::read_symlink(path, failed);
  return path;
}

std::optional<std::string> local_path(const std::string& argument) {
  const std::string scheme = uri_scheme(argument);
  std::error_code failed;
  if (argument.empty() || argument == "-") return std::nullopt;
  if (scheme.empty() || fs::exists(argument, failed)) return argument;
  return path_of_file_uri(argument);
}

/// Walks as a listing does, and looks for the folder that a file lies in.
class Search {
 public:
  explicit Search(const std::string& path) {
    const fs::path file = behind_links(path);
    name_ = file.filename().string();
    folder_ = folder_id(file.has_parent_path() ? file.parent_path().string() : ".");
  }

  [[nodiscard]] bool finds_in_listing_of(const std::string& path) const {
    const fs::path other = behind_links(path);
    const std::string folder = other.has_parent_path() ? other.parent_path().string() : ".";
    return folder_id(path) ? finds_below(path) : is_folder(folder) && other.filename() == name_;
  }

  [[nodiscard]] bool finds_by_glob(std::string pattern) const {
    while (pattern.ends_with('/')) pattern.pop_back();
    const std::size_t cut = pattern.rfind('/') == std::string::npos ? 0 : pattern.rfind('/') + 1;
    const std::string last = pattern.substr(cut);
    const std::vector<std::string> around = expand_glob(pattern.substr(0, cut) + ".");
    if (last == "**") return std::ranges::any_of(around, [this](const std::string& path) { return finds_below(path); });
    const bool matches = is_glob(last) ? matches_name(last, name_) : last == name_;
    if (matches && std::ranges::any_of(around, [this](const std::string& path) { return is_folder(path); })) return true;
    return std::ranges::any_of(expand_glob(pattern + "/."), [this](const std::string& path) { return finds_below(path); });
  }

 private:
  [[nodiscard]] bool is_folder(const std::string& path) const { return folder_ && folder_id(path) == folder_; }

  [[nodiscard]] bool finds_below(const std::string& folder) const {
    if (is_passed_over(name_)) return false;
    std::set<FolderId> visited;
    std::vector<std::string> open{folder};
    while (!open.empty()) {
      const std::string next = std::move(open.back());
      open.pop_back();
      const std::optional<FolderId> id = folder_id(next);
      if (!id || !visited.insert(*id).second) continue;
      if (id == folder_) return true;
      std::error_code failed;
      for (fs::directory_iterator entry(next, failed), end; !failed && entry != end; entry.increment(failed)) {
        std::error_code unknown;
        if (!is_passed_over(entry->path().filename().string()) && entry->is_directory(unknown))
          open.push_back(entry->path().string());
      }
    }
    return false;
  }

  std::string name_;
  std::optional<FolderId> folder_;  ///< in which the file lies; nothing: in none that is there
};

}  // namespace

bool would_list(const std::string& argument, const std::string& path) {
  const std::optional<std::string> listed = local_path(argument);
  if (!listed) return false;
  const Search search(path);
  std::error_code failed;
  if (!fs::exists(*listed, failed) && is_glob(*listed)) return search.finds_by_glob(*listed);
  return search.finds_in_listing_of(*listed);
}

}  // namespace pgfeed
