#include "cli/server_folder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

Error server_error(const std::string& sentence) { return {ErrorKind::database, sentence}; }

Error file_error(const fs::path& path) { return server_error(fmt::format("{}: {}", path.string(), std::strerror(errno))); }

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// What is at a path, links followed. Throws Error(database) where that can't be told: a folder above it may not be entered.
fs::file_type type_of(const fs::path& path) {
  std::error_code failed;
  const fs::file_type type = fs::status(path, failed).type();
  if (type == fs::file_type::none) throw server_error(fmt::format("{}: {}", path.string(), failed.message()));
  return type;
}

bool port_is_free(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;  // as PostgreSQL sets it: connections of a server that has just stopped do not count
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free =
      bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(listener, 1) == 0;
  close(listener);
  return free;
}

// Below the ports that the kernel gives to outgoing connections, so that the server finds its own free again.
int choose_port() {
  constexpr int kFirst = 15432;
  constexpr int kLast = 16431;
  for (int port = kFirst; port <= kLast; ++port) {
    if (port_is_free(port)) return port;
  }
  throw server_error(fmt::format("no free port for the private server between {} and {} on 127.0.0.1", kFirst, kLast));
}

}  // namespace

ServerFolder find_server_folder() {
  fs::path folder;
  if (const std::string chosen = variable("PGFEED_SERVER_DIR"); !chosen.empty()) {
    std::error_code failed;
    folder = fs::absolute(chosen, failed).lexically_normal();
    if (failed) throw server_error(fmt::format("{}: {}", chosen, failed.message()));
  } else if (geteuid() == 0) {
    folder = "/var/lib/pgfeed/server";
  } else if (const std::string data = variable("XDG_DATA_HOME"); fs::path(data).is_absolute()) {
    folder = fs::path(data) / "pgfeed/server";
  } else if (const std::string home = variable("HOME"); !home.empty()) {
    folder = fs::path(home) / ".local/share/pgfeed/server";
  } else {
    throw server_error("no folder for the private server: neither PGFEED_SERVER_DIR, XDG_DATA_HOME nor HOME is set");
  }
  // pg_ctl hands its paths to a shell between double quotes.
  if (folder.string().find_first_of("\"$`\\\n") != std::string::npos) {
    throw server_error(fmt::format("{}: the private server's folder may not have \", $, `, \\ or a line break in its name",
                                   folder.string()));
  }
  return ServerFolder(folder);
}

bool ServerFolder::initialised() const { return type_of(data) != fs::file_type::not_found; }

void make_folder(const fs::path& folder) {
  constexpr mode_t kOthersMayEnter = 0755;
  constexpr mode_t kPrivate = 0700;
  if (type_of(folder) == fs::file_type::directory) return;
  if (folder.has_parent_path() && folder != folder.parent_path()) make_folder(folder.parent_path());
  const mode_t mode = geteuid() == 0 ? kOthersMayEnter : kPrivate;
  if (mkdir(folder.c_str(), mode) != 0) {
    const Error error = file_error(folder);
    const bool another_made_it = errno == EEXIST && type_of(folder) == fs::file_type::directory;
    if (!another_made_it) throw error;
  } else if (chmod(folder.c_str(), mode) != 0) {
    throw file_error(folder);
  }
}

void write_file(const fs::path& path, std::string_view text, mode_t mode, const ProcessUser* owner) {
  unlink(path.c_str());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0) throw file_error(path);
  const bool written = fchmod(file, mode) == 0 && (owner == nullptr || fchown(file, owner->uid, owner->gid) == 0) &&
                       write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !written) throw file_error(path);
}

FolderLock::FolderLock(const ServerFolder& at) : file_(open(at.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw file_error(at.lock);
  while (flock(file_, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    const Error error = file_error(at.lock);
    close(file_);
    throw error;
  }
}

FolderLock::~FolderLock() { close(file_); }

int read_port(const ServerFolder& at) {
  int port = 0;
  std::ifstream(at.port) >> port;
  return port;
}

int free_port(const ServerFolder& at) {
  int port = read_port(at);
  if (port == 0 || !port_is_free(port)) {
    constexpr mode_t kAllMayRead = 0644;
    port = choose_port();
    write_file(at.port, fmt::format("{}\n", port), kAllMayRead, nullptr);
  }
  return port;
}

}  // namespace pgfeed
