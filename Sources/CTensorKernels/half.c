// Sixteen-bit floating-point numbers in and out. On the bits, so that every processor's compiler vectorises it and gives
// the same.
#include <string.h>

#include "CTensorKernels.h"
#include "internal.h"

TK_INLINE float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

TK_INLINE uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// A float16 has 5 bits of exponent, biased by 15, and 10 of significand; a float32 8, biased by 127, and 23.
enum { HALF_INFINITY = 0x7c00, HALF_NORMAL = 0x0400, REBIAS = (127 - 15) << 23, FLOAT_INFINITY = 0x7f800000 };

TK_VECTORISED
void tk_floats_from_float16(size_t count, const uint16_t *in, float *out) {
    for (size_t i = 0; i < count; i++) {
        uint32_t magnitude = in[i] & 0x7fff, sign = (uint32_t)(in[i] & 0x8000) << 16;
        uint32_t normal = (magnitude << 13) + REBIAS;
        uint32_t special = (magnitude << 13) | FLOAT_INFINITY;
        uint32_t subnormal = bits_of((float)(int32_t)magnitude * 0x1p-24f);
        uint32_t bits = magnitude >= HALF_INFINITY ? special : magnitude >= HALF_NORMAL ? normal : subnormal;
        out[i] = float_of(sign | bits);
    }
}

TK_VECTORISED
void tk_float16_from_floats(size_t count, const float *in, uint16_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(in[i]), magnitude = bits & 0x7fffffff;
        // To the nearest, ties to even: what is cut off, plus just less than half of it, or half where the last bit is odd.
        uint32_t normal = (magnitude - REBIAS + 0xfff + ((magnitude >> 13) & 1)) >> 13;
        // One unit of ½ is 2⁻²⁴, the smallest float16: adding ½ rounds to such units.
        uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
        uint32_t half = magnitude > FLOAT_INFINITY ? 0x7e00          // NaN
                        : magnitude >= 0x47800000  ? HALF_INFINITY   // 65 536
                        : magnitude >= 0x38800000  ? normal          // 2⁻¹⁴; may round up to infinity
                                                   : subnormal;
        out[i] = (uint16_t)(half | (bits >> 16 & 0x8000));
    }
}

TK_VECTORISED
void tk_floats_from_bfloat16(size_t count, const uint16_t *in, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = float_of((uint32_t)in[i] << 16);
}

TK_VECTORISED
void tk_bfloat16_from_floats(size_t count, const float *in, uint16_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(in[i]);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        out[i] = (uint16_t)((bits & 0x7fffffff) > FLOAT_INFINITY ? (bits >> 16) | 0x40 : rounded);
    }
}

TK_VECTORISED
void tk_scale_and_shift(size_t count, float scale, float shift, const float *in, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = in[i] * scale + shift;
}
