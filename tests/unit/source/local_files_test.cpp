#include "source/local_files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace pgfeed {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class LocalFiles : public testing::Test {
 protected:
  LocalFiles() : before_(fs::current_path()) {
    std::string pattern = (fs::temp_directory_path() / "pgfeed-source-XXXXXX").string();
    root_ = fs::canonical(mkdtemp(pattern.data())).string();
    fs::current_path(root_);
  }
  ~LocalFiles() override {
    fs::current_path(before_);
    fs::remove_all(root_);
  }

  static void make(const std::string& path, const std::string& content = "{}\n") {
    if (fs::path(path).has_parent_path()) fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << content;
  }

  static std::vector<std::string> paths(const std::vector<std::string>& arguments) {
    std::vector<std::string> found;
    for (const Source& source : list_local_files(arguments)) found.push_back(source.path);
    return found;
  }

  static std::string refusal(const std::vector<std::string>& arguments) {
    try {
      list_local_files(arguments);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::source);
      EXPECT_FALSE(error.source.empty());
      return error.what();
    }
    return "";
  }

  fs::path before_;
  std::string root_;
};

std::string read_all(ByteStream& stream) {
  std::string all;
  char piece[7];
  while (const std::size_t got = stream.read(piece, sizeof piece)) all.append(piece, got);
  return all;
}

TEST_F(LocalFiles, AFileHasOneUriHoweverItIsNamed) {
  make("a.ndjson", "12345");
  fs::create_directory("sub");
  fs::create_symlink("a.ndjson", "link");
  const std::vector<Source> sources =
      list_local_files({"./a.ndjson", root_ + "/a.ndjson", "sub/../a.ndjson", "file://" + root_ + "/a.ndjson",
                        "file:" + root_ + "//a.ndjson", "link"});
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].uri, "file://" + root_ + "/a.ndjson");
  EXPECT_EQ(sources[0].path, "./a.ndjson");
  EXPECT_EQ(sources[0].size, 5);
  EXPECT_TRUE(sources[0].seekable);
}

TEST_F(LocalFiles, OddNamesArePercentEncodedAndBack) {
  make("a b%\xC3\xA9#?.json");
  const std::vector<Source> sources = list_local_files({"a b%\xC3\xA9#?.json"});
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].uri, "file://" + root_ + "/a%20b%25%C3%A9%23%3F.json");
  EXPECT_EQ(list_local_files({sources[0].uri})[0].uri, sources[0].uri);
}

TEST_F(LocalFiles, TheVersionChangesWithSizeAndWithTime) {
  make("a", "one");
  const std::string first = list_local_files({"a"})[0].version;
  EXPECT_EQ(first, list_local_files({"a"})[0].version);
  fs::last_write_time("a", fs::last_write_time("a") + std::chrono::microseconds(1));
  const std::string touched = list_local_files({"a"})[0].version;
  EXPECT_NE(first, touched);
  const fs::file_time_type time = fs::last_write_time("a");
  make("a", "longer");
  fs::last_write_time("a", time);
  EXPECT_NE(touched, list_local_files({"a"})[0].version);
}

TEST_F(LocalFiles, AFolderIsListedToItsDepthsAndSorted) {
  for (const char* path :
       {"d/b.json", "d/a.json", "d/sub/c.json", "d/_SUCCESS", "d/.hidden", "d/_temporary/x.json", "d/.git/y.json"})
    make(path);
  EXPECT_THAT(paths({"d"}), ElementsAre("d/a.json", "d/b.json", "d/sub/c.json"));
  EXPECT_THAT(paths({"d/b.json", "d"}), ElementsAre("d/b.json", "d/a.json", "d/sub/c.json"));
  EXPECT_THAT(paths({"d/_SUCCESS"}), ElementsAre("d/_SUCCESS"));
}

TEST_F(LocalFiles, LoopsOfLinksEnd) {
  make("d/a.json");
  fs::create_directory_symlink("..", "d/up");
  fs::create_directory_symlink(".", "d/self");
  EXPECT_THAT(paths({"d"}), ElementsAre("d/a.json"));
  EXPECT_THAT(paths({"d/**"}), ElementsAre("d/a.json"));
}

TEST_F(LocalFiles, GlobsMatchWithinNamesAndStarsAcrossFolders) {
  for (const char* path : {"a1.json", "a2.json", "b1.json", "x/a3.json", "x/y/a4.json", ".a5.json", "_a6.json"}) make(path);
  EXPECT_THAT(paths({"a*.json"}), ElementsAre("a1.json", "a2.json"));
  EXPECT_THAT(paths({"?1.json"}), ElementsAre("a1.json", "b1.json"));
  EXPECT_THAT(paths({"[!a]*.json"}), ElementsAre("b1.json"));
  EXPECT_THAT(paths({"*/a?.json"}), ElementsAre("x/a3.json"));
  EXPECT_THAT(paths({"**/a*.json"}), ElementsAre("a1.json", "a2.json", "x/a3.json", "x/y/a4.json"));
  EXPECT_THAT(paths({"x/**"}), ElementsAre("x/a3.json", "x/y/a4.json"));
  EXPECT_THAT(paths({root_ + "/x/*/*.json"}), ElementsAre(root_ + "/x/y/a4.json"));
  EXPECT_THAT(paths({"file://" + root_ + "/b*"}), ElementsAre(root_ + "/b1.json"));
  EXPECT_THAT(paths({"_*.json"}), ElementsAre("_a6.json"));
  EXPECT_THAT(paths({"x*"}), ElementsAre("x/a3.json", "x/y/a4.json"));
}

