#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pgfeed {

/// The options of every command that reads documents: mapping, target, sources, and what counts as a document.
void add_source_options(CLI::App& command, std::string& mapping, std::string& to, std::vector<std::string>& sources,
                        std::string& documents, std::uint64_t& max_document, std::size_t& max_depth, bool& strict_json);

/// An option that takes bytes, with a unit or without.
void add_size_option(CLI::App& command, const std::string& name, std::uint64_t& size, const std::string& description);

}  // namespace pgfeed
