#include "record/document_step.hpp"

#include <fmt/format.h>
#include <pgfeed/error.hpp>

#include <algorithm>

namespace pgfeed {
namespace {

class PathParser {
 public:
  explicit PathParser(std::string_view path) : path_(path), rest_(path) {}

  std::vector<DocumentStep> parse() {
    if (!take("$")) fail("a path begins with $");
    std::vector<DocumentStep> steps;
    while (!rest_.empty()) steps.push_back(step());
    return steps;
  }

 private:
  DocumentStep step() {
    if (take("[*]") || take(".*")) return {true, ""};
    if (take("[")) return quoted();
    if (!take(".")) fail(fmt::format("a step is .name, ['name'] or [*], not \"{}\"", rest_));
    const std::size_t length = std::min(rest_.find_first_of(".[]'\"* \t"), rest_.size());
    if (length == 0) fail("a name is missing after the dot");
    DocumentStep named{false, std::string(rest_.substr(0, length))};
    rest_.remove_prefix(length);
    return named;
  }

  DocumentStep quoted() {
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) fail("in brackets stands * or a name in quotes");
    const char quote = rest_.front();
    DocumentStep named;
    for (rest_.remove_prefix(1); !rest_.starts_with(quote); rest_.remove_prefix(1)) {
      // A backslash makes a quote or another backslash part of the name.
      if (rest_.size() > 1 && rest_[0] == '\\' && (rest_[1] == quote || rest_[1] == '\\')) rest_.remove_prefix(1);
      if (rest_.empty()) fail("a quote is not closed");
      named.name += rest_.front();
    }
    rest_.remove_prefix(1);
    if (!take("]")) fail("a bracket is not closed");
    return named;
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  [[noreturn]] void fail(std::string_view reason) const {
    throw Error(ErrorKind::mapping, fmt::format("\"{}\" is not a path to documents: {}", path_, reason));
  }

  std::string_view path_;
  std::string_view rest_;
};

}  // namespace

std::vector<DocumentStep> parse_documents_path(std::string_view path) { return PathParser(path).parse(); }

}  // namespace pgfeed
