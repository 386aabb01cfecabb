#pragma once

#include <string_view>

#include "encode/byte_buffer.hpp"
#include "encode/encoder.hpp"

namespace pgfeed {

/// What stands for each U+0000 under a policy other than `reject`, as text.
std::string_view nul_replacement(NulPolicy policy) noexcept;

/// Appends a text with each U+0000 as the policy has it.
void put_without_nul(std::string_view text, NulPolicy policy, ByteBuffer& out);

}  // namespace pgfeed
