#include "cli/server_programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <pgfeed/error.hpp>

#include "cli/child_process.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) { return access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path); }

bool holds_server_programs(const fs::path& folder) {
  return is_program(folder / "initdb") && is_program(folder / "pg_ctl") && is_program(folder / "postgres");
}

std::vector<fs::path> folders_on_path() {
  std::vector<fs::path> folders;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(':'), rest.size());
    const fs::path folder(rest.substr(0, length));
    if (folder.is_absolute()) folders.push_back(folder);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return folders;
}

// Debian keeps versions apart as /usr/lib/postgresql/15/bin, the PGDG's RPMs as /usr/pgsql-15/bin.
std::vector<fs::path> folders_of_packages() {
  std::vector<std::pair<int, fs::path>> found;
  const auto look = [&found](const char* parent, std::string_view prefix) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(prefix)) continue;
      int version = 0;
      const char* digits = name.data() + prefix.size();
      if (std::from_chars(digits, name.data() + name.size(), version).ptr != digits)
        found.emplace_back(version, entry.path() / "bin");
    }
  };
  look("/usr/lib/postgresql", "");
  look("/usr", "pgsql-");
  std::ranges::sort(found, std::ranges::greater{}, &std::pair<int, fs::path>::first);
  std::vector<fs::path> folders;
  folders.reserve(found.size());
  for (auto& [version, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

std::vector<fs::path> folders_of_pg_config() {
  for (const fs::path& folder : folders_on_path()) {
    if (!is_program(folder / "pg_config")) continue;
    std::string output = run_child({folder / "pg_config", "--bindir"}, {"PATH=/usr/bin:/bin"}, "", nullptr).output;
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return {output};
  }
  return {};
}

// "postgres (PostgreSQL) 15.5 (Debian 15.5-0+deb12u1)" → 15
int major_of(const fs::path& folder) {
  const std::string said = run_child({folder / "postgres", "--version"}, {}, "", nullptr).output;
  constexpr std::string_view kBefore = "(PostgreSQL) ";
  const std::size_t at = said.find(kBefore);
  int major = 0;
  if (at != std::string::npos) std::from_chars(said.data() + at + kBefore.size(), said.data() + said.size(), major);
  return major;
}

}  // namespace

ServerPrograms find_server_programs(int major) {
  using Places = std::vector<fs::path> (*)();
  constexpr std::array<Places, 3> kPlaces{folders_on_path, folders_of_packages, folders_of_pg_config};
  for (const Places places : kPlaces) {
    for (const fs::path& folder : places()) {
      if (!holds_server_programs(folder)) continue;
      const int found = major_of(folder);
      if (found != 0 && (major == 0 || found == major)) return {.folder = folder, .major = found};
    }
  }
  if (major == 0) {
    throw Error(ErrorKind::database,
                "no PostgreSQL server programs (initdb, pg_ctl, postgres) found: apt-get install postgresql");
  }
  throw Error(ErrorKind::database,
              fmt::format("the private server was made by PostgreSQL {0}, whose server programs are not "
                          "found: apt-get install postgresql-{0}",
                          major));
}

}  // namespace pgfeed
