#include "task/partition_claim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>

namespace pgfeed {
namespace {

constexpr std::size_t kDigestBytes = 16;

std::uint64_t number_of(std::string_view hexadecimal) {
  std::uint64_t number = 0;
  std::from_chars(hexadecimal.data(), hexadecimal.data() + hexadecimal.size(), number, kDigestBytes);
  return number;
}

void put_number(std::uint64_t number, std::string& bytes) {
  constexpr int kByte = 8;
  for (int shift = 64 - kByte; shift >= 0; shift -= kByte) bytes += static_cast<char>(number >> shift & 0xff);
}

}  // namespace

PartitionClaim::PartitionClaim(SpanKind kind, std::int64_t load, std::string worker, std::string_view uri,
                               const PartitionEntry& entry)
    : kind_(kind),
      load_(load),
      worker_(std::move(worker)),
      uri_(uri),
      source_(entry.source),
      seed_(digest_seed(entry.seed)),
      position_(entry.position),
      is_complete_(entry.is_complete) {}

/// What is staged comes behind what is in: a limit may have ended an earlier load of that name.
void PartitionClaim::read(Connection& connection) {
  if (kind_ == SpanKind::staged && !knows_published_) {
    for (const PartitionPart& part : read_parts(connection, SpanKind::committed, source_, 0)) add(part);
    seen_ = 0;  // splits that are staged have numbers of their own
    knows_published_ = true;
  }
  for (const PartitionPart& part : read_parts(connection, kind_, source_, seen_)) add(part);
}

/// The next bytes are claimed where those that are known end, and nowhere else: a part that came in meanwhile is in the way.
void PartitionClaim::add(const PartitionPart& part) {
  seen_ = part.split;
  position_ = std::max(position_, part.end);
  if (part.load == load_ && part.worker == worker_) {
    was_committed_ = was_committed_ || std::ranges::find(claimed_, part.split) != claimed_.end();
    return;
  }
  for (std::size_t at = 0; at + 2 * kDigestBytes <= part.digests.size(); at += 2 * kDigestBytes) {
    const std::string_view digest = std::string_view(part.digests).substr(at, 2 * kDigestBytes);
    ++elsewhere_[{number_of(digest.substr(0, kDigestBytes)), number_of(digest.substr(kDigestBytes))}];
  }
}

bool PartitionClaim::start(Split& split, bool is_last) {
  std::vector<Record> left;
  split_ = &split;
  is_last_ = is_last;
  claimed_.clear();
  was_committed_ = false;
  keys_.clear();
  for (const Record& record : split.records.records) {
    const Digest digest = digest_of(split.records.text(record), seed_);
    const Key key{digest.low, digest.high};
    const auto found = elsewhere_.find(key);
    if (found != elsewhere_.end() && found->second > 0) {
      --found->second;
    } else {
      left.push_back(record);
      keys_.push_back(key);
    }
  }
  split.records.records = std::move(left);
  taken_.assign(keys_.size(), false);
  require_all_came();
  measure();
  return size_ > 0;
}

void PartitionClaim::measure() {
  size_ = 0;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i]) continue;
    // What was looked for and is missing, such as a bracket, is a record without bytes: it needs a claim, too.
    size_ += std::max<std::uint64_t>(split_->records.records[i].source_size, 1);
  }
  spans_.clear();
  if (size_ > 0) spans_.push_back({position_, position_ + size_});
}

void PartitionClaim::committed() {
  if (size_ == 0) return;
  position_ = std::max(position_, spans_.front().end);
  is_complete_ = is_complete_ || is_last_;
}

/// With the last documents of the partition, whatever others have brought in must have come here, too.
void PartitionClaim::require_all_came() const {
  const std::int64_t missing = std::accumulate(elsewhere_.begin(), elsewhere_.end(), std::int64_t{0},
                                               [](std::int64_t sum, const auto& entry) { return sum + entry.second; });
  if (!is_last_ || is_complete_ || missing == 0) return;
  const bool is_one = missing == 1;
  Error error(ErrorKind::source,
              fmt::format("{}: {} that another attempt of this partition has loaded did not come again, so {} in {} place: "
                          "what computes it must give the same each time (cache it, or leave out what is drawn at random or "
                          "taken from the clock)",
                          uri_, is_one ? "1 document" : fmt::format("{} documents", missing),
                          is_one ? "another came" : "others came", is_one ? "its" : "their"));
  error.source = uri_;
  throw error;
}

/// The others wait meanwhile: what they have committed by now is all that there is.
void PartitionClaim::complete(Connection& connection) {
  if (is_completed(connection, source_)) return;
  read(connection);
  require_all_came();
  complete_partition(connection, kind_, source_, position_);
}

void PartitionClaim::take(Connection& connection) {
  if (is_completed(connection, source_)) throw Taken{};
  std::vector<std::int64_t> claimed = claim_spans(connection, kind_, source_, load_, worker_, spans_);
  if (claimed.size() < spans_.size()) throw Taken{};
  claimed_ = std::move(claimed);
}

/// A claim that completed the partition has left no trace of its documents: it was this one's if its split is there.
bool PartitionClaim::look(Connection& connection) {
  read(connection);
  for (const CommittedSplit& split : read_splits(connection, kind_, source_, {0, position_})) {
    was_committed_ = was_committed_ || (split.load == load_ && split.worker == worker_ &&
                                        std::ranges::find(claimed_, split.split) != claimed_.end());
  }
  is_complete_ = is_completed(connection, source_);
  if (was_committed_) return true;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    const auto found = elsewhere_.find(keys_[i]);
    if (is_complete_) {
      taken_[i] = true;
    } else if (!taken_[i] && found != elsewhere_.end() && found->second > 0) {
      --found->second;
      taken_[i] = true;
    }
  }
  require_all_came();
  measure();
  return size_ == 0;
}

bool PartitionClaim::is_taken(std::size_t, const BatchDocument& place) const {
  const std::vector<Record>& records = split_->records.records;
  const auto record = std::ranges::upper_bound(records, place.begin, {}, &Record::begin);
  return taken_[static_cast<std::size_t>(record - records.begin()) - 1];
}

void PartitionClaim::finish(Connection& connection, const SplitBatch&, const SplitCounts& counts) {
  finish_split(connection, claimed_.front(), counts);
  write_down(connection);
}

void PartitionClaim::write_down(Connection& connection) {
  if (is_last_) return complete_partition(connection, kind_, source_, position_ + size_);
  std::string digests;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (taken_[i]) continue;
    put_number(keys_[i].first, digests);
    put_number(keys_[i].second, digests);
  }
  add_part(connection, kind_, claimed_.front(), digests);
}

}  // namespace pgfeed
