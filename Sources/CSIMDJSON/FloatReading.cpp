// Nested arrays of numbers, straight from the tape into the caller's floats.

#include <cmath>

#include "Expectation.hpp"

namespace {

/// Walks the tape once, checking the shape and the numbers as it fills.
struct FloatReader {
    csimdjson_parser &parser;
    const csimdjson_shape &shape;
    const uint64_t *words;
    float *result;

    /// Reads the array at `index`; the call depth is at most `CSIMDJSON_MAXIMUM_RANK`.
    csimdjson_status read(size_t index, size_t dimension) {
        const size_t expected = shape.dimensions[dimension];
        const bool is_innermost = dimension + 1 == shape.rank;
        if (tape::type_at(words, index) != '[') {
            return wrong_type(parser, index, "an array like those before it");
        }
        const size_t found = tape::count(words, index);
        if (found != expected) {
            return parser.fail_at(
                index, csimdjson_status_ragged, "has %zu elements, expected %zu like the arrays before it", found,
                expected);
        }
        if (is_innermost) {
            return read_numbers(index + 1, expected);
        }
        size_t child = index + 1;
        for (size_t element = 0; element < expected; element += 1) {
            if (const auto status = read(child, dimension + 1); status != csimdjson_status_ok) {
                return status;
            }
            child = tape::after(words, child);
        }
        return csimdjson_status_ok;
    }

    csimdjson_status read_numbers(size_t index, size_t count) {
        for (size_t element = 0; element < count; element += 1, index += 2) {
            float number;
            switch (tape::type_at(words, index)) {
            case 'd':
                number = float(tape::number_at<double>(words, index));
                if (__builtin_expect(std::isinf(number), false)) {
                    return parser.fail_at(
                        index, csimdjson_status_number_out_of_range,
                        "is %g, expected a number in the range of 32-bit float",
                        tape::number_at<double>(words, index));
                }
                break;
            case 'l':
                number = float(tape::number_at<int64_t>(words, index));
                break;
            case 'u':
                number = float(tape::number_at<uint64_t>(words, index));
                break;
            default:
                return wrong_type(parser, index, "a number");
            }
            *result++ = number;
        }
        return csimdjson_status_ok;
    }
};

}  // namespace

csimdjson_status csimdjson_shape_of(csimdjson_value value, csimdjson_shape *shape) {
    *shape = {};
    if (const auto status = expect_type(value, '[', "an array of numbers"); status != csimdjson_status_ok) {
        return status;
    }
    const auto *words = value.parser->tape;
    size_t index = value.index;
    while (tape::type_at(words, index) == '[') {
        if (shape->rank == CSIMDJSON_MAXIMUM_RANK) {
            return value.parser->fail_at(
                index, csimdjson_status_too_many_dimensions, "is an array, expected a number after %d nested arrays",
                int(CSIMDJSON_MAXIMUM_RANK));
        }
        shape->dimensions[shape->rank] = tape::count(words, index);
        shape->rank += 1;
        index += 1;
    }
    if (tape::type_at(words, index) != ']' && !tape::is_number(tape::type_at(words, index))) {
        return wrong_type(*value.parser, index, "a number");
    }
    return csimdjson_status_ok;
}

csimdjson_status csimdjson_read_floats(
    csimdjson_value value, float *result, size_t capacity, csimdjson_shape *shape) {
    if (const auto status = csimdjson_shape_of(value, shape); status != csimdjson_status_ok) {
        return status;
    }
    // The product of untrusted lengths may overflow: the first row can be long while a million others are empty.
    size_t total = 1;
    bool is_overflowing = false;
    for (size_t dimension = 0; dimension < shape->rank; dimension += 1) {
        is_overflowing |= __builtin_mul_overflow(total, shape->dimensions[dimension], &total);
    }
    if (is_overflowing || total > capacity) {
        return value.parser->fail_at(
            value.index, csimdjson_status_too_many_values, "has more values than expected, at most %zu", capacity);
    }
    return FloatReader{*value.parser, *shape, value.parser->tape, result}.read(value.index, 0);
}
