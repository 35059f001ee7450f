// Values: what they are, the fields and elements inside them, and where they stand in the document.

#include <algorithm>
#include <cstdio>

#include "Expectation.hpp"

namespace {

csimdjson_value value_at(csimdjson_parser *parser, size_t index) {
    return {parser, uint32_t(index), parser->generation};
}

/// Fills `field` from the key at `index`; false when the object ends there.
bool field_at(csimdjson_parser *parser, size_t index, csimdjson_field *field) {
    if (tape::type_at(parser->tape, index) == '}') {
        return false;
    }
    const auto key = tape::string_at(*parser, index);
    *field = {key.data(), key.size(), value_at(parser, index + 1)};
    return true;
}

/// A piece of text appended to a buffer of fixed size, cut off where it is full.
struct Path {
    char *text;
    size_t capacity;
    size_t length = 0;

    void append(std::string_view piece) {
        const size_t taken = std::min(piece.size(), capacity - 1 - length);
        std::memcpy(text + length, piece.data(), taken);
        length += taken;
        text[length] = 0;
    }

    /// A key comes from outside and ends up in replies and logs: it is kept short, on one line and whole characters.
    void append_key(std::string_view key) {
        constexpr size_t longest = 40;
        size_t taken = key.size();
        if (taken > longest) {
            taken = longest;
            while (taken > 0 && (uint8_t(key[taken]) & 0xC0) == 0x80) {
                taken -= 1;
            }
        }
        if (capacity - 1 - length < taken) {
            return;
        }
        const size_t start = length;
        append(key.substr(0, taken));
        std::replace_if(
            text + start, text + length, [](char byte) { return uint8_t(byte) < 0x20 || byte == 0x7F; }, '?');
        if (taken < key.size()) {
            append("...");
        }
    }
};

}  // namespace

csimdjson_type csimdjson_type_of(csimdjson_value value) {
    switch (tape::type_of(value)) {
    case 'n':
        return csimdjson_type_null;
    case 't':
    case 'f':
        return csimdjson_type_boolean;
    case 'd':
    case 'l':
    case 'u':
        return csimdjson_type_number;
    case '"':
        return csimdjson_type_string;
    case '[':
        return csimdjson_type_array;
    case '{':
        return csimdjson_type_object;
    default:
        return csimdjson_type_stale;
    }
}

size_t csimdjson_count(csimdjson_value value) {
    const char type = tape::type_of(value);
    return type == '[' || type == '{' ? tape::count(value.parser->tape, value.index) : 0;
}

csimdjson_status csimdjson_find(csimdjson_value object, const char *key, size_t key_length, csimdjson_value *found) {
    auto &parser = *object.parser;
    if (const auto status = expect_type(object, '{', "an object"); status != csimdjson_status_ok) {
        return status;
    }
    const std::string_view wanted(key, key_length);
    bool is_found = false;
    for (size_t index = object.index + 1; tape::type_at(parser.tape, index) != '}';
         index = tape::after(parser.tape, index + 1)) {
        if (tape::string_at(parser, index) != wanted) {
            continue;
        }
        if (is_found) {
            return parser.fail_at(index + 1, csimdjson_status_duplicate_key, "is given more than once");
        }
        *found = value_at(&parser, index + 1);
        is_found = true;
    }
    return is_found ? csimdjson_status_ok : csimdjson_status_missing;
}

bool csimdjson_first_element(csimdjson_value array, csimdjson_value *element) {
    *element = {array.parser, array.index + 1, array.generation};
    return tape::type_of(array) == '[' && tape::type_of(*element) != ']';
}

bool csimdjson_next_element(csimdjson_value *element) {
    if (!tape::is_current(*element)) {
        return false;
    }
    element->index = uint32_t(tape::after(element->parser->tape, element->index));
    return tape::type_of(*element) != ']';
}

bool csimdjson_first_field(csimdjson_value object, csimdjson_field *field) {
    return tape::type_of(object) == '{' && field_at(object.parser, object.index + 1, field);
}

bool csimdjson_next_field(csimdjson_field *field) {
    const auto &value = field->value;
    return tape::is_current(value)
        && field_at(value.parser, tape::after(value.parser->tape, value.index), field);
}

size_t csimdjson_path(csimdjson_value value, char *text, size_t capacity) {
    if (capacity == 0) {
        return 0;
    }
    Path path{text, capacity};
    text[0] = 0;
    if (!tape::is_current(value)) {
        return 0;
    }
    // Values do not carry their path: it is found again, from the root down, by the ranges that containers span.
    const auto *words = value.parser->tape;
    size_t container = tape::root_index;
    while (container != value.index) {
        const bool is_object = tape::type_at(words, container) == '{';
        size_t child = container + 1;
        size_t position = 0;
        while (tape::after(words, child + is_object) <= value.index) {
            child = tape::after(words, child + is_object);
            position += 1;
        }
        if (is_object) {
            path.append(path.length > 0 ? "." : "");
            path.append_key(tape::string_at(*value.parser, child));
        } else {
            char subscript[24];
            path.append({subscript, size_t(std::snprintf(subscript, sizeof subscript, "[%zu]", position))});
        }
        container = child + is_object;
    }
    return path.length;
}
