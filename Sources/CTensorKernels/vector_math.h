/// Transcendental functions without branches or table look-ups, so that loops over them vectorise.
/// Errors are within 2 units in the last place of float32 (measured over all inputs of the stated range).
#ifndef TK_VECTOR_MATH_H
#define TK_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

#include "internal.h"

TK_INLINE float tk_float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

TK_INLINE float tk_fabs(float x) { return x < 0 ? -x : x; }

/// e^x for any x; saturates at 2^-126 and about 2^127.5, and propagates NaN.
TK_INLINE float tk_exp(float x) {
    const float rounder = 12582912.0f;  // 1.5 · 2^23: adding it leaves the nearest integer in the low mantissa bits
    float clamped = x < -87.33654f ? -87.33654f : x;
    clamped = clamped > 88.37f ? 88.37f : clamped;
    float shifted = clamped * 1.44269504f + rounder;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    float n = shifted - rounder;
    float r = clamped - n * 0.693359375f;  // ln 2 in two parts (Cody & Waite): the first product is exact
    r = r + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;  // Cephes' minimax polynomial on |r| ≤ ½ ln 2
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    float scale = tk_float_from_bits((bits + 127u) << 23);  // the rounder's own low bits shift out
    float result = p * scale;
    return x != x ? x : result;
}

/// ln x of a positive normal number, where ln ∞ is that of 2^128; whatever else it is given comes out finite.
TK_INLINE float tk_log(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    // x = 2^n · m with m between √½ and √2: the subtraction moves √½ to the boundary of an exponent.
    int32_t n = (int32_t)(bits - 0x3f3504f3u) >> 23;
    float m = tk_float_from_bits(bits - ((uint32_t)n << 23)) - 1.0f, m2 = m * m, exponent = (float)n;
    float p = 7.0376836292e-2f;  // Cephes
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    float tail = p * m * m2 - exponent * 2.12194440e-4f - 0.5f * m2;
    return (m + tail) + exponent * 0.693359375f;
}

/// log(1 + u) for u in [0, 1], as 2·atanh(u / (2 + u)).
TK_INLINE float tk_log1p_unit(float u) {
    float s = u / (2.0f + u), s2 = s * s;
    float p = 1.0f / 13.0f;
    p = p * s2 + 1.0f / 11.0f;
    p = p * s2 + 1.0f / 9.0f;
    p = p * s2 + 1.0f / 7.0f;
    p = p * s2 + 1.0f / 5.0f;
    p = p * s2 + 1.0f / 3.0f;
    return 2.0f * (s + s * s2 * p);
}

/// 1 / (1 + e^−x), in a form that neither overflows nor loses the small tail.
TK_INLINE float tk_sigmoid(float x) {
    float e = tk_exp(-tk_fabs(x));
    float numerator = x < 0 ? e : 1.0f;
    return numerator / (1.0f + e);
}

/// tanh x; a polynomial near zero, where 1 − e^−2x would cancel.
TK_INLINE float tk_tanh(float x) {
    float a = tk_fabs(x);
    float e = tk_exp(-2.0f * a);
    float large = (1.0f - e) / (1.0f + e);
    float x2 = x * x;
    float p = -5.70498872745e-3f;  // Cephes, |x| < 0.625
    p = p * x2 + 2.06390887954e-2f;
    p = p * x2 - 5.37397155531e-2f;
    p = p * x2 + 1.33314422036e-1f;
    p = p * x2 - 3.33332819422e-1f;
    float small = p * x2 * x + x;
    return a < 0.625f ? small : (x < 0 ? -large : large);
}

/// Adds sixteen partial sums in a fixed tree: the same bits for every vector width.
TK_INLINE float tk_sum16(const float lanes[16]) {
    float s8[8], s4[4];
    for (int i = 0; i < 8; i++) s8[i] = lanes[i] + lanes[i + 8];
    for (int i = 0; i < 4; i++) s4[i] = s8[i] + s8[i + 4];
    return (s4[0] + s4[2]) + (s4[1] + s4[3]);
}

#endif
