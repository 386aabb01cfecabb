#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "status_writer.hpp"

namespace tweets {
namespace {

constexpr std::size_t kWriteBytes = 1 << 20;  // fits a second-level cache; larger ones measured slower

struct Options {
  WorldOptions world;
  std::int64_t count = 10'000;
  std::string out;
  int files = 1;
  std::uint32_t duplicates = 0;
  std::uint32_t notices = 0;
  std::uint32_t broken = 0;
};

/// What stands on a line.
enum class LineKind { status, duplicate, notice, broken };

/// Writes the lines of a world. Line n holds the status of number n, unless it is one of the other kinds: then that
/// number has no line, or an unreadable one.
class LineWriter {
 public:
  explicit LineWriter(const Options& options) : options_(options), world_(options.world), writer_(world_, out_) {}

  void write(std::int64_t from, std::int64_t to, std::FILE* file) {
    for (std::int64_t number = from; number < to; ++number) {
      put_line(number);
      if (out_.size() >= kWriteBytes) flush(file);
    }
    flush(file);
  }

 private:
  [[nodiscard]] LineKind kind_of(std::int64_t number) const {
    if (number == 0) return LineKind::status;
    Random random(options_.world.seed ^ mix(static_cast<std::uint64_t>(number)));
    std::uint32_t dice = random.below(100);
    if (dice < options_.duplicates) return LineKind::duplicate;
    dice -= options_.duplicates;
    if (dice < options_.notices) return LineKind::notice;
    return dice - options_.notices < options_.broken ? LineKind::broken : LineKind::status;
  }

  void put_line(std::int64_t number) {
    switch (kind_of(number)) {
      case LineKind::status: writer_.put_status(number); break;
      case LineKind::duplicate: put_duplicate(number); break;
      case LineKind::notice: writer_.put_notice(number); break;
      case LineKind::broken: put_broken(number); break;
    }
    out_.put("\n");
  }

  /// A status that stood on one of the thousand lines before, again.
  void put_duplicate(std::int64_t number) {
    Random random(static_cast<std::uint64_t>(number));
    std::int64_t earlier = number - 1 - random.below(static_cast<std::uint64_t>(number < 1000 ? number : 1000));
    while (kind_of(earlier) != LineKind::status) --earlier;
    writer_.put_status(earlier);
  }

  void put_broken(std::int64_t number) {
    Random random(static_cast<std::uint64_t>(number));
    const std::size_t from = out_.size();
    switch (random.below(3)) {
      case 0: out_.put("upstream connect error or disconnect before headers"); return;
      case 1: out_.all(R"({"created_at":,"id":)", world_.id(number), "}"); return;
      default: break;
    }
    writer_.put_status(number);
    out_.truncate(from + 1 + random.below(out_.size() - from - 1));
    // The cut may have gone through a character, which would make it a fault of another kind.
    while (static_cast<unsigned char>(out_.view().back()) >= 0x80) out_.truncate(out_.size() - 1);
  }

  void flush(std::FILE* file) {
    const std::string_view bytes = out_.view();
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) throw std::runtime_error("cannot write");
    out_.truncate(0);
  }

  Options options_;
  World world_;
  Output out_;
  StatusWriter writer_;
};

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

void write_file(LineWriter& writer, const std::string& path, std::int64_t from, std::int64_t to) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr) throw std::runtime_error(fmt::format("cannot write to {}", path));
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  writer.write(from, to, file.get());
}

void generate(const Options& options) {
  LineWriter writer(options);
  if (options.out.empty()) {
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    return writer.write(0, options.count, stdout);
  }
  if (options.files == 1) return write_file(writer, options.out, 0, options.count);
  std::filesystem::create_directories(options.out);
  for (int i = 0; i < options.files; ++i) {
    write_file(writer, fmt::format("{}/tweets-{:03}.ndjson", options.out, i), options.count * i / options.files,
               options.count * (i + 1) / options.files);
  }
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Writes made-up tweets as newline-delimited JSON, about 4 kB each: 250,000 are 1 GB.\n"
      "The same options give the same bytes on every machine."};
  app.add_option("--count", options.count, "lines")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", options.world.seed, "another number, other tweets")->capture_default_str();
  app.add_option("--out", options.out, "file, or with --files a folder (default: standard output)");
  auto* files = app.add_option("--files", options.files, "files in the folder")->check(CLI::Range(1, 1000));
  files->needs("--out")->capture_default_str();
  app.add_option("--users", options.world.users, "users there are")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  const CLI::Range percent(0, 100);
  app.add_option("--duplicates", options.duplicates, "percent of the lines that repeat an earlier one")->check(percent);
  app.add_option("--notices", options.notices, "percent that are notices, no tweets")->check(percent);
  app.add_option("--broken", options.broken, "percent that are no JSON")->check(percent);
  app.add_option("--nul", options.world.nul_percent, "percent of the tweets that hold U+0000")->check(percent);
  CLI11_PARSE(app, argc, argv);
  if (options.duplicates + options.notices + options.broken > 100) {
    fmt::print(stderr, "generate_tweets: duplicates, notices and broken lines are more than 100 % together\n");
    return 2;
  }
  try {
    generate(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "generate_tweets: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tweets

int main(int argc, char** argv) { return tweets::main(argc, argv); }
