// Float arrays as JSON text.

#include <cstring>

#include "CSIMDJSON.h"
#include "ShortestFloat.hpp"

namespace {

constexpr uint32_t sign_bit = 0x80000000;
constexpr uint32_t infinity_bits = 0x7F800000;
constexpr uint32_t one_bits = 0x3F800000;

/// `write_float` stores in blocks, beyond what it keeps: the last number of an array needs this much room behind it.
constexpr size_t slack = 32;

constexpr uint32_t powers[] = {0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
constexpr uint32_t fillers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

void store(char *text, uint64_t block) { std::memcpy(text, &block, sizeof block); }

/// Eight decimal digits of a number below 10^8 as bytes 0...9, the first digit in the lowest byte.
uint64_t eight_digits(uint32_t number) {
    // Splits into halves of 4, 2 and 1 digits inside one register, dividing by multiplying with a reciprocal.
    const uint64_t fours = (number / 10000) | (uint64_t(number % 10000) << 32);
    const uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007F0000007F;
    const uint64_t twos = hundreds | ((fours - 100 * hundreds) << 16);
    const uint64_t tens = ((twos * 103) >> 10) & 0x000F000F000F000F;
    return tens | ((twos - 10 * tens) << 8);
}

/// The number of decimal digits of a number from 1 up to 9 digits.
int digit_count(uint32_t number) {
    const int estimate = ((32 - __builtin_clz(number)) * 1233) >> 12;
    return estimate + (number >= powers[estimate]);
}

/// The significant digits of a number of up to 9 digits, in registers: a detour over memory would stall the stores.
struct Digits {
    /// The first digit.
    char first;
    /// The eight others, padded with zeros at the end, in the order of memory.
    uint64_t others;
    /// How many of the nine remain without the zeros at the end.
    int count;
    /// How many digits the number has.
    int whole_count;

    explicit Digits(uint32_t number) {
        whole_count = digit_count(number);
        number *= fillers[9 - whole_count];
        first = char('0' + number / 100000000);
        const uint64_t values = eight_digits(number % 100000000);
        others = values | 0x3030303030303030;
        count = 9 - __builtin_clzll(values | 1) / 8 + (values != 0 ? 0 : -1);
    }
};

/// Writes a finite float; returns the end of the text, at most 15 bytes on.
char *write_float(uint32_t bits, char *text) {
    // Images are full of exact zeros and ones.
    if (bits == 0 || bits == one_bits) {
        *text = bits == 0 ? '0' : '1';
        return text + 1;
    }
    *text = '-';
    text += bits >> 31;
    if ((bits & ~sign_bit) == 0) {
        // Not "-0": readers with an integer type drop the sign of that.
        std::memcpy(text, "0.0", 3);
        return text + 3;
    }
    const Decimal decimal = shortest_decimal(bits);
    const Digits digits(decimal.digits);
    // Where the decimal point stands, counted from the first digit.
    const int point = digits.whole_count + decimal.exponent;
    if (point <= 0 && point > -3) {
        std::memcpy(text, "0.000000", 8);
        text += 2 - point;
        *text = digits.first;
        store(text + 1, digits.others);
        return text + digits.count;
    }
    text[0] = digits.first;
    if (point > 0 && point <= 9) {
        store(text + 1, digits.others);
        if (point >= digits.count) {
            return text + point;
        }
        text[point] = '.';
        store(text + point + 1, digits.others >> (8 * (point - 1)));
        return text + digits.count + 1;
    }
    text[1] = '.';
    store(text + 2, digits.others);
    text += digits.count > 1 ? digits.count + 1 : 1;
    *text++ = 'e';
    int exponent = point - 1;
    if (exponent < 0) {
        *text++ = '-';
        exponent = -exponent;
    }
    if (exponent >= 10) {
        *text++ = char('0' + exponent / 10);
    }
    *text++ = char('0' + exponent % 10);
    return text;
}

struct FloatWriter {
    const float *values;
    const size_t *dimensions;
    size_t rank;
    char *text;
    size_t position = 0;

    /// Writes the values from `position` on as one array; false at a value that is not finite.
    bool write(size_t dimension) {
        const size_t count = dimensions[dimension];
        *text++ = '[';
        if (dimension + 1 == rank) {
            if (!write_numbers(count)) {
                return false;
            }
        } else {
            for (size_t element = 0; element < count; element += 1) {
                if (!write(dimension + 1)) {
                    return false;
                }
                *text++ = ',';
            }
        }
        // The last comma becomes the bracket.
        text -= count > 0;
        *text++ = ']';
        return true;
    }

    bool write_numbers(size_t count) {
        // Kept out of memory: the compiler must assume that a byte written to the text could change this object.
        char *end = text;
        const float *const row = values + position;
        size_t element = 0;
        for (; element < count; element += 1) {
            uint32_t bits;
            std::memcpy(&bits, &row[element], sizeof bits);
            if ((bits & infinity_bits) == infinity_bits) {
                break;
            }
            end = write_float(bits, end);
            *end++ = ',';
        }
        text = end;
        position += element;
        return element == count;
    }
};

}  // namespace

size_t csimdjson_floats_bound(const size_t *dimensions, size_t rank) {
    // Two brackets and a comma for each array, from the outermost in.
    size_t arrays = 1;
    size_t bound = 3 + slack;
    bool is_overflowing = false;
    for (size_t dimension = 0; dimension < rank; dimension += 1) {
        const size_t bytes = dimension + 1 == rank ? size_t(CSIMDJSON_FLOAT_BYTES) : 3;
        size_t added = 0;
        is_overflowing |= __builtin_mul_overflow(arrays, dimensions[dimension], &arrays);
        is_overflowing |= __builtin_mul_overflow(arrays, bytes, &added);
        is_overflowing |= __builtin_add_overflow(bound, added, &bound);
    }
    return is_overflowing ? SIZE_MAX : bound;
}

size_t csimdjson_write_floats(
    const float *values, const size_t *dimensions, size_t rank, uint8_t *text, size_t *written) {
    char *start = reinterpret_cast<char *>(text);
    *written = 0;
    if (rank == 0) {
        return SIZE_MAX;
    }
    FloatWriter writer{values, dimensions, rank, start};
    if (!writer.write(0)) {
        return writer.position;
    }
    *written = size_t(writer.text - start);
    return SIZE_MAX;
}
