#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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
  std::unique_ptr<RandomAccess> file;    ///< of a source that is cut in advance; else null
  std::unique_ptr<LineIndex> lines;      ///< with `file`
  std::unique_ptr<LineCutter> cutter;    ///< with `file`
  std::unique_ptr<ByteStream> stream;    ///< of any other
  std::unique_ptr<StreamCutter> reader;  ///< with `stream`
};

/// One split: what a worker takes from the queue and reads.
struct Split {
  std::shared_ptr<OpenSource> source;
  Span span;  ///< of a file that was cut in advance; what was read under the lock is in `records` already
  RecordBatch records;

  /// Reads the split and calls `on_piece` whenever there are more records. Throws Error(source).
  void read(std::uint64_t max_document, const std::function<void()>& on_piece);

  /// The source's line of a record: told by the record, or counted now. Throws Error(source).
  [[nodiscard]] std::int64_t line_of(const Record& record) const;
};

/// Cuts sources into splits and hands them to workers, in listing order.
///
/// A newline-delimited file is only cut under the lock, and read by the worker that takes the split; what cannot be cut in
/// advance is read under the lock, one split after another. Thread-safe.
class SplitQueue {
 public:
  /// `sources` must outlive the queue.
  SplitQueue(const std::vector<Source>& sources, std::vector<DocumentStep> documents, const LoadOptions& options);

  /// The next split, to be read; false when there is none. Blocks while another worker reads a stream. Throws Error(source).
  bool next(Split& split);

  /// Sources in which there were values but no document: the path to the documents is probably wrong.
  [[nodiscard]] std::vector<std::string> sources_without_documents() const { return without_documents_; }

  /// A sentence for each source in which there was nothing at all.
  [[nodiscard]] std::vector<std::string> warnings_about_empty_sources() const;

 private:
  bool open_next();
  bool take_limited(RecordBatch& records);
  void close_current();

  const std::vector<Source>& sources_;
  const std::vector<DocumentStep> documents_;
  const LoadOptions& options_;
  std::mutex mutex_;  ///< guards all below
  std::size_t next_source_ = 0;
  std::shared_ptr<OpenSource> open_;
  std::int64_t left_;  ///< documents, with a limit; else -1
  std::vector<std::string> without_documents_;
  std::vector<std::string> empty_;
};

}  // namespace pgfeed
