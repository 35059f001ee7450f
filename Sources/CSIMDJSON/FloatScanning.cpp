// Rows of numbers straight from the text: the form nearly every request has, read in one pass without a tape.
//
// Anything unexpected makes a function return false, and the caller then has simdjson read the document, which says
// what is wrong and where. So this file accepts a subset of what the parser accepts, and gives the same bits.

#include <charconv>
#include <cmath>
#include <cstring>

#include "CSIMDJSON.h"

namespace {

/// A place in a text that ends at `end`.
struct Cursor {
    const uint8_t *at;
    const uint8_t *end;

    void skip_space() {
        while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
            at += 1;
        }
    }

    /// Steps over `byte` and the blanks before it.
    bool take(uint8_t byte) {
        if (at < end && *at == byte) {  // mostly there are no blanks
            at += 1;
            return true;
        }
        skip_space();
        if (at == end || *at != byte) {
            return false;
        }
        at += 1;
        return true;
    }
};

bool is_digit(uint8_t byte) { return uint8_t(byte - '0') < 10; }

/// How many of the eight bytes of `word`, in text order, are digits before the first that is none.
int leading_digits(uint64_t word) {
    // A digit is 0x30…0x39: its upper half is 3, also after adding 6.
    const uint64_t other = ((word & 0xF0F0F0F0F0F0F0F0) ^ 0x3030303030303030) |
                           (((word + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) ^ 0x3030303030303030);
    return other == 0 ? 8 : __builtin_ctzll(other) / 8;
}

/// The number that eight digit values in text order are, three multiplications for all of them.
uint32_t eight_digits(uint64_t word) {
    word = word * 10 + (word >> 8);
    return uint32_t((((word & 0x000000FF000000FF) * 0x000F424000000064) +
                     (((word >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
                    32);
}

constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr uint32_t whole_powers_of_ten[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/// Digits of which any number still fits into 64 bits.
constexpr int safe_digits = 19;

/// Reads digits onto `mantissa`; more than `safe_digits` of them in all make the caller start over.
///
/// A few digits are read one by one: where the next number begins is then a prediction, and the processor does not wait
/// for it. The length of a long run cannot be predicted, so up to eight are read without a branch on it.
const uint8_t *read_digits(const uint8_t *at, const uint8_t *end, uint64_t &mantissa) {
    while (end - at >= 8 && is_digit(at[0]) && is_digit(at[1])) {
        uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const int count = leading_digits(word);
        // Zeros in front fill up to eight.
        mantissa = mantissa * whole_powers_of_ten[count] + eight_digits((word - 0x3030303030303030) << (64 - 8 * count));
        at += count;
        if (count < 8) {
            return at;
        }
    }
    while (at < end && is_digit(*at)) {
        mantissa = mantissa * 10 + (*at - '0');
        at += 1;
    }
    return at;
}

/// Reads `[eE][+-]?digits` onto `exponent`, false when it is not an exponent of at most four digits.
bool read_exponent(Cursor &cursor, int64_t &exponent) {
    cursor.at += 1;
    const bool is_negative = cursor.at < cursor.end && *cursor.at == '-';
    if (is_negative || (cursor.at < cursor.end && *cursor.at == '+')) {
        cursor.at += 1;
    }
    const auto *const first = cursor.at;
    uint64_t number = 0;
    cursor.at = read_digits(first, cursor.end, number);
    const auto count = cursor.at - first;
    if (count == 0 || count > 4) {
        return false;
    }
    exponent += is_negative ? -int64_t(number) : int64_t(number);
    return true;
}

double scaled(uint64_t mantissa, int64_t exponent) {
    return exponent < 0 ? double(mantissa) / powers_of_ten[-exponent] : double(mantissa) * powers_of_ten[exponent];
}

/// Whether every number within four units in the last place of `number` rounds to the same float, which is then `result`.
bool is_certain(double number, float &result) {
    result = float(number * (1 - 0x1p-51));
    return result == float(number * (1 + 0x1p-51));
}

/// A JSON number, rounded to double and then to float, as simdjson and a cast do.
bool read_number(Cursor &cursor, float &result) {
    const auto *const start = cursor.at;
    const bool is_negative = cursor.at < cursor.end && *cursor.at == '-';
    cursor.at += is_negative;
    const auto *const whole = cursor.at;
    uint64_t mantissa = 0;
    cursor.at = read_digits(cursor.at, cursor.end, mantissa);
    auto digits = cursor.at - whole;
    if (digits == 0 || (digits > 1 && *whole == '0')) {
        return false;
    }
    int64_t exponent = 0;
    bool is_integer = true;
    if (cursor.at < cursor.end && *cursor.at == '.') {
        const auto *const fraction = cursor.at + 1;
        cursor.at = read_digits(fraction, cursor.end, mantissa);
        exponent = -(cursor.at - fraction);
        digits -= exponent;
        is_integer = false;
        if (exponent == 0) {
            return false;
        }
    }
    if (cursor.at < cursor.end && (*cursor.at == 'e' || *cursor.at == 'E')) {
        is_integer = false;
        if (!read_exponent(cursor, exponent)) {
            return false;
        }
    }
    double number;
    if (digits <= safe_digits && mantissa <= uint64_t(1) << 53 && exponent >= -22 && exponent <= 22) {
        // Both operands are exact, so the one operation rounds once (Clinger 1990).
        number = scaled(mantissa, exponent);
        number = is_negative && !(is_integer && mantissa == 0) ? -number : number;  // the integer −0 is 0
    } else if (is_integer) {
        return false;
    } else if (digits <= safe_digits && exponent >= -22 && exponent <= 22 &&
               is_certain(scaled(mantissa, exponent), result)) {
        // Longer than a double holds, as `v / 255` is printed: two roundings, but far enough from where a float's change.
        result = is_negative ? -result : result;
        return !std::isinf(result);
    } else {
        const auto *const text = reinterpret_cast<const char *>(start);
        const auto [stop, error] = std::from_chars(text, reinterpret_cast<const char *>(cursor.at), number);
        if (error != std::errc() || stop != reinterpret_cast<const char *>(cursor.at)) {
            return false;
        }
    }
    result = float(number);
    return !std::isinf(result);
}

/// Most pixels of most images are black, and written as `0` or `0.0` with a comma behind.
bool take_zero(Cursor &cursor, float &result) {
    uint32_t word;
    if (cursor.end - cursor.at < ptrdiff_t(sizeof word)) {
        return false;
    }
    std::memcpy(&word, cursor.at, sizeof word);
    const bool is_long = word == 0x2C302E30;  // "0.0,"
    if (!is_long && (word & 0xFFFF) != 0x2C30) {
        return false;
    }
    cursor.at += is_long ? 3 : 1;
    result = 0;
    return true;
}

/// Black comes in runs: takes `0.0,` two at a time, at most `limit`, and returns how many.
size_t take_zeros(Cursor &cursor, size_t limit, float *result) {
    size_t count = 0;
    uint64_t word;
    while (limit - count >= 2 && cursor.end - cursor.at >= ptrdiff_t(sizeof word)) {
        std::memcpy(&word, cursor.at, sizeof word);
        if (word != 0x2C302E302C302E30) {  // "0.0,0.0,"
            break;
        }
        result[count] = result[count + 1] = 0;
        cursor.at += sizeof word;
        count += 2;
    }
    return count;
}

/// Reads `[n][m]…` numbers with exactly these dimensions.
bool read_array(Cursor &cursor, const size_t *dimensions, size_t rank, float *&result) {
    if (!cursor.take('[')) {
        return false;
    }
    for (size_t element = 0; element < *dimensions; element += 1) {
        if (element > 0 && !cursor.take(',')) {
            return false;
        }
        if (rank > 1) {
            if (!read_array(cursor, dimensions + 1, rank - 1, result)) {
                return false;
            }
        } else {
            const size_t zeros = take_zeros(cursor, dimensions[0] - 1 - element, result);
            element += zeros;
            result += zeros;
            cursor.skip_space();
            if (!take_zero(cursor, *result) && !read_number(cursor, *result)) {
                return false;
            }
            result += 1;
        }
    }
    return cursor.take(']');
}

/// How many arrays begin here, one in the other.
size_t rank_at(Cursor cursor) {
    size_t rank = 0;
    while (cursor.take('[')) {
        rank += 1;
    }
    return rank;
}

}  // namespace

bool csimdjson_scan_begin(csimdjson_scan *scan, const uint8_t *text, size_t count, const char *key) {
    Cursor cursor{text, text + count};
    const size_t length = std::strlen(key);
    if (!cursor.take('{') || !cursor.take('"') || size_t(cursor.end - cursor.at) < length ||
        std::memcmp(cursor.at, key, length) != 0) {
        return false;
    }
    cursor.at += length;
    if (cursor.at == cursor.end || *cursor.at++ != '"' || !cursor.take(':') || !cursor.take('[')) {
        return false;
    }
    *scan = {cursor.at, cursor.end, 0};
    return true;
}

bool csimdjson_scan_row(csimdjson_scan *scan, const csimdjson_shape *shapes, size_t shape_count, float *row) {
    Cursor cursor{scan->at, scan->end};
    if (scan->rows > 0 && !cursor.take(',')) {
        return false;
    }
    const size_t rank = rank_at(cursor);
    for (size_t index = 0; index < shape_count; index += 1) {
        if (shapes[index].rank == rank) {
            const bool is_read = read_array(cursor, shapes[index].dimensions, rank, row);
            scan->at = cursor.at;
            scan->rows += 1;
            return is_read;
        }
    }
    return false;
}

bool csimdjson_scan_at_end_of_rows(const csimdjson_scan *scan) {
    Cursor cursor{scan->at, scan->end};
    return cursor.take(']');
}

bool csimdjson_scan_end(csimdjson_scan *scan) {
    Cursor cursor{scan->at, scan->end};
    if (!cursor.take(']') || !cursor.take('}')) {
        return false;
    }
    cursor.skip_space();
    return cursor.at == cursor.end;
}
