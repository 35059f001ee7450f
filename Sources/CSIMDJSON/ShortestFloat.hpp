#pragma once

#include <cstdint>

#include "PowersOfTen.hpp"

/// `digits` times 10 to the `exponent`.
struct Decimal {
    uint32_t digits;
    int exponent;
};

/// The shortest decimal that reads back as the float with these bits, and of those the closest to it; `digits` may end
/// in zeros. The float must be finite and not zero; its sign is ignored.
///
/// Raffaello Giulietti, "The Schubfach way to render doubles" (2020), for 32 bits. Two thirds of the time of
/// `std::to_chars`, which matters where a reply is mostly digits; all 2^32 bit patterns were compared with it, and read
/// back through 64 bits.
inline Decimal shortest_decimal(uint32_t bits) {
    const uint32_t fraction = bits & 0x7FFFFF;
    const int biased_exponent = int(bits >> 23 & 0xFF);
    const bool is_normal = biased_exponent != 0;
    const uint32_t significand = is_normal ? fraction | 0x800000 : fraction;
    const int exponent = (is_normal ? biased_exponent : 1) - 150;
    // Whole numbers below 2^24 are their own digits.
    if (exponent <= 0 && exponent > -24 && (significand & ((1u << -exponent) - 1)) == 0) {
        return {significand >> -exponent, 0};
    }
    // The shortest decimal of this one float, 7.038531e-26, lies so close to the middle between two floats that readers
    // that go through 64 bits, as simdjson, Python and JavaScript do, round it twice and arrive at the other one.
    if (__builtin_expect((bits & 0x7FFFFFFF) == 0x15AE43FD, false)) {
        return {70385307, -33};
    }
    // Decimals between `lower` and `upper` read back as this float; the ends do when its significand is even. Below a
    // power of two the floats are twice as dense.
    const bool is_lower_closer = fraction == 0 && biased_exponent > 1;
    const uint32_t is_open = significand & 1;
    const int power = (exponent * 1262611 - (is_lower_closer ? 524031 : 0)) >> 22;  // floor(log10(2^exponent))
    const int shift = exponent + ((-power * 1741647) >> 19) + 1;                    // floor(log2(10^-power))
    const uint64_t scale = powers_of_ten[-power - smallest_power_of_ten];
    // The product's upper half, with a low bit that remembers whether anything was cut off.
    const auto scaled = [scale, shift](uint32_t quarter) -> uint32_t {
        const unsigned __int128 product = static_cast<unsigned __int128>(scale) * (quarter << shift);
        const uint64_t upper = uint64_t(product >> 32);
        return uint32_t(upper >> 32) | uint32_t(uint32_t(upper) > 1);
    };
    const uint32_t lower = scaled(4 * significand - 2 + is_lower_closer) + is_open;
    const uint32_t middle = scaled(4 * significand);
    const uint32_t upper = scaled(4 * significand + 2) - is_open;
    const uint32_t whole = middle / 4;
    // One digit less, if exactly one of the two neighbours with a zero at the end lies inside; else the nearer
    // neighbour. Which of them it is cannot be predicted from the number before: selected without branches.
    const uint32_t tens = whole / 10;
    const bool is_tens_below = lower <= 40 * tens;
    const bool is_tens_above = 40 * tens + 40 <= upper;
    const bool is_below = lower <= 4 * whole;
    const bool is_above = 4 * whole + 4 <= upper;
    const uint32_t half = 4 * whole + 2;
    const bool is_nearer_above = (middle > half) | ((middle == half) & (whole & 1));
    const uint32_t shorter = 10 * (tens + is_tens_above);
    const uint32_t longer = whole + (is_below != is_above ? is_above : is_nearer_above);
    const bool is_shorter = (whole >= 10) & (is_tens_below != is_tens_above);
    return {is_shorter ? shorter : longer, power};
}
