#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/arrow_column.hpp"

namespace pgfeed {

// Each makes the column of a format string (https://arrow.apache.org/docs/format/CDataInterface.html, "Data type
// description"), or null where the format is none of its own.

ArrowColumnHandle make_arrow_number(std::string_view format);   ///< null, booleans, integers, floats
ArrowColumnHandle make_arrow_decimal(std::string_view format);  ///< of 32, 64, 128 and 256 bits
ArrowColumnHandle make_arrow_bytes(std::string_view format);    ///< text, and binary in hexadecimal
ArrowColumnHandle make_arrow_json(std::string_view format);     ///< text that is JSON already
ArrowColumnHandle make_arrow_uuid(std::string_view format);
ArrowColumnHandle make_arrow_time(std::string_view format);  ///< dates, times of day and timestamps
ArrowColumnHandle make_arrow_interval(std::string_view format);
ArrowColumnHandle make_arrow_list(std::string_view format, ArrowColumnHandle& elements);
ArrowColumnHandle make_arrow_dictionary(std::string_view format, ArrowColumnHandle& values);
/// Run-end encoding; `format` is of the ends.
ArrowColumnHandle make_arrow_runs(std::string_view format, ArrowColumnHandle& values);

struct ArrowField {
  std::string name;
  ArrowColumnHandle column;
};
ArrowColumnHandle make_arrow_struct(std::vector<ArrowField> fields);
ArrowColumnHandle make_arrow_map(ArrowColumnHandle keys, ArrowColumnHandle values);

/// The child of an array. Throws Error(source) where there is none.
const ArrowArray& arrow_child(const ArrowArray& array, std::int64_t which);

}  // namespace pgfeed
