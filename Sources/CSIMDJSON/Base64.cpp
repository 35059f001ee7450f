// Base64 (RFC 4648), for images inside JSON.

#include <array>
#include <cstring>

#include "CSIMDJSON.h"

namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t invalid = 0xFF;

constexpr std::array<uint8_t, 256> make_values() {
    std::array<uint8_t, 256> values{};
    for (auto &value : values) {
        value = invalid;
    }
    for (uint8_t value = 0; value < 64; value += 1) {
        values[uint8_t(alphabet[value])] = value;
    }
    return values;
}

constexpr auto values = make_values();

/// Pairs of characters for 12 bits: half the steps of one character for 6.
struct Pairs {
    char text[4096][2];
};

constexpr Pairs make_pairs() {
    Pairs pairs{};
    for (int bits = 0; bits < 4096; bits += 1) {
        pairs.text[bits][0] = alphabet[bits >> 6];
        pairs.text[bits][1] = alphabet[bits & 63];
    }
    return pairs;
}

constexpr auto pairs = make_pairs();

/// The first character from `index` on that is not of the alphabet.
size_t first_invalid(const uint8_t *text, size_t index) {
    while (values[text[index]] != invalid) {
        index += 1;
    }
    return index;
}

}  // namespace

size_t csimdjson_base64_encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    uint8_t *const start = text;
    size_t index = 0;
    for (; index + 3 <= count; index += 3, text += 4) {
        const unsigned bits = unsigned(bytes[index]) << 16 | unsigned(bytes[index + 1]) << 8 | bytes[index + 2];
        std::memcpy(text, pairs.text[bits >> 12], 2);
        std::memcpy(text + 2, pairs.text[bits & 0xFFF], 2);
    }
    if (index < count) {
        const bool has_second = index + 1 < count;
        const unsigned bits = unsigned(bytes[index]) << 16 | (has_second ? unsigned(bytes[index + 1]) << 8 : 0);
        std::memcpy(text, pairs.text[bits >> 12], 2);
        text[2] = uint8_t(has_second ? alphabet[bits >> 6 & 63] : '=');
        text[3] = '=';
        text += 4;
    }
    return size_t(text - start);
}

size_t csimdjson_base64_decode(const uint8_t *text, size_t count, uint8_t *bytes, size_t *written) {
    uint8_t *const start = bytes;
    *written = 0;
    // Padding counts only where it completes a group of four; anywhere else '=' is a wrong character.
    size_t length = count;
    if (count % 4 == 0 && count > 0 && text[count - 1] == '=') {
        length -= text[count - 2] == '=' ? 2 : 1;
    }
    size_t index = 0;
    for (; index + 4 <= length; index += 4, bytes += 3) {
        const uint8_t a = values[text[index]], b = values[text[index + 1]];
        const uint8_t c = values[text[index + 2]], d = values[text[index + 3]];
        if (((a | b | c | d) & 0x80) != 0) {
            return first_invalid(text, index);
        }
        const unsigned bits = unsigned(a) << 18 | unsigned(b) << 12 | unsigned(c) << 6 | d;
        bytes[0] = uint8_t(bits >> 16);
        bytes[1] = uint8_t(bits >> 8);
        bytes[2] = uint8_t(bits);
    }
    const size_t left = length - index;
    unsigned bits = 0;
    for (size_t offset = 0; offset < left; offset += 1) {
        const uint8_t value = values[text[index + offset]];
        if (value == invalid) {
            return index + offset;
        }
        bits |= unsigned(value) << (18 - 6 * offset);
    }
    if (left == 1) {
        return count;
    }
    // Two spellings of the same bytes would be two cache keys for one image.
    if ((bits & (left == 2 ? 0xFFFF : 0xFF)) != 0 && left != 0) {
        return length - 1;
    }
    if (left >= 2) {
        *bytes++ = uint8_t(bits >> 16);
    }
    if (left == 3) {
        *bytes++ = uint8_t(bits >> 8);
    }
    *written = size_t(bytes - start);
    return SIZE_MAX;
}