TEST_F(LocalFiles, AFileWithAWildcardInItsNameGoesFirst) {
  make("a[1].json");
  make("a1.json");
  EXPECT_THAT(paths({"a[1].json"}), ElementsAre("a[1].json"));
  fs::remove("a[1].json");
  EXPECT_THAT(paths({"a[1].json"}), ElementsAre("a1.json"));
}

TEST_F(LocalFiles, WhatIsNotThereIsNamedWithItsReason) {
  fs::create_directory("empty");
  fs::create_symlink("nowhere", "broken");
  EXPECT_EQ(refusal({root_ + "/none.json"}), "cannot read " + root_ + "/none.json: No such file or directory");
  EXPECT_EQ(refusal({"empty"}), "no files in empty");
  EXPECT_EQ(refusal({"*.json"}), "no file matches *.json");
  EXPECT_EQ(refusal({"broken"}), "cannot read broken: No such file or directory");
  EXPECT_EQ(refusal({"s3://bucket/key"}), "cannot read s3://bucket/key: s3:// is not a kind of source that pgfeed reads");
  EXPECT_EQ(refusal({"file://elsewhere/x"}), "cannot read file://elsewhere/x: this is not the URI of a local file");
  EXPECT_EQ(refusal({"file:///x%0"}), "cannot read file:///x%0: this is not the URI of a local file");
  EXPECT_EQ(refusal({"file:///x%00"}), "cannot read file:///x%00: this is not the URI of a local file");
  EXPECT_EQ(refusal({""}), "cannot read \"\": the name is empty");
}

TEST_F(LocalFiles, WhatMayNotBeReadIsNamedBeforeItIsOpened) {
  make("secret.json");
  make("d/secret.json");
  ASSERT_EQ(chmod("secret.json", 0), 0);
  ASSERT_EQ(chmod("d/secret.json", 0), 0);
  ASSERT_EQ(chmod(root_.c_str(), 0755), 0);
  const uid_t user = geteuid();
  constexpr uid_t kNobody = 65534;  // root may read all
  ASSERT_EQ(seteuid(user == 0 ? kNobody : user), 0);
  const std::string of_file = refusal({"secret.json"});
  const std::string of_folder = refusal({"d"});
  ASSERT_EQ(seteuid(user), 0);
  EXPECT_EQ(of_file, "cannot read secret.json: Permission denied");
  EXPECT_EQ(of_folder, "cannot read d/secret.json: Permission denied");
}

TEST_F(LocalFiles, AStreamReadsAFileToItsEnd) {
  make("a", "some bytes of a file");
  const Source source = list_local_files({"a"})[0];
  EXPECT_EQ(read_all(*open_stream(source)), "some bytes of a file");
  EXPECT_EQ(open_stream(source)->source().uri, source.uri);
}

TEST_F(LocalFiles, RandomAccessReadsAnywhereAndStopsAtTheEnd) {
  make("a", "0123456789");
  const auto file = open_random_access(list_local_files({"a"})[0]);
  char bytes[8] = {};
  EXPECT_EQ(file->read_at(3, bytes, 4), 4U);
  EXPECT_EQ(std::string(bytes, 4), "3456");
  EXPECT_EQ(file->read_at(7, bytes, 8), 3U);
  EXPECT_EQ(file->read_at(10, bytes, 8), 0U);
}

TEST_F(LocalFiles, AFileThatWentAwayAfterTheListingIsAnError) {
  make("a");
  const Source source = list_local_files({"a"})[0];
  fs::remove("a");
  EXPECT_THROW(open_stream(source), Error);
  EXPECT_THROW(open_random_access(source), Error);
}

TEST_F(LocalFiles, ANamedPipeIsAStream) {
  ASSERT_EQ(mkfifo("pipe", 0600), 0);
  const Source source = list_local_files({"pipe"})[0];
  EXPECT_FALSE(source.seekable);
  EXPECT_EQ(source.size, -1);
  EXPECT_EQ(source.uri, "file://" + root_ + "/pipe");
  std::jthread writer([] { std::ofstream("pipe") << "through the pipe"; });
  EXPECT_EQ(read_all(*open_stream(source)), "through the pipe");
}

TEST_F(LocalFiles, APipeWithoutANameIsAStreamToo) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "anonymous", 9), 9);
  close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  const Source source = list_local_files({path})[0];
  EXPECT_FALSE(source.seekable);
  EXPECT_EQ(source.path, path);
  EXPECT_EQ(read_all(*open_stream(source)), "anonymous");
  close(ends[0]);
}

TEST_F(LocalFiles, ADashIsStandardInputOnce) {
  make("a", "typed");
  const int kept = dup(STDIN_FILENO);
  const int file = open("a", O_RDONLY);
  ASSERT_GE(dup2(file, STDIN_FILENO), 0);
  const std::vector<Source> sources = list_local_files({"-", "-"});
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_FALSE(sources[0].seekable);
  EXPECT_EQ(read_all(*open_stream(sources[0])), "typed");
  EXPECT_NE(fcntl(STDIN_FILENO, F_GETFD), -1) << "standard input was closed";
  close(file);
  if (kept >= 0) {
    dup2(kept, STDIN_FILENO);
    close(kept);
  }
}

TEST_F(LocalFiles, AFolderThatIsReadAsAFileSaysSo) {
  fs::create_directory("d");
  Source source;
  source.path = "d";
  const auto stream = open_stream(source);
  char byte;
  try {
    stream->read(&byte, 1);
    FAIL() << "a folder was read";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot read d: Is a directory");
  }
}

}  // namespace
}  // namespace pgfeed
