#pragma once

#include "Tape.hpp"

/// The failure of a value that is something else than `expected`, as in "z[3] is a string, expected a number".
csimdjson_status wrong_type(csimdjson_parser &parser, size_t index, const char *expected);

/// `ok` when the value has this type letter.
csimdjson_status expect_type(csimdjson_value value, char type, const char *expected);

/// `ok` when the value is of the document that its parser holds.
csimdjson_status expect_current(csimdjson_value value);
