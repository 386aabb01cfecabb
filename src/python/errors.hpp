#pragma once

namespace pgfeed::python {

/// From here on Error reaches Python as the class of `pgfeed.errors` for its kind, with its fields as attributes.
void translate_errors();

}  // namespace pgfeed::python
