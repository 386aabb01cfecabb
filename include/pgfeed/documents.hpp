#pragma once

#include <pgfeed/check.hpp>
#include <pgfeed/load.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace pgfeed {

class RowSink;

/// Takes documents that are no files: those of one partition after another. Not thread-safe. All but the last two throw
/// Error.
class DocumentSink {
 public:
  DocumentSink() = default;
  virtual ~DocumentSink() = default;
  DocumentSink(const DocumentSink&) = delete;
  DocumentSink& operator=(const DocumentSink&) = delete;
  DocumentSink(DocumentSink&&) noexcept = default;

  /// Starts the partition of that number. False: none of it is wanted, and it is not to be ended.
  virtual bool begin(std::int64_t partition) = 0;
  /// One JSON text of it; white space alone is none. The error may be about those before.
  virtual void add(std::string_view document) = 0;
  /// Where documents can be handed over as rows, by the engine's own feeds, which is faster; null: nowhere.
  virtual RowSink* rows() { return nullptr; }
  /// There is no more of the partition, or no more is wanted.
  virtual void end() = 0;

  /// The limit is reached: no more documents are wanted.
  [[nodiscard]] virtual bool is_full() const = 0;
  /// Stops what is under way. From any thread.
  virtual void stop() = 0;
};

/// Hands documents over; the sink lives as long as the call.
using HandOver = std::function<void(DocumentSink&)>;

/// Loads documents as partitions of the name `options.partitions`, over one connection. With a limit, the first ones: a
/// later load of that name goes on with the rest (unless `options.once`).
Report load_documents(const LoadOptions& options, const HandOver& hand_over, std::stop_token stop,
                      Report* partial = nullptr);

/// A load of documents as text that travels: without how to connect, and without what is of the driver alone.
/// Throws Error(mapping).
std::string write_load(const LoadOptions& options);
/// Throws Error(usage) where the text was made by another version of pgfeed.
LoadOptions read_load(const std::string& text, const std::string& conninfo);

/// Looks at documents as `check` does at those of sources; `options.sources` is of no account.
CheckReport check_documents(const CheckOptions& options, const HandOver& hand_over, std::size_t shown_rows);

}  // namespace pgfeed
