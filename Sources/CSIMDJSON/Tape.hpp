// simdjson's parsed document, read directly.
//
// The tape is public and documented (doc/tape.md in simdjson). A word has a type letter in its top byte and a payload
// below. Arrays and objects hold the index after their end (32 bits) and their count (24 bits, saturated), strings an
// offset into the string buffer (32-bit length, then the bytes), and numbers take a second word with the value itself.
// simdjson's own element classes cannot be made from an index, which is what a value is here, and check the type of
// every number twice.

#pragma once

#include <cstring>
#include <string_view>

#include "Parser.hpp"

namespace tape {

constexpr size_t root_index = 1;

inline char type_at(const uint64_t *words, size_t index) { return char(words[index] >> 56); }

inline bool is_number(char type) { return type == 'd' || type == 'l' || type == 'u'; }

/// The index of whatever follows the value at `index`: its sibling or the end of its container.
inline size_t after(const uint64_t *words, size_t index) {
    switch (type_at(words, index)) {
    case '[':
    case '{':
        return uint32_t(words[index]);
    case 'd':
    case 'l':
    case 'u':
        return index + 2;
    default:
        return index + 1;
    }
}

/// The number of elements of an array or fields of an object.
inline size_t count(const uint64_t *words, size_t index) {
    constexpr size_t saturated = 0xFFFFFF;
    const size_t stored = (words[index] >> 32) & saturated;
    if (stored != saturated) {
        return stored;
    }
    const bool is_object = type_at(words, index) == '{';
    const size_t end = after(words, index) - 1;
    size_t counted = 0;
    for (size_t child = index + 1; child < end; child = after(words, child)) {
        child += is_object;
        counted += 1;
    }
    return counted;
}

inline std::string_view string_at(const csimdjson_parser &parser, size_t index) {
    const uint8_t *start = parser.strings + (parser.tape[index] & 0x00FFFFFFFFFFFFFF);
    uint32_t length;
    std::memcpy(&length, start, sizeof length);
    return {reinterpret_cast<const char *>(start) + sizeof length, length};
}

template <typename Number>
inline Number number_at(const uint64_t *words, size_t index) {
    static_assert(sizeof(Number) == sizeof(uint64_t));
    Number number;
    std::memcpy(&number, &words[index + 1], sizeof number);
    return number;
}

/// Whether the value is of the document that its parser holds now.
inline bool is_current(const csimdjson_value &value) {
    return value.parser->tape != nullptr && value.generation == value.parser->generation;
}

/// The type letter of a value, or 0 when it is stale.
inline char type_of(const csimdjson_value &value) {
    return is_current(value) ? type_at(value.parser->tape, value.index) : char(0);
}

}  // namespace tape
