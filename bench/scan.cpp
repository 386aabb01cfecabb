// The floor for a client's CPU: each line is iterated by simdjson, every top-level field is visited, nothing is kept.
//
//   scan FILE…      prints one line of JSON: bytes, documents, fields, cpu_seconds, cpu_seconds_per_gb
//
// It reads into one buffer that is used again and again: fresh large buffers cost more than the parsing.
#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kBufferBytes = 8 << 20;  // holds the longest line; as large as the reads of the engine

struct Totals {
  std::size_t bytes = 0;
  std::size_t documents = 0;
  std::size_t fields = 0;
};

class Scanner {
 public:
  explicit Scanner(Totals& totals) : totals_(totals), buffer_(kBufferBytes + simdjson::SIMDJSON_PADDING) {}

  /// Returns whether the file could be read to its end.
  bool scan_file(const char* path) {
    const int file = open(path, O_RDONLY);
    if (file < 0) return false;
    std::size_t held = 0;
    ssize_t got = 0;
    while (held < kBufferBytes && (got = read(file, buffer_.data() + held, kBufferBytes - held)) > 0) {
      totals_.bytes += static_cast<std::size_t>(got);
      held += static_cast<std::size_t>(got);
      const std::size_t used = scan_lines(held);
      held -= used;
      std::memmove(buffer_.data(), buffer_.data() + used, held);
    }
    close(file);
    return got == 0 && held == 0;
  }

 private:
  /// Returns how many bytes whole lines took.
  std::size_t scan_lines(std::size_t held) {
    std::size_t begin = 0;
    while (const void* found = std::memchr(buffer_.data() + begin, '\n', held - begin)) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      scan_line(begin, end - begin);
      begin = end + 1;
    }
    return begin;
  }

  void scan_line(std::size_t begin, std::size_t length) {
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser_.iterate(buffer_.data() + begin, length, buffer_.size() - begin).get(document)) return;
    if (document.get_object().get(object)) return;
    for (auto field : object) {
      if (field.error()) return;
      ++totals_.fields;
    }
    ++totals_.documents;
  }

  Totals& totals_;
  std::vector<char> buffer_;
  simdjson::ondemand::parser parser_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  Totals totals;
  Scanner scanner(totals);
  for (int i = 1; i < argc; ++i) {
    if (!scanner.scan_file(argv[i])) {
      fmt::print(stderr, "scan: cannot read {} to its end\n", argv[i]);
      return 4;
    }
  }
  const double seconds = cpu_seconds();
  fmt::print(R"({{"bytes": {}, "documents": {}, "fields": {}, "cpu_seconds": {:.3f}, "cpu_seconds_per_gb": {:.3f}}})"
             "\n",
             totals.bytes, totals.documents, totals.fields, seconds, seconds / (static_cast<double>(totals.bytes) / 1e9));
  return 0;
}
