#include "Expectation.hpp"

namespace {

const char *description(char type) {
    switch (type) {
    case 'n':
        return "null";
    case 't':
        return "true";
    case 'f':
        return "false";
    case '"':
        return "a string";
    case '[':
        return "an array";
    case '{':
        return "an object";
    default:
        return "a number";
    }
}

}  // namespace

csimdjson_status wrong_type(csimdjson_parser &parser, size_t index, const char *expected) {
    const char *found = description(tape::type_at(parser.tape, index));
    return parser.fail_at(index, csimdjson_status_wrong_type, "is %s, expected %s", found, expected);
}

csimdjson_status expect_current(csimdjson_value value) {
    if (tape::is_current(value)) {
        return csimdjson_status_ok;
    }
    return value.parser->fail(csimdjson_status_wrong_type, "the value is of a document that is no longer held");
}

csimdjson_status expect_type(csimdjson_value value, char type, const char *expected) {
    if (const auto status = expect_current(value); status != csimdjson_status_ok) {
        return status;
    }
    if (tape::type_at(value.parser->tape, value.index) != type) {
        return wrong_type(*value.parser, value.index, expected);
    }
    return csimdjson_status_ok;
}
