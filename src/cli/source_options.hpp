#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pgfeed {

/// The options of every command that reads documents: mapping, sources, and what counts as a document.
void add_source_options(CLI::App& command, std::string& mapping, std::vector<std::string>& sources, std::string& documents,
                        std::uint64_t& max_document, std::size_t& max_depth, bool& strict_json);

/// A check for options: refuses an empty value.
std::string require_value(const std::string& text);

/// An option that takes a whole number from `least` on.
void add_count_option(CLI::App& command, const std::string& name, std::int64_t least,
                      const std::function<void(std::int64_t)>& set, const std::string& description);

/// An option that takes bytes, with a unit or without.
void add_size_option(CLI::App& command, const std::string& name, std::uint64_t& size, const std::string& description);

}  // namespace pgfeed
