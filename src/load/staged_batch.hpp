#pragma once

#include <string>
#include <string_view>

#include "encode/byte_buffer.hpp"
#include "load/batch.hpp"
#include "load/split_queue.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// A split as it was parsed, in bytes of pgfeed's own: what an atomic load keeps until it publishes.
///
/// The documents' text goes along only where it cannot be read again (`with_text`).
void write_staged_batch(const SplitBatch& batch, const Split& split, const Spans& spans, bool with_text, ByteBuffer& bytes);

/// Reads it back: the batch, and of the split its spans and, where it has any, its text. `batch` must be prepared for the
/// target that it was parsed for. Throws Error(database) where the bytes are no such batch.
void read_staged_batch(std::string_view bytes, SplitBatch& batch, Split& split);

/// What staged bytes depend on: the mapping, the columns' types, how documents are found and read. Batches of another format
/// mean nothing to this load.
std::string staged_format(const Target& target, const LoadOptions& options);

}  // namespace pgfeed
