// Single numbers and strings as JSON text.

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "CSIMDJSON.h"

namespace {

template <typename Number>
size_t write_number(Number value, uint8_t *text) {
    char *start = reinterpret_cast<char *>(text);
    return size_t(std::to_chars(start, start + CSIMDJSON_NUMBER_BYTES, value).ptr - start);
}

/// What follows the backslash for each byte: 0 for none, 'u' for the long form.
constexpr std::array<char, 256> make_escapes() {
    std::array<char, 256> escapes{};
    for (int byte = 0; byte < 0x20; byte += 1) {
        escapes[size_t(byte)] = 'u';
    }
    escapes['\b'] = 'b';
    escapes['\t'] = 't';
    escapes['\n'] = 'n';
    escapes['\f'] = 'f';
    escapes['\r'] = 'r';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
}

constexpr auto escapes = make_escapes();

}  // namespace

size_t csimdjson_write_double(double value, uint8_t *text) {
    if (!std::isfinite(value)) {
        return 0;
    }
    if (value == 0 && std::signbit(value)) {
        // Not "-0": readers with an integer type drop the sign of that.
        std::memcpy(text, "-0.0", 4);
        return 4;
    }
    return write_number(value, text);
}

size_t csimdjson_write_int64(int64_t value, uint8_t *text) { return write_number(value, text); }

size_t csimdjson_write_uint64(uint64_t value, uint8_t *text) { return write_number(value, text); }

size_t csimdjson_write_string(const char *string, size_t count, uint8_t *text) {
    constexpr char hexadecimal[] = "0123456789abcdef";
    uint8_t *const start = text;
    *text++ = '"';
    for (size_t index = 0; index < count; index += 1) {
        const uint8_t byte = uint8_t(string[index]);
        const char escape = escapes[byte];
        if (escape == 0) {
            *text++ = byte;
            continue;
        }
        *text++ = '\\';
        *text++ = uint8_t(escape);
        if (escape == 'u') {
            *text++ = '0';
            *text++ = '0';
            *text++ = uint8_t(hexadecimal[byte >> 4]);
            *text++ = uint8_t(hexadecimal[byte & 15]);
        }
    }
    *text++ = '"';
    return size_t(text - start);
}
