#pragma once

#include <initializer_list>
#include <string>

#include "mapping/path_resolver.hpp"
#include "mapping/plan.hpp"
#include "mapping/yaml_reader.hpp"

namespace pgfeed {

/// Reads where a column takes its value from: path, first, template, constant or meta; transform and default.
///
/// Must not outlive the resolver and the diagnostic.
class SourceReader {
 public:
  SourceReader(const PathResolver& paths, const Diagnostic& diagnostic) : paths_(paths), diagnostic_(diagnostic) {}

  /// A source in shorthand (a path) or from the fields of a map; `column` is left to the caller.
  /// Throws Error(mapping) unless there is exactly one of the ways. `name` names the column in messages.
  ColumnSource shorthand(const YamlNode& path) const;
  ColumnSource from_fields(const MapReader& fields, const std::string& name) const;

 private:
  std::vector<Operand> operands(const MapReader& fields, const std::string& name) const;
  Operand alternative(const YamlNode& node) const;
  Operand single(const MapReader& fields, const std::string& way) const;
  MetaRef meta(const MapReader& fields) const;
  Template read_template(const YamlNode& node) const;

  const PathResolver& paths_;
  const Diagnostic& diagnostic_;
};

}  // namespace pgfeed
