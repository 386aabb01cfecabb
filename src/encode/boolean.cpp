#include <algorithm>
#include <array>

#include "encode/ascii.hpp"
#include "encode/encoders.hpp"
#include "encode/field.hpp"

namespace pgfeed {
namespace {

// Any beginning of these that no other word shares, as PostgreSQL's parse_bool_with_len has it.
bool read_word(std::string_view text, bool& truth) noexcept {
  struct Word {
    std::string_view spelling;
    std::size_t shortest;
    bool truth;
  };
  constexpr std::array<Word, 8> words{{{"true", 1, true},
                                       {"false", 1, false},
                                       {"yes", 1, true},
                                       {"no", 1, false},
                                       {"on", 2, true},
                                       {"off", 2, false},
                                       {"1", 1, true},
                                       {"0", 1, false}}};
  const auto word = std::ranges::find_if(words, [&](const Word& candidate) {
    return text.size() >= candidate.shortest && equals_word(text, candidate.spelling.substr(0, text.size()));
  });
  if (word == words.end()) return false;
  truth = word->truth;
  return true;
}

class BooleanEncoder final : public Encoder {
 public:
  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    bool truth = false;
    switch (value.kind) {
      case ValueKind::boolean: truth = value.data[0] == 't'; break;
      case ValueKind::number:
        if (value.text() != "0" && value.text() != "1") return EncodeStatus::bad_syntax;
        truth = value.data[0] == '1';
        break;
      case ValueKind::string:
        if (!read_word(trimmed(value.text()), truth)) return EncodeStatus::bad_syntax;
        break;
      default: return EncodeStatus::wrong_kind;
    }
    put_integer_field(out, static_cast<std::uint8_t>(truth));
    return EncodeStatus::ok;
  }
};

}  // namespace

EncoderHandle make_boolean_encoder() { return std::make_unique<BooleanEncoder>(); }

}  // namespace pgfeed
