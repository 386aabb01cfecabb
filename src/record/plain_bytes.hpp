#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace pgfeed {

#ifdef __SSE2__
/// One bit for each of sixteen bytes: whether it is a quote, a backslash or a control character (below 0x20).
inline unsigned special_bytes(const char* at) noexcept {
  // SSE2 is in every x86-64, so this needs no choice at run time.
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#endif

/// The first byte in [at, end) that ends a run of plain string bytes: a quote, a backslash or a control character
/// (below 0x20). `end` when there is none. Reads nothing outside the range.
inline const char* skip_plain_bytes(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const unsigned special = special_bytes(at);
    if (special != 0) return at + std::countr_zero(special);
  }
#endif
  while (at != end && static_cast<unsigned char>(*at) >= 0x20 && *at != '"' && *at != '\\') ++at;
  return at;
}

/// The same where 15 bytes of any content may be read behind the range: faster, for most strings are short.
inline const char* skip_plain_padded(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  for (; at < end; at += 16) {
    const unsigned special = special_bytes(at);
    if (special == 0) continue;
    const char* const first = at + std::countr_zero(special);
    return first < end ? first : end;
  }
  return end;
#else
  return skip_plain_bytes(at, end);
#endif
}

}  // namespace pgfeed
