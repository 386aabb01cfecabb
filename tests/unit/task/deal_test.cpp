#include "task/deal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <random>
#include <string>

#include "source/local_files.hpp"

namespace pgfeed {
namespace {

namespace fs = std::filesystem;

/// Files in a folder of their own, as they are planned.
class Files {
 public:
  Files() { fs::create_directories(folder_); }
  ~Files() { fs::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void add(const std::string& content, Spans committed = {}) {
    const fs::path path = folder_ / std::to_string(sources_.size());
    std::ofstream(path) << content;
    sources_.push_back(list_local_files({path.string()}).front());
    planned_.push_back({&sources_.back(), static_cast<std::int64_t>(sources_.size()), std::move(committed)});
    contents_.push_back(content);
  }

  std::vector<std::vector<TaskSource>> dealt(int tasks, std::uint64_t split_size) const {
    return deal(planned_, {}, tasks, split_size);
  }

  /// Each byte that is not in is one task's, each source is some task's, and what is cut is cut behind a line.
  void require_all_once(const std::vector<std::vector<TaskSource>>& tasks) const {
    std::map<std::int64_t, Spans> taken;
    for (const std::vector<TaskSource>& task : tasks) {
      ASSERT_FALSE(task.empty());
      for (const TaskSource& source : task) {
        for (const Span& span : left_of(source)) {
          EXPECT_EQ(subtract(span, taken[source.entry]), Spans{span});
          taken[source.entry] = unite(taken[source.entry], {span});
          const std::string& content = contents_[static_cast<std::size_t>(source.entry - 1)];
          EXPECT_TRUE(span.begin == 0 || content[span.begin - 1] == '\n') << span.begin;
        }
        taken[source.entry];
      }
    }
    for (const PlannedSource& planned : planned_) {
      ASSERT_TRUE(taken.contains(planned.entry));
      const Span all{0, static_cast<std::uint64_t>(planned.source->size)};
      EXPECT_EQ(taken[planned.entry], subtract(all, planned.committed));
    }
  }

  static std::uint64_t bytes_of(const std::vector<TaskSource>& task) {
    std::uint64_t bytes = 0;
    for (const TaskSource& source : task) bytes += size_of(left_of(source));
    return bytes;
  }

 private:
  static Spans left_of(const TaskSource& source) {
    return subtract({0, static_cast<std::uint64_t>(source.source.size)}, source.others);
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) / ("pgfeed-deal-" + std::to_string(std::random_device{}()));
  std::list<Source> sources_;
  std::vector<PlannedSource> planned_;
  std::vector<std::string> contents_;
};

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "{\"id\": " + std::to_string(i) + "}\n";
  return text;
}

TEST(Deal, CutsAFileIntoEqualShares) {
  Files files;
  files.add(lines(1000));
  const auto tasks = files.dealt(4, 100);
  ASSERT_EQ(tasks.size(), 4U);
  files.require_all_once(tasks);
  for (const auto& task : tasks) {
    EXPECT_EQ(task.size(), 1U);
    EXPECT_NEAR(static_cast<double>(Files::bytes_of(task)), static_cast<double>(lines(1000).size()) / 4, 100);
  }
}

TEST(Deal, EmptyFilesBehindTheLastShareAreNoTaskOfTheirOwn) {
  Files files;
  files.add(lines(100));
  files.add("");
  files.add("");
  const auto tasks = files.dealt(1, 10);
  ASSERT_EQ(tasks.size(), 1U);
  files.require_all_once(tasks);
}

TEST(Deal, OnlyEmptyFilesAreOneTask) {
  Files files;
  files.add("");
  files.add("");
  const auto tasks = files.dealt(5, 10);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].size(), 2U);
}

TEST(Deal, ATailSmallerThanASplitIsNotATaskOfItsOwnShare) {
  Files files;
  files.add(lines(100));
  const std::uint64_t size = lines(100).size();
  const auto tasks = files.dealt(8, size - 20);  // two splits: two tasks of half of it
  ASSERT_EQ(tasks.size(), 2U);
  files.require_all_once(tasks);
  EXPECT_GT(Files::bytes_of(tasks[1]), size / 3);
}

TEST(Deal, WhatCannotBeCutStaysWhole) {
  Files files;
  files.add(lines(50));
  files.add("[\n" + std::string(5000, ' ') + "\n]");
  files.add(lines(50));
  const auto tasks = files.dealt(4, 100);
  files.require_all_once(tasks);
  EXPECT_LE(tasks.size(), 4U);
}

TEST(Deal, NeverMoreTasksThanConnectionsNorThanSplits) {
  std::mt19937 random(1);
  const auto number = [&](int most) { return std::uniform_int_distribution<>(0, most)(random); };
  for (int round = 0; round < 200; ++round) {
    Files files;
    std::uint64_t total = 0;
    for (int i = number(5); i >= 0; --i) {
      const std::string content = number(3) == 0 ? "" : number(4) == 0 ? "[" + lines(number(60)) + "]" : lines(number(200));
      Spans committed;
      if (content.starts_with('{') && number(1) == 0) {
        const std::uint64_t half = content.find('\n', content.size() / 2) + 1;
        committed = number(1) == 0 ? Spans{{0, half}} : Spans{{half, content.size()}};
        if (committed.front().begin == committed.front().end) committed.clear();
      }
      total += content.size() - size_of(committed);
      files.add(content, committed);
    }
    const int connections = 1 + number(6);
    const auto split_size = static_cast<std::uint64_t>(1 + number(800));
    const auto tasks = files.dealt(connections, split_size);
    SCOPED_TRACE(round);
    files.require_all_once(tasks);
    EXPECT_LE(tasks.size(), static_cast<std::size_t>(connections));
    EXPECT_LE(tasks.size(), std::max<std::uint64_t>(1, (total + split_size - 1) / split_size));
  }
}

}  // namespace
}  // namespace pgfeed
