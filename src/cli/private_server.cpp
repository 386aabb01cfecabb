#include "cli/private_server.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <pgfeed/error.hpp>

#include "cli/child_process.hpp"
#include "cli/server_folder.hpp"
#include "cli/server_programs.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOnlyOwner = 0600;
constexpr const char* kPatience = "600";  // seconds: recovery after a crash in a load may take minutes

Error server_error(const std::string& sentence) { return {ErrorKind::database, sentence}; }

Error file_error(const fs::path& path) { return server_error(fmt::format("{}: {}", path.string(), std::strerror(errno))); }

// postgres refuses to run as root, and its user must be able to enter the folder, whatever the umask.
std::optional<ProcessUser> server_user() {
  if (geteuid() != 0) return std::nullopt;
  return find_user("postgres");
}

/// Runs the server's programs as the user who owns its data.
class Programs {
 public:
  explicit Programs(int major = 0) : user_(server_user()), programs_(find_server_programs(major)) {}

  /// English messages, no PG* settings of the caller's, and the port by PGPORT, which postgresql.conf leaves open.
  [[nodiscard]] ChildResult run(const char* program, std::vector<std::string> arguments, std::string_view input = "",
                                int port = 0) const {
    std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C"};
    for (const char* name : {"TZ", "LD_LIBRARY_PATH"}) {
      if (const char* value = std::getenv(name)) environment.push_back(fmt::format("{}={}", name, value));
    }
    if (port != 0) environment.push_back(fmt::format("PGPORT={}", port));
    arguments.insert(arguments.begin(), programs_.path_of(program));
    return run_child(arguments, environment, input, user());
  }
  [[nodiscard]] const ProcessUser* user() const { return user_ ? &*user_ : nullptr; }

 private:
  std::optional<ProcessUser> user_;
  ServerPrograms programs_;
};

Programs programs_of(const ServerFolder& at) {
  const Programs any;  // may look where only the server's user may
  const ChildResult version = run_child({"/bin/cat", at.data / "PG_VERSION"}, {}, "", any.user());
  return Programs(std::atoi(version.output.c_str()));
}

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

bool is_running(const ServerFolder& at, const Programs& programs) {
  return programs.run("pg_ctl", {"status", "-D", at.data}).exit_code == 0;
}

std::string random_password() {
  constexpr std::size_t kBytes = 24;
  std::array<unsigned char, kBytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) throw server_error("no random bytes");
  std::string password;
  for (const unsigned char byte : bytes) password += fmt::format("{:02x}", byte);
  return password;
}

// For a server that shares its machine with the client that loads into it: a quarter of the memory, at most 1 GB; and
// few checkpoints, for each one makes the pages that follow go whole into the log. Durability stays as it is.
std::string first_commands() {
  constexpr long kMegabyte = 1024 * 1024;
  const long memory = sysconf(_SC_PHYS_PAGES) / 4 * sysconf(_SC_PAGESIZE) / kMegabyte;
  const long shared_buffers = std::clamp(memory, 128L, 1024L);
  return fmt::format(
      "ALTER SYSTEM SET listen_addresses = '127.0.0.1'\n"
      "ALTER SYSTEM SET unix_socket_directories = '.'\n"  // in `data`, whatever it is called: a socket's path must be short
      "ALTER SYSTEM SET shared_buffers = '{}MB'\n"
      "ALTER SYSTEM SET max_wal_size = '4GB'\n"
      "ALTER SYSTEM SET checkpoint_timeout = '15min'\n"
      "ALTER SYSTEM SET wal_compression = on\n"
      "CREATE DATABASE pgfeed\n",
      shared_buffers);
}

void check(const ChildResult& result, std::string_view what, const ServerFolder& at) {
  if (result.exit_code == 0) return;
  throw server_error(fmt::format("the private server in {} {}: {}", at.folder.string(), what, last_line(result.output)));
}

void initialise(const ServerFolder& at) {
  const Programs programs;
  const ProcessUser* owner = programs.user();
  if (run_child({"/bin/ls", at.folder}, {}, "", owner).exit_code != 0) {
    throw server_error(
        fmt::format("{}: user postgres, who runs the server for root, cannot enter this folder; "
                    "set PGFEED_SERVER_DIR to one where it can",
                    at.folder.string()));
  }
  std::error_code ignored;  // what stays makes mkdir fail
  fs::remove_all(at.unfinished, ignored);
  constexpr mode_t kPrivate = 0700;
  if (mkdir(at.unfinished.c_str(), kPrivate) != 0 ||
      (owner != nullptr && chown(at.unfinished.c_str(), owner->uid, owner->gid) != 0)) {
    throw file_error(at.unfinished);
  }
  const std::string password = random_password();
  const fs::path pwfile = at.folder / "password.part";
  write_file(pwfile, password + "\n", kOnlyOwner, owner);
  const ChildResult made =
      programs.run("initdb", {"-D", at.unfinished, "--username=loader", "--encoding=UTF8", "--locale=C.UTF-8",
                              "--auth=scram-sha-256", "--pwfile=" + pwfile.string()});
  unlink(pwfile.c_str());
  check(made, "was not made", at);
  const std::vector<std::string> single{"--single", "-D", at.unfinished, "-c", "exit_on_error=on", "template1"};
  check(programs.run("postgres", single, first_commands()), "has no database", at);
  write_file(at.passfile, fmt::format("127.0.0.1:*:*:loader:{}\n", password), kOnlyOwner, nullptr);
  if (rename(at.unfinished.c_str(), at.data.c_str()) != 0) throw file_error(at.data);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

ServerStatus status_of(const ServerFolder& at, bool running) {
  ServerStatus status{.initialised = at.initialised(), .running = running, .port = 0, .folder = at.folder, .conninfo = {}};
  if (status.initialised) {
    status.port = read_port(at);
    status.conninfo = fmt::format("postgresql://loader@127.0.0.1:{}/pgfeed?passfile={}", status.port,
                                  percent_encoded(at.passfile.string()));
  }
  return status;
}

}  // namespace

ServerStatus start_private_server() {
  const ServerFolder at = find_server_folder();
  make_folder(at.folder);
  const FolderLock lock(at);
  if (!at.initialised()) initialise(at);
  const Programs programs = programs_of(at);
  if (!is_running(at, programs)) {
    const ChildResult started =
        programs.run("pg_ctl", {"start", "-s", "-w", "-t", kPatience, "-D", at.data, "-l", at.log}, "", free_port(at));
    if (started.exit_code != 0) {
      const ChildResult log = run_child({"/usr/bin/tail", "-n", "20", at.log}, {}, "", programs.user());
      throw server_error(
          fmt::format("the private server did not start; the end of its log {}:\n{}", at.log.string(), log.output));
    }
  }
  return status_of(at, true);
}

ServerStatus stop_private_server() {
  const ServerFolder at = find_server_folder();
  if (!at.initialised()) return status_of(at, false);
  const FolderLock lock(at);
  const Programs programs = programs_of(at);
  if (is_running(at, programs)) {
    check(programs.run("pg_ctl", {"stop", "-s", "-w", "-t", kPatience, "-m", "fast", "-D", at.data}), "did not stop", at);
  }
  return status_of(at, false);
}

ServerStatus private_server_status() {
  const ServerFolder at = find_server_folder();
  if (!at.initialised()) return status_of(at, false);
  return status_of(at, is_running(at, programs_of(at)));
}

}  // namespace pgfeed
