// Scalars: booleans, numbers and strings.

#include <limits>

#include "Expectation.hpp"

namespace {

/// Reads a whole number of either signedness from any of simdjson's three number types.
template <typename Integer>
csimdjson_status get_integer(csimdjson_value value, Integer *result) {
    using Limits = std::numeric_limits<Integer>;
    constexpr const char *expected = Limits::is_signed ? "a whole number" : "a whole number from 0 up";
    if (const auto status = expect_current(value); status != csimdjson_status_ok) {
        return status;
    }
    auto &parser = *value.parser;
    const auto *words = parser.tape;
    const auto out_of_range = [&] {
        return parser.fail_at(
            value.index, csimdjson_status_number_out_of_range, "is out of range, expected %s below 2^%d", expected,
            Limits::digits);
    };
    switch (tape::type_at(words, value.index)) {
    case 'l': {
        const auto number = tape::number_at<int64_t>(words, value.index);
        if (!Limits::is_signed && number < 0) {
            return parser.fail_at(
                value.index, csimdjson_status_number_out_of_range, "is %lld, expected %s",
                static_cast<long long>(number), expected);
        }
        *result = Integer(number);
        return csimdjson_status_ok;
    }
    case 'u': {
        const auto number = tape::number_at<uint64_t>(words, value.index);
        if (number > uint64_t(Limits::max())) {
            return out_of_range();
        }
        *result = Integer(number);
        return csimdjson_status_ok;
    }
    case 'd': {
        const auto number = tape::number_at<double>(words, value.index);
        // Above 2^53 a double no longer says which whole number was meant.
        if (number > 0x1p53 || number < -0x1p53) {
            return out_of_range();
        }
        if (number != double(int64_t(number)) || (!Limits::is_signed && number < 0)) {
            return parser.fail_at(
                value.index, csimdjson_status_number_out_of_range, "is %g, expected %s", number, expected);
        }
        *result = Integer(number);
        return csimdjson_status_ok;
    }
    default:
        return wrong_type(parser, value.index, expected);
    }
}

}  // namespace

csimdjson_status csimdjson_get_boolean(csimdjson_value value, bool *result) {
    if (const auto status = expect_current(value); status != csimdjson_status_ok) {
        return status;
    }
    const char type = tape::type_at(value.parser->tape, value.index);
    if (type != 't' && type != 'f') {
        return wrong_type(*value.parser, value.index, "true or false");
    }
    *result = type == 't';
    return csimdjson_status_ok;
}

csimdjson_status csimdjson_get_double(csimdjson_value value, double *result) {
    if (const auto status = expect_current(value); status != csimdjson_status_ok) {
        return status;
    }
    const auto *words = value.parser->tape;
    switch (tape::type_at(words, value.index)) {
    case 'd':
        *result = tape::number_at<double>(words, value.index);
        return csimdjson_status_ok;
    case 'l':
        *result = double(tape::number_at<int64_t>(words, value.index));
        return csimdjson_status_ok;
    case 'u':
        *result = double(tape::number_at<uint64_t>(words, value.index));
        return csimdjson_status_ok;
    default:
        return wrong_type(*value.parser, value.index, "a number");
    }
}

csimdjson_status csimdjson_get_int64(csimdjson_value value, int64_t *result) { return get_integer(value, result); }

csimdjson_status csimdjson_get_uint64(csimdjson_value value, uint64_t *result) { return get_integer(value, result); }

csimdjson_status csimdjson_get_string(csimdjson_value value, const char **text, size_t *length) {
    if (const auto status = expect_type(value, '"', "a string"); status != csimdjson_status_ok) {
        return status;
    }
    const auto string = tape::string_at(*value.parser, value.index);
    *text = string.data();
    *length = string.size();
    return csimdjson_status_ok;
}
