#include "ErrorLocation.hpp"

#include <cctype>
#include <charconv>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

namespace {

bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

class Scanner {
public:
    Scanner(const char *text, size_t count, size_t maximum_depth)
        : text(text), count(count), maximum_depth(maximum_depth) {}

    ErrorLocation scan() {
        if (document()) {
            result.found = false;
        }
        return result;
    }

private:
    const char *text;
    size_t count;
    size_t maximum_depth;
    size_t position = 0;
    /// The open brackets, outermost first.
    std::string open;
    ErrorLocation result = {true, 0, ""};

    /// The byte at the position, or -1 at the end.
    int current() const { return position < count ? uint8_t(text[position]) : -1; }

    bool fail(size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4))) {
        result.offset = offset;
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(result.message, sizeof result.message, format, arguments);
        va_end(arguments);
        return false;
    }

    bool expected(const char *what) {
        const int byte = current();
        if (byte < 0) {
            return fail(position, "expected %s, found the end of the document", what);
        }
        if (byte > 0x20 && byte < 0x7F) {
            return fail(position, "expected %s, found '%c'", what, byte);
        }
        return fail(position, "expected %s, found byte 0x%02X", what, unsigned(byte));
    }

    void skip_space() {
        while (position < count && std::strchr(" \t\n\r", text[position]) != nullptr && text[position] != 0) {
            position += 1;
        }
    }

    /// A loop with a stack of its own: the nesting of a hostile document must not become the nesting of calls.
    bool document() {
        while (true) {
            skip_space();
            bool is_closed = false;
            if (!begin_value(is_closed)) {
                return false;
            }
            if (!is_closed) {
                continue;
            }
            if (!end_value()) {
                return false;
            }
            if (open.empty()) {
                skip_space();
                return position == count || expected("the end of the document");
            }
        }
    }

    /// Reads a scalar, an empty container or an opening bracket; `is_closed` says that the value is complete.
    bool begin_value(bool &is_closed) {
        const int byte = current();
        is_closed = true;
        if (byte == '"') {
            return string();
        }
        if (byte == '-' || is_digit(byte)) {
            return number();
        }
        if (byte != '[' && byte != '{') {
            return literal();
        }
        if (open.size() == maximum_depth) {
            return fail(position, "arrays and objects are nested deeper than %zu levels", maximum_depth);
        }
        position += 1;
        skip_space();
        if (current() == (byte == '[' ? ']' : '}')) {
            position += 1;
            return true;
        }
        open.push_back(char(byte));
        is_closed = false;
        return byte == '[' || key();
    }

    /// Reads what follows a value: closing brackets, then a comma (and a key) if a container is still open.
    bool end_value() {
        while (!open.empty()) {
            skip_space();
            const bool is_array = open.back() == '[';
            if (current() == ',') {
                position += 1;
                skip_space();
                return is_array || key();
            }
            if (current() != (is_array ? ']' : '}')) {
                return expected(is_array ? "',' or ']'" : "',' or '}'");
            }
            position += 1;
            open.pop_back();
        }
        return true;
    }

    bool key() {
        if (current() != '"') {
            return expected("a key in double quotes");
        }
        if (!string()) {
            return false;
        }
        skip_space();
        if (current() != ':') {
            return expected("':'");
        }
        position += 1;
        return true;
    }

    /// Whether `word` stands at the position, in any case when `ignoring_case`.
    bool stands_here(const char *word, bool ignoring_case) const {
        for (size_t index = 0; word[index] != 0; index += 1) {
            if (position + index >= count) {
                return false;
            }
            const char byte = text[position + index];
            if ((ignoring_case ? char(std::tolower(uint8_t(byte))) : byte) != word[index]) {
                return false;
            }
        }
        return true;
    }

    bool literal() {
        for (const char *word : {"true", "false", "null"}) {
            const size_t length = std::strlen(word);
            if (!stands_here(word, false)) {
                continue;
            }
            if (position + length < count && std::isalnum(uint8_t(text[position + length]))) {
                break;
            }
            position += length;
            return true;
        }
        if (stands_here("nan", true) || stands_here("inf", true)) {
            return fail(position, "expected a value, found NaN or Infinity, which JSON does not have,");
        }
        return expected("a value");
    }

    bool number() {
        const size_t start = position;
        position += current() == '-';
        if (stands_here("inf", true) || stands_here("nan", true)) {
            return fail(start, "expected a value, found NaN or Infinity, which JSON does not have,");
        }
        if (current() == '0' && position + 1 < count && is_digit(uint8_t(text[position + 1]))) {
            return fail(start, "expected a number without leading zeros");
        }
        if (!digits()) {
            return false;
        }
        bool is_integer = true;
        if (current() == '.') {
            is_integer = false;
            position += 1;
            if (!digits()) {
                return false;
            }
        }
        if (current() == 'e' || current() == 'E') {
            is_integer = false;
            position += 1;
            position += current() == '+' || current() == '-';
            if (!digits()) {
                return false;
            }
        }
        return is_integer ? check_integer(start) : check_decimal(start);
    }

    bool digits() {
        if (!is_digit(current())) {
            return expected("a digit");
        }
        while (is_digit(current())) {
            position += 1;
        }
        return true;
    }

    bool check_integer(size_t start) {
        int64_t integer;
        uint64_t natural;
        if (std::from_chars(text + start, text + position, integer).ec == std::errc::result_out_of_range
            && std::from_chars(text + start, text + position, natural).ec != std::errc()) {
            return fail(start, "expected a number, found an integer beyond 64 bits");
        }
        return true;
    }

    bool check_decimal(size_t start) {
        double number = 0;
        const auto error = std::from_chars(text + start, text + position, number).ec;
        // Numbers too small for a double also say "out of range", but are read as 0 and are no error.
        const char *exponent = static_cast<const char *>(std::memchr(text + start, 'e', position - start));
        exponent = exponent ? exponent : static_cast<const char *>(std::memchr(text + start, 'E', position - start));
        if (error == std::errc::result_out_of_range && (exponent == nullptr || exponent[1] != '-')) {
            return fail(start, "expected a number, found one beyond the range of 64-bit floating point");
        }
        return true;
    }

    bool string() {
        position += 1;
        while (true) {
            const int byte = current();
            if (byte < 0) {
                return expected("'\"' at the end of a string");
            }
            if (byte == '"') {
                position += 1;
                return true;
            }
            if (byte < 0x20) {
                return fail(position, "expected control characters to be escaped, found byte 0x%02X", unsigned(byte));
            }
            if (byte == '\\' ? !escape() : !scalar()) {
                return false;
            }
        }
    }

    bool escape() {
        const size_t start = position;
        position += 1;
        const int byte = current();
        if (byte != 'u') {
            if (byte <= 0 || std::strchr("\"\\/bfnrt", byte) == nullptr) {
                return expected("one of \"\\/bfnrtu after a backslash");
            }
            position += 1;
            return true;
        }
        unsigned unit = 0;
        if (!hexadecimal(unit)) {
            return false;
        }
        if (unit < 0xD800 || unit > 0xDFFF) {
            return true;
        }
        unsigned second = 0;
        if (unit < 0xDC00 && current() == '\\' && position + 1 < count && text[position + 1] == 'u') {
            position += 1;
            if (!hexadecimal(second)) {
                return false;
            }
        }
        if (second < 0xDC00 || second > 0xDFFF) {
            return fail(start, "expected a pair of surrogates, found one alone");
        }
        return true;
    }

    /// `u` and four hexadecimal digits.
    bool hexadecimal(unsigned &unit) {
        position += 1;
        for (int index = 0; index < 4; index += 1) {
            const int byte = current();
            if (byte < 0 || !std::isxdigit(byte)) {
                return expected("four hexadecimal digits after \\u");
            }
            unit = unit * 16 + unsigned(is_digit(byte) ? byte - '0' : std::tolower(byte) - 'a' + 10);
            position += 1;
        }
        return true;
    }

    /// One character of well-formed UTF-8 (Unicode 15, table 3-7).
    bool scalar() {
        const int lead = current();
        size_t length = 1;
        int lowest = 0x80, highest = 0xBF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            length = 2;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            length = 3;
            lowest = lead == 0xE0 ? 0xA0 : 0x80;
            highest = lead == 0xED ? 0x9F : 0xBF;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            length = 4;
            lowest = lead == 0xF0 ? 0x90 : 0x80;
            highest = lead == 0xF4 ? 0x8F : 0xBF;
        } else if (lead >= 0x80) {
            return fail(position, "expected UTF-8, found byte 0x%02X", unsigned(lead));
        }
        for (size_t index = 1; index < length; index += 1) {
            const int byte = position + index < count ? uint8_t(text[position + index]) : -1;
            if (byte < lowest || byte > highest) {
                return fail(position, "expected UTF-8, found an incomplete character that begins with 0x%02X", lead);
            }
            lowest = 0x80;
            highest = 0xBF;
        }
        position += length;
        return true;
    }
};

}  // namespace

ErrorLocation locate_error(const char *text, size_t count, size_t maximum_depth) {
    return Scanner(text, count, maximum_depth).scan();
}
