#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "cli/child_process.hpp"

namespace pgfeed {

/// The private server's folder and the files in it; private_server.hpp says what they are.
struct ServerFolder {
  explicit ServerFolder(std::filesystem::path folder_) : folder(std::move(folder_)) {}

  std::filesystem::path folder;
  std::filesystem::path data = folder / "data";
  std::filesystem::path unfinished = folder / "data.part";  ///< `data` while it is made: what has its name is whole
  std::filesystem::path passfile = folder / "passfile";
  std::filesystem::path port = folder / "port";
  std::filesystem::path lock = folder / "lock";
  std::filesystem::path log = data / "server.log";

  /// Throws Error(database) if nobody can tell, as in a folder that may not be read.
  [[nodiscard]] bool initialised() const;
};

/// The folder that the environment chooses. Nothing is made or looked at.
/// Throws Error(database) if it chooses none, or one whose name pg_ctl could not pass on.
ServerFolder find_server_folder();

/// Makes the folder with its parents where they are missing; for root so that other users may enter, whatever the umask.
/// Throws Error(database).
void make_folder(const std::filesystem::path& folder);

/// Writes a new file in the place of an old one, with exactly this mode, and for `owner` if there is one.
/// Throws Error(database).
void write_file(const std::filesystem::path& path, std::string_view text, mode_t mode, const ProcessUser* owner);

/// Held by whoever starts or stops the server. The kernel gives it back if the process dies.
class FolderLock {
 public:
  /// Waits for another holder. Throws Error(database) if the lock file can't be opened.
  explicit FolderLock(const ServerFolder& at);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int file_;
};

/// The port of the server: 0 if none was chosen yet.
int read_port(const ServerFolder& at);

/// The server's port if it is free, else another one, which is the server's from then on.
/// Throws Error(database) if none is free.
int free_port(const ServerFolder& at);

}  // namespace pgfeed
