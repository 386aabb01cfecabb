#pragma once

#include <string_view>

#include "record/arrow_abi.hpp"

namespace pgfeed {

/// The name of a schema's extension type, as `arrow.uuid`; empty where it has none. Points into the schema.
std::string_view arrow_extension(const ArrowSchema& schema) noexcept;

}  // namespace pgfeed
