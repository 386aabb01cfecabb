#include "record/document_reader.hpp"

#include "record/document_walk.hpp"
#include "record/structure_index.hpp"
#include "record/value_scanner.hpp"

namespace pgfeed {

struct DocumentReader::State {
  State(const Projection& projection, std::size_t max_depth) : walk(projection, max_depth) {}
  StructureIndex index;
  DocumentWalk walk;

  ReadResult read(std::string_view bytes) {
    ReadResult result{index.build(bytes), bytes.size()};
    if (result.fault == ReadFault::none) result.fault = walk.walk(bytes, index.offsets(), result.consumed);
    return result;
  }
};

DocumentReader::DocumentReader(const Projection& projection, std::size_t max_depth)
    : state_(std::make_unique<State>(projection, max_depth)) {}
DocumentReader::~DocumentReader() = default;
DocumentReader::DocumentReader(DocumentReader&&) noexcept = default;

const Document& DocumentReader::document() const noexcept { return state_->walk.document(); }

ReadResult DocumentReader::read(std::string_view bytes) {
  const ReadResult result = state_->read(bytes);
  if (result.fault == ReadFault::none) return result;
  // What is wrong may be another document behind the first: the index is one of all bytes.
  const std::string_view first = first_value(bytes);
  if (first.empty() || first.size() == bytes.size()) return result;
  const ReadResult alone = state_->read(first);
  return alone.fault == ReadFault::none ? alone : result;
}

}  // namespace pgfeed
