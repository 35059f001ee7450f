// What lies behind a `csimdjson_parser`. Only Parser.cpp knows simdjson's types; the other files read its tape.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "CSIMDJSON.h"

struct csimdjson_parser {
    /// simdjson's parser and the padded copy of the text.
    struct Buffers;

    csimdjson_parser(size_t maximum_bytes, size_t maximum_depth, size_t retained_bytes);
    ~csimdjson_parser();

    const size_t maximum_bytes;
    const size_t maximum_depth;
    const size_t retained_bytes;
    std::unique_ptr<Buffers> buffers;

    /// The parsed document: words as described in Tape.hpp, and the strings they point into.
    const uint64_t *tape = nullptr;
    const uint8_t *strings = nullptr;

    /// Counts the documents, so that a value of an earlier one is recognised.
    uint32_t generation = 0;

    size_t error_offset = SIZE_MAX;
    char message[512] = "";

    /// Keeps the sentence for `csimdjson_error_message` and hands `status` back.
    csimdjson_status fail(csimdjson_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

    /// A failure about the value at `index`: the format's first argument is filled with its path.
    csimdjson_status fail_at(size_t index, csimdjson_status status, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
};
