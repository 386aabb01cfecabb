#include "record/read_fault.hpp"

namespace pgfeed {

const char* phrase_of(ReadFault fault) noexcept {
  switch (fault) {
    case ReadFault::none: return "is fine";
    case ReadFault::not_utf8: return "is not valid UTF-8";
    case ReadFault::not_json: return "is not valid JSON";
    case ReadFault::lone_surrogate: return "has a string with a bad escape or half a surrogate pair";
    case ReadFault::not_a_document: return "is neither an object nor an array";
    case ReadFault::too_deep: return "is nested too deeply";
  }
  return "";
}

const char* sqlstate_of(ReadFault fault) noexcept {
  switch (fault) {
    case ReadFault::none: return "";
    case ReadFault::not_utf8: return "22021";  // character_not_in_repertoire
    case ReadFault::too_deep: return "54001";  // statement_too_complex
    default: return "22P02";                   // invalid_text_representation
  }
}

}  // namespace pgfeed
