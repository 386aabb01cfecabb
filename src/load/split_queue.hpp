#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "load/source_plan.hpp"
#include "load/split_findings.hpp"
#include "record/document_step.hpp"
#include "record/line_cutter.hpp"
#include "record/line_index.hpp"
#include "record/record_batch.hpp"
#include "record/stream_cutter.hpp"
#include "source/source.hpp"

namespace pgfeed {

/// What is being read of one source. Outlives all its splits.
struct OpenSource {
  const Source* source = nullptr;
  std::int64_t entry = 0;                ///< its number in the ledger
  Spans committed;                       ///< bytes that are in
  std::uint64_t end = 0;                 ///< of a stream: bytes read so far
  Spans left;                            ///< with `file`: bytes that are not cut yet, but for the cutter's
  std::unique_ptr<RandomAccess> file;    ///< of a source that is cut in advance; else null
  std::unique_ptr<LineIndex> lines;      ///< with `file`
  std::unique_ptr<LineCutter> cutter;    ///< with `file`; of a hole at a time, and only for the queue, under its lock
  std::unique_ptr<ByteStream> stream;    ///< of any other
  std::unique_ptr<StreamCutter> reader;  ///< with `stream`
};

/// Throws Error(source) where a span that is in ends inside the record: it was loaded with other documents in mind.
void require_whole(const Record& record, const Spans& committed, const Source& source);

/// Of a reject without bytes, such as a missing comma: whether all around it is in. Else a split beside it may have written
/// it or not, for it has no bytes that could be claimed: SplitClaim looks for it.
bool is_between(const Spans& committed, std::uint64_t offset) noexcept;

/// One split: what a worker takes from the queue and reads.
struct Split {
  std::shared_ptr<OpenSource> source;
  Spans spans;  ///< the bytes that are to be loaded of it; one where it was cut in advance
  RecordBatch records;
  bool has_text = true;  ///< of its documents; not so what was staged without, until it is read again

  /// Reads the split and calls `on_piece` whenever there are more records. Throws Error(source).
  void read(std::uint64_t max_document, const std::function<void()>& on_piece);

  /// Reads the text of a split that was staged without: `records` has the span, and is to hold at least `size` bytes.
  /// Throws Error(source), also where it is another text by now.
  void read_text_again(std::uint64_t max_document, std::size_t size);

  /// The source's line of a record: told by the record, or counted now. Throws Error(source).
  [[nodiscard]] std::int64_t line_of(const Record& record) const;
};

/// Whether a file is newline-delimited, and what is `left` of its `size` bytes can be cut at line breaks. Throws
/// Error(source).
bool can_be_cut(const RandomAccess& file, const std::vector<DocumentStep>& documents, const Spans& left, std::uint64_t size);

/// Where workers take their splits from. Thread-safe.
class SplitSupply {
 public:
  virtual ~SplitSupply() = default;
  /// The next split, to be read; false when there is none. May block while another worker reads. Throws Error(source).
  virtual bool next(Split& split) = 0;
};

/// Cuts sources into splits and hands them to workers, in listing order.
///
/// A newline-delimited file is only cut under the lock, and read by the worker that takes the split; what cannot be cut in
/// advance is read under the lock, one split after another. Thread-safe.
class SplitQueue final : public SplitSupply {
 public:
  /// The sources behind the plan must outlive the queue.
  SplitQueue(std::vector<PlannedSource> sources, std::vector<DocumentStep> documents, const LoadOptions& options);

  /// More sources, after the last split was loaded. Not thread-safe.
  void add(const std::vector<PlannedSource>& sources) { sources_.insert(sources_.end(), sources.begin(), sources.end()); }

  bool next(Split& split) override;

  /// Not thread-safe, as is the next.
  [[nodiscard]] const SplitFindings& findings() const noexcept { return findings_; }
  /// What was found out elsewhere, by who cut sources of this queue in its place.
  void add(const SplitFindings& findings) { findings_.add(findings); }

  /// Whether the load's limit ended it before the sources did.
  [[nodiscard]] bool is_limited() const noexcept { return left_ == 0 || findings_.is_limited; }

 private:
  bool open_next();
  bool next_of_file(Split& split);
  bool next_of_stream(Split& split);
  void take_limited(RecordBatch& records);
  void close_current();

  std::vector<PlannedSource> sources_;
  const std::vector<DocumentStep> documents_;
  const LoadOptions& options_;
  std::mutex mutex_;  ///< guards all below
  std::size_t next_source_ = 0;
  std::shared_ptr<OpenSource> open_;
  std::int64_t left_;  ///< documents, with a limit; else -1
  SplitFindings findings_;
};

}  // namespace pgfeed
