#include "source/local_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "source/file_uri.hpp"
#include "source/glob.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStandardInput = "-";

/// An Error about what a person typed, before the source that it names is known.
Error argument_error(const std::string& argument, std::string_view reason) {
  Source source;
  source.path = argument;
  source.uri = argument;
  return source_error(source, reason);
}

Error nothing_found(const std::string& argument, std::string_view sentence) {
  Error error(ErrorKind::source, fmt::format("{} {}", sentence, argument));
  error.source = argument;
  return error;
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

void require_access(const std::string& path, int mode) {
  if (faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) != 0) throw argument_error(path, std::strerror(errno));
}

std::string canonical_uri(const std::string& path) {
  std::error_code failed;
  // What /dev/fd/63 links to is a pipe without a name: then the name as given is all there is.
  fs::path resolved = fs::canonical(path, failed);
  if (failed) resolved = fs::absolute(path).lexically_normal();
  return file_uri(resolved.string());
}

void set_version(Source& source, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return;
  source.size = status.st_size;
  source.version = fmt::format("{}-{}{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Source describe(const std::string& path, const struct stat& status) {
  Source source;
  source.path = path;
  source.uri = canonical_uri(path);
  set_version(source, status);
  source.seekable = S_ISREG(status.st_mode);
  return source;
}

class Listing {
 public:
  void add_argument(const std::string& argument) {
    if (argument == kStandardInput) {
      Source source;
      source.path = argument;
      source.uri = "file:///dev/stdin";
      add(std::move(source));
      return;
    }
    const std::string path = path_of(argument);
    if (status_of(path)) {
      add_file_or_folder(path);
    } else if (is_glob(path)) {
      add_glob(path);
    } else {
      throw argument_error(path, std::strerror(errno));
    }
  }

  std::vector<Source> take() { return std::move(sources_); }

 private:
  static std::string path_of(const std::string& argument) {
    if (argument.empty()) throw argument_error("\"\"", "the name is empty");
    const std::string scheme = uri_scheme(argument);
    if (scheme.empty() || status_of(argument)) return argument;
    if (scheme != "file")
      throw argument_error(argument, fmt::format("{}:// is not a kind of source that pgfeed reads", scheme));
    const std::optional<std::string> path = path_of_file_uri(argument);
    if (!path) throw argument_error(argument, "this is not the URI of a local file");
    return *path;
  }

  void add_glob(const std::string& pattern) {
    const std::vector<std::string> matches = expand_glob(pattern);
    if (matches.empty()) throw nothing_found(pattern, "no file matches");
    for (const std::string& path : matches) add_file_or_folder(path);
  }

  void add_file_or_folder(const std::string& path) {
    const std::optional<struct stat> status = status_of(path);
    if (!status) throw argument_error(path, std::strerror(errno));
    if (S_ISDIR(status->st_mode)) {
      add_folder(path);
    } else {
      require_access(path, R_OK);
      add(describe(path, *status));
    }
  }

  void add_folder(const std::string& folder) {
    std::set<std::pair<dev_t, ino_t>> visited;
    std::vector<std::string> open{folder};
    std::vector<std::pair<std::string, struct stat>> files;
    while (!open.empty()) {
      const std::string next = std::move(open.back());
      open.pop_back();
      const std::optional<struct stat> status = status_of(next);
      if (!status) throw argument_error(next, std::strerror(errno));
      if (S_ISREG(status->st_mode)) files.emplace_back(next, *status);
      if (S_ISDIR(status->st_mode) && visited.emplace(status->st_dev, status->st_ino).second) append_names(next, open);
    }
    if (files.empty()) throw nothing_found(folder, "no files in");
    std::ranges::sort(files, {}, &std::pair<std::string, struct stat>::first);
    for (const auto& [path, status] : files) {
      require_access(path, R_OK);
      add(describe(path, status));
    }
  }

  static void append_names(const std::string& folder, std::vector<std::string>& paths) {
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
      if (!is_passed_over(entry->path().filename().string())) paths.push_back(entry->path().string());
    }
    if (failed) throw argument_error(folder, failed.message());
  }

  void add(Source source) {
    if (known_.insert(source.uri).second) sources_.push_back(std::move(source));
  }

  std::vector<Source> sources_;
  std::set<std::string> known_;
};

/// An open file; standard input is borrowed, all else owned.
class Descriptor {
 public:
  explicit Descriptor(const Source& source) : source_(source) {
    if (source.path == kStandardInput) {
      number_ = STDIN_FILENO;
      return;
    }
    number_ = open(source.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (number_ < 0) throw source_error(source_, std::strerror(errno));
    posix_fadvise(number_, 0, 0, POSIX_FADV_SEQUENTIAL);  // twice the read-ahead; a pipe refuses it, which is no loss
  }
  ~Descriptor() {
    if (number_ != STDIN_FILENO) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] const Source& source() const noexcept { return source_; }
  /// What is open, as it is now: also where it was deleted, or another file has its name.
  [[nodiscard]] Source look_again() const {
    struct stat status {};
    if (fstat(number_, &status) != 0) throw source_error(source_, std::strerror(errno));
    Source now = source_;
    if (now.seekable) set_version(now, status);
    return now;
  }
  /// After a call that returned -1: throws, unless a signal only cut it short.
  void throw_unless_interrupted() const {
    if (errno != EINTR) throw source_error(source_, std::strerror(errno));
  }

 private:
  Source source_;
  int number_;
};

class FileStream final : public ByteStream {
 public:
  explicit FileStream(const Source& source) : file_(source) {}

  std::size_t read(char* into, std::size_t count) override {
    for (;;) {
      const ssize_t got = ::read(file_.number(), into, count);
      if (got >= 0) return static_cast<std::size_t>(got);
      file_.throw_unless_interrupted();
    }
  }
  const Source& source() const noexcept override { return file_.source(); }
  Source look_again() const override { return file_.look_again(); }

 private:
  Descriptor file_;
};

class FileAccess final : public RandomAccess {
 public:
  explicit FileAccess(const Source& source) : file_(source) {}

  std::size_t read_at(std::uint64_t offset, char* into, std::size_t count) const override {
    std::size_t done = 0;
    while (done < count) {
      const ssize_t got = pread(file_.number(), into + done, count - done, static_cast<off_t>(offset + done));
      if (got < 0) {
        file_.throw_unless_interrupted();
        continue;
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }
  const Source& source() const noexcept override { return file_.source(); }
  Source look_again() const override { return file_.look_again(); }

 private:
  Descriptor file_;
};

}  // namespace

std::vector<Source> list_local_files(const std::vector<std::string>& arguments) {
  Listing listing;
  for (const std::string& argument : arguments) listing.add_argument(argument);
  return listing.take();
}

std::unique_ptr<ByteStream> open_stream(const Source& source) { return std::make_unique<FileStream>(source); }

std::unique_ptr<RandomAccess> open_random_access(const Source& source) { return std::make_unique<FileAccess>(source); }

}  // namespace pgfeed
