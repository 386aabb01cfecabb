#include "cli/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <pgfeed/error.hpp>

namespace pgfeed {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close_now(); }

  [[nodiscard]] int number() const noexcept { return number_; }
  void close_now() noexcept {
    if (number_ >= 0) close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Error system_error(const char* what) { return {ErrorKind::database, fmt::format("{}: {}", what, std::strerror(errno))}; }

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("no pipe to a PostgreSQL program");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));  // execve changes nothing
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: system calls only, no allocation. The environment's strings are the parent's.
[[noreturn]] void become(char* const* command, char* const* environment, int input, int output, const ProcessUser* user) {
  constexpr int kCouldNotRun = 126;
  constexpr int kNotFound = 127;
  if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
    _exit(kCouldNotRun);
  if (user != nullptr &&
      (setgroups(user->groups.size(), user->groups.data()) != 0 || setgid(user->gid) != 0 || setuid(user->uid) != 0)) {
    _exit(kCouldNotRun);
  }
  // The server outlives us: it must hold nothing of ours, and be open to every signal.
  close_range(STDERR_FILENO + 1, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir("/") != 0) _exit(kCouldNotRun);
  execve(command[0], command, environment);
  _exit(errno == ENOENT ? kNotFound : kCouldNotRun);
}

std::string read_all(int descriptor) {
  std::string all;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count > 0) {
      all.append(piece.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return all;
    }
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw system_error("lost a PostgreSQL program");
  }
  constexpr int kBySignal = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal + WTERMSIG(status);
}

}  // namespace

ProcessUser find_user(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    throw Error(ErrorKind::database,
                fmt::format("PostgreSQL does not run as root, and there is no user \"{}\" to run it as: "
                            "apt-get install postgresql makes one, or run pgfeed as another user",
                            name));
  }
  ProcessUser user{.uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), user.gid, user.groups.data(), &count) < 0) count = 1;  // the first is user.gid
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

ChildResult run_child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                      std::string_view input, const ProcessUser* user) {
  constexpr std::size_t kPipeHolds = 4096;
  if (input.size() > kPipeHolds) throw Error(ErrorKind::usage, "the input of a child process is too long");
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> variables = pointers_to(environment);
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  // Written before there is a reader to die of: so no SIGPIPE, and no thread.
  if (write(in.writer.number(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    throw system_error("no input for a PostgreSQL program");
  }
  const pid_t child = fork();
  if (child < 0) throw system_error("cannot start another process");
  if (child == 0) become(arguments.data(), variables.data(), in.reader.number(), out.writer.number(), user);
  in.reader.close_now();
  in.writer.close_now();
  out.writer.close_now();
  std::string output = read_all(out.reader.number());
  return {.exit_code = wait_for(child), .output = std::move(output)};
}

}  // namespace pgfeed
