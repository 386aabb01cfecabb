#include "record/document_reader.hpp"

#include "record/document_walk.hpp"
#include "record/structure_index.hpp"

namespace pgfeed {

struct DocumentReader::State {
  State(const Projection& projection, std::size_t max_depth) : walk(projection, max_depth) {}
  StructureIndex index;
  DocumentWalk walk;
};

DocumentReader::DocumentReader(const Projection& projection, std::size_t max_depth)
    : state_(std::make_unique<State>(projection, max_depth)) {}
DocumentReader::~DocumentReader() = default;
DocumentReader::DocumentReader(DocumentReader&&) noexcept = default;

const Document& DocumentReader::document() const noexcept { return state_->walk.document(); }

ReadResult DocumentReader::read(std::string_view bytes) {
  ReadResult result{state_->index.build(bytes), bytes.size()};
  if (result.fault == ReadFault::none) result.fault = state_->walk.walk(bytes, state_->index.offsets(), result.consumed);
  return result;
}

}  // namespace pgfeed
