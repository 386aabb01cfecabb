#include <cstdint>
#include <cstdlib>
#include <pgfeed/error.hpp>
#include <string>

#include "mapping/ddl.hpp"
#include "mapping/plan.hpp"

// Any text is a mapping or an error with a line; a mapping compiles to the same plan each time, and its scopes and
// slots are within bounds.
namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_projection(const pgfeed::Projection& projection) {
  const auto nodes = static_cast<std::int32_t>(projection.nodes.size());
  const auto scopes = static_cast<std::int32_t>(projection.scopes.size());
  std::uint64_t slots = 0;
  for (const auto& node : projection.nodes) {
    if (node.slot >= 0) ++slots;
    check(node.each < scopes);
    for (const auto& field : node.fields) check(field.node > 0 && field.node < nodes);
    for (const auto& [position, child] : node.indexes) check(child > 0 && child < nodes);
  }
  for (std::int32_t i = 0; i < scopes; ++i) {
    const auto& scope = projection.scopes[static_cast<std::size_t>(i)];
    check(scope.parent < i && scope.node < nodes);
    slots -= scope.slots;
  }
  check(slots == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string yaml(reinterpret_cast<const char*>(data), size);
  try {
    const pgfeed::Plan plan = pgfeed::compile_mapping(yaml, "fuzz.yaml");
    check_projection(plan.projection);
    check(!pgfeed::ddl(plan).empty());
    check(pgfeed::compile_mapping(yaml, "fuzz.yaml").hash == plan.hash);
  } catch (const pgfeed::Error& error) {
    check(error.kind == pgfeed::ErrorKind::mapping && error.line >= 1);
  }
  return 0;
}
