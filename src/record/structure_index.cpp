#include "record/structure_index.hpp"

#include <simdjson.h>

#include <bit>
#include <new>

namespace pgfeed {

struct StructureIndex::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;  ///< of the best instructions that are here
};

StructureIndex::StructureIndex() : stage_(std::make_unique<Stage>()) {}
StructureIndex::~StructureIndex() = default;
StructureIndex::StructureIndex(StructureIndex&&) noexcept = default;

ReadFault StructureIndex::build(std::string_view json) {
  auto& parser = stage_->parser;
  if (parser == nullptr || json.size() > parser->capacity()) {
    constexpr std::size_t kDepth = 1;  // of the second stage, which is not used
    const auto* implementation = static_cast<const simdjson::implementation*>(simdjson::get_active_implementation());
    parser.reset();
    if (implementation->create_dom_parser_implementation(std::bit_ceil(json.size() + 1), kDepth, parser))
      throw std::bad_alloc();
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(json.data());
  const simdjson::error_code error = parser->stage1(bytes, json.size(), simdjson::stage1_mode::regular);
  if (error == simdjson::SUCCESS) return ReadFault::none;
  parser->n_structural_indexes = 0;
  return error == simdjson::UTF8_ERROR ? ReadFault::not_utf8 : ReadFault::not_json;
}

std::span<const std::uint32_t> StructureIndex::offsets() const noexcept {
  if (stage_->parser == nullptr) return {};
  return {stage_->parser->structural_indexes.get(), stage_->parser->n_structural_indexes};
}

}  // namespace pgfeed
