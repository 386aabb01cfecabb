#include "cli/source_options.hpp"

#include <fmt/format.h>

#include "text/option_values.hpp"

namespace pgfeed {

void add_count_option(CLI::App& command, const std::string& name, std::int64_t least,
                      const std::function<void(std::int64_t)>& set, const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [set, least](const std::string& text) { set(*parse_count(text, least)); }, description)
      ->check([least](const std::string& text) {
        return parse_count(text, least) ? "" : fmt::format("a whole number from {} on is wanted, not \"{}\"", least, text);
      })
      ->type_name("N");
}

/// An empty value is a variable that is not set, not a wish for the default.
std::string require_value(const std::string& text) {
  const bool is_blank = text.find_first_not_of(" \t\n") == std::string::npos;
  return is_blank ? "the value is empty; is a variable not set?" : "";
}

void add_size_option(CLI::App& command, const std::string& name, std::uint64_t& size, const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&size](const std::string& text) { size = *parse_size(text); }, description)
      ->check([](const std::string& text) {
        constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;  // as much as a field of a row can hold
        return parse_size(text).value_or(kLargest + 1) <= kLargest
                   ? ""
                   : "a size is wanted, such as 500000, 64KiB, 32MiB, at most 1GiB";
      })
      ->type_name("SIZE");
}

void add_source_options(CLI::App& command, std::string& mapping, std::vector<std::string>& sources, std::string& documents,
                        std::uint64_t& max_document, std::size_t& max_depth, bool& strict_json) {
  command.add_option("-m,--mapping", mapping, "The mapping file")->required()->type_name("FILE");
  command
      .add_option("sources", sources,
                  "Files, folders (all in and below them but names that begin with . or _), globs, or - for standard input")
      ->required()
      ->type_name("SOURCE");
  command.add_option("--documents", documents, "Path of the documents in each top-level value; overrides the mapping's")
      ->type_name("PATH");
  add_size_option(command, "--max-document", max_document, "Largest document (16MiB); a larger one is a reject");
  constexpr std::size_t kDeepest = 1000;
  command.add_option("--max-depth", max_depth, "Deepest nesting of brackets; a document nested deeper is a reject")
      ->check(CLI::Range(std::size_t{1}, kDeepest))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--strict-json", strict_json, "Check all of each document, not only what the mapping reads");
}

}  // namespace pgfeed
