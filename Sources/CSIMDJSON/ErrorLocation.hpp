#pragma once

#include <cstddef>

/// The first byte at which a text stops being JSON, and what is wrong there.
struct ErrorLocation {
    bool found;
    size_t offset;
    char message[192];
};

/// Reads `text` [count] again, slowly, after simdjson refused it: simdjson's DOM parser reports neither the place nor
/// what it expected, and a client that has to find one character among thousands needs both. `found` is false when the
/// text is in order.
ErrorLocation locate_error(const char *text, size_t count, size_t maximum_depth);
