#include "Parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include "ErrorLocation.hpp"
#include "Tape.hpp"

struct csimdjson_parser::Buffers {
    simdjson::dom::parser parser;
    std::unique_ptr<char[]> text;
    size_t capacity = 0;

    simdjson::error_code allocate(size_t wanted, size_t maximum_depth) {
        text.reset(new (std::nothrow) char[wanted + simdjson::SIMDJSON_PADDING]);
        if (text == nullptr) {
            return simdjson::MEMALLOC;
        }
        if (const auto error = parser.allocate(wanted, maximum_depth)) {
            return error;
        }
        if (const auto error = parser.doc.allocate(wanted)) {
            return error;
        }
        capacity = wanted;
        return simdjson::SUCCESS;
    }
};

namespace {

/// Below this simdjson's own bookkeeping outweighs the text.
constexpr size_t smallest_capacity = size_t(1) << 14;

/// Powers of two, so that documents that grow little by little do not move the buffers each time.
size_t capacity_for(size_t count, size_t maximum_bytes) {
    size_t capacity = smallest_capacity;
    while (capacity < count) {
        capacity *= 2;
    }
    return std::max(count, std::min(capacity, std::max(maximum_bytes, smallest_capacity)));
}

void end_document(csimdjson_parser &parser) {
    parser.tape = nullptr;
    parser.strings = nullptr;
    parser.generation += 1;
    parser.error_offset = SIZE_MAX;
}

/// Makes room for `count` bytes, in fresh buffers when the old ones are too small or far too large.
csimdjson_status make_room(csimdjson_parser &parser, size_t count) {
    const size_t present = parser.buffers ? parser.buffers->capacity : 0;
    const bool is_oversized = present > parser.retained_bytes && present > smallest_capacity && count <= present / 4;
    if (count <= present && !is_oversized) {
        return csimdjson_status_ok;
    }
    parser.buffers.reset();
    std::unique_ptr<csimdjson_parser::Buffers> fresh(new (std::nothrow) csimdjson_parser::Buffers);
    const size_t capacity = capacity_for(count, parser.maximum_bytes);
    if (fresh == nullptr || fresh->allocate(capacity, parser.maximum_depth + 1) != simdjson::SUCCESS) {
        return parser.fail(csimdjson_status_out_of_memory, "no memory to parse a document of %zu bytes", count);
    }
    parser.buffers = std::move(fresh);
    return csimdjson_status_ok;
}

csimdjson_status refuse(csimdjson_parser &parser, simdjson::error_code error, size_t count, size_t skipped) {
    switch (error) {
    case simdjson::MEMALLOC:
        return parser.fail(csimdjson_status_out_of_memory, "no memory to parse a document of %zu bytes", count);
    case simdjson::DEPTH_ERROR:
        return parser.fail(
            csimdjson_status_too_deep, "arrays and objects are nested deeper than %zu levels", parser.maximum_depth);
    default:
        break;
    }
    const auto location = locate_error(parser.buffers->text.get(), count, parser.maximum_depth);
    if (!location.found) {
        return parser.fail(csimdjson_status_malformed, "%s", simdjson::error_message(error));
    }
    parser.error_offset = location.offset + skipped;
    return parser.fail(csimdjson_status_malformed, "%s at byte %zu", location.message, parser.error_offset);
}

}  // namespace

csimdjson_parser::csimdjson_parser(size_t maximum_bytes, size_t maximum_depth, size_t retained_bytes)
    : maximum_bytes(std::min(maximum_bytes, size_t(simdjson::SIMDJSON_MAXSIZE_BYTES))),
      maximum_depth(maximum_depth),
      retained_bytes(retained_bytes) {}

csimdjson_parser::~csimdjson_parser() = default;

csimdjson_status csimdjson_parser::fail(csimdjson_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

csimdjson_status csimdjson_parser::fail_at(size_t index, csimdjson_status status, const char *format, ...) {
    size_t length = csimdjson_path({this, uint32_t(index), generation}, message, sizeof message / 2);
    if (length == 0) {
        length = size_t(std::snprintf(message, sizeof message, "the document"));
    }
    message[length++] = ' ';
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message + length, sizeof message - length, format, arguments);
    va_end(arguments);
    return status;
}

csimdjson_parser *csimdjson_parser_create(size_t maximum_bytes, size_t maximum_depth, size_t retained_bytes) {
    return new (std::nothrow) csimdjson_parser(maximum_bytes, maximum_depth, retained_bytes);
}

void csimdjson_parser_destroy(csimdjson_parser *parser) { delete parser; }

void csimdjson_parser_trim(csimdjson_parser *parser) {
    end_document(*parser);
    if (parser->buffers != nullptr && parser->buffers->capacity > parser->retained_bytes) {
        parser->buffers.reset();
    }
}

size_t csimdjson_parser_capacity(const csimdjson_parser *parser) {
    return parser->buffers ? parser->buffers->capacity : 0;
}

csimdjson_status csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t count, csimdjson_value *root) {
    end_document(*parser);
    *root = {parser, uint32_t(tape::root_index), parser->generation};
    if (count > parser->maximum_bytes) {
        return parser->fail(
            csimdjson_status_document_too_large, "the document has %zu bytes, expected at most %zu", count,
            parser->maximum_bytes);
    }
    const bool has_byte_order_mark = count >= 3 && std::memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    const size_t skipped = has_byte_order_mark ? 3 : 0;
    count -= skipped;
    if (count == 0) {
        parser->error_offset = skipped;
        return parser->fail(csimdjson_status_malformed, "the document is empty, expected a JSON value");
    }
    if (const auto status = make_room(*parser, count); status != csimdjson_status_ok) {
        return status;
    }
    auto &buffers = *parser->buffers;
    std::memcpy(buffers.text.get(), bytes + skipped, count);
    std::memset(buffers.text.get() + count, 0, simdjson::SIMDJSON_PADDING);
    if (const auto error = buffers.parser.parse(buffers.text.get(), count, false).error()) {
        return refuse(*parser, error, count, skipped);
    }
    parser->tape = buffers.parser.doc.tape.get();
    parser->strings = buffers.parser.doc.string_buf.get();
    return csimdjson_status_ok;
}

const char *csimdjson_error_message(const csimdjson_parser *parser) { return parser->message; }

size_t csimdjson_error_offset(const csimdjson_parser *parser) { return parser->error_offset; }
