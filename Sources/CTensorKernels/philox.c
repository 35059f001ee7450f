#include <math.h>
#include <string.h>

#include "CTensorKernels.h"
#include "internal.h"

// Bits must not depend on the processor: a fused multiply-add here would change them.
#pragma STDC FP_CONTRACT OFF

TK_INLINE void philox(uint32_t c[4], uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[0] = n0, c[1] = (uint32_t)p1, c[2] = n2, c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
}

void tk_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t output[4]) {
    for (int i = 0; i < 4; i++) output[i] = counter[i];
    philox(output, key[0], key[1]);
}

/// ln of u = (bits + ½) / 2³², exact to about 1e-13: exponent, then 2·atanh on the mantissa in [√½, √2).
TK_INLINE double log_uniform(uint32_t bits) {
    double u = ((double)bits + 0.5) * 0x1p-32;
    uint64_t raw;
    __builtin_memcpy(&raw, &u, sizeof raw);
    // Subtracting √½'s bits first moves the cut between two exponents from 1 to √½.
    uint64_t shifted = raw - 0x3FE6A09E667F3BCDull;
    int64_t exponent = (int64_t)shifted >> 52;
    uint64_t mantissa = raw - ((uint64_t)exponent << 52);
    double m;
    __builtin_memcpy(&m, &mantissa, sizeof m);
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double p = 1.0 / 15.0;
    p = p * s2 + 1.0 / 13.0;
    p = p * s2 + 1.0 / 11.0;
    p = p * s2 + 1.0 / 9.0;
    p = p * s2 + 1.0 / 7.0;
    p = p * s2 + 1.0 / 5.0;
    p = p * s2 + 1.0 / 3.0;
    return (double)(int32_t)exponent * 0.69314718055994530942 + 2.0 * (s + s * s2 * p);
}

/// cos and sin of 2π·bits/2³². The quadrant is in the two highest bits, so the reduction is exact.
TK_INLINE void cos_sin_turn(uint32_t bits, double *cosine, double *sine) {
    // Nearest quarter turn, and the rest in [−⅛, ⅛) of a turn.
    uint32_t quadrant = (bits + 0x20000000u) >> 30;
    int32_t rest = (int32_t)(bits - (quadrant << 30));
    double t = (double)rest * (6.283185307179586477 * 0x1p-32), t2 = t * t;
    double s = 1.0 / 6227020800.0;  // Taylor series: the first omitted term is below 1e-15 for |t| ≤ π/4
    s = s * t2 - 1.0 / 39916800.0;
    s = s * t2 + 1.0 / 362880.0;
    s = s * t2 - 1.0 / 5040.0;
    s = s * t2 + 1.0 / 120.0;
    s = s * t2 - 1.0 / 6.0;
    s = t + t * t2 * s;
    double c = 1.0 / 479001600.0;
    c = c * t2 - 1.0 / 3628800.0;
    c = c * t2 + 1.0 / 40320.0;
    c = c * t2 - 1.0 / 720.0;
    c = c * t2 + 1.0 / 24.0;
    c = c * t2 - 0.5;
    c = 1.0 + t2 * c;
    double swapped_c = quadrant & 1 ? s : c, swapped_s = quadrant & 1 ? c : s;
    *cosine = (quadrant + 1) & 2 ? -swapped_c : swapped_c;
    *sine = quadrant & 2 ? -swapped_s : swapped_s;
}

/// Four normals by Box & Muller (1958) from one Philox block.
TK_INLINE void normal_block(const uint32_t x[4], float out[4]) {
    for (int pair = 0; pair < 2; pair++) {
        double radius = sqrt(-2.0 * log_uniform(x[2 * pair])), cosine, sine;
        cos_sin_turn(x[2 * pair + 1], &cosine, &sine);
        out[2 * pair] = (float)(radius * cosine);
        out[2 * pair + 1] = (float)(radius * sine);
    }
}

TK_VECTORISED
static void normal_row(tk_stream stream, uint32_t row, size_t width, float *out) {
    const uint32_t k0 = (uint32_t)stream.seed, k1 = (uint32_t)(stream.seed >> 32);
    for (size_t i = 0; i < width; i += 4) {
        uint32_t x[4] = {(uint32_t)(i / 4), row, stream.draw, stream.domain};
        philox(x, k0, k1);
        if (i + 4 <= width) {
            normal_block(x, out + i);
        } else {
            float last[4];
            normal_block(x, last);
            for (size_t k = i; k < width; k++) out[k] = last[k - i];
        }
    }
}

void tk_normals(tk_stream stream, uint32_t first_row, size_t rows, size_t width, float *out) {
    for (size_t r = 0; r < rows; r++) normal_row(stream, first_row + (uint32_t)r, width, out + r * width);
}

void tk_normals_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *out) {
    for (size_t r = 0; r < rows; r++) normal_row(stream, row_indices[r], width, out + r * width);
}

/// Four numbers uniform in [0, 1), of 24 bits each: those from 4 · `block` on of a stream row.
TK_INLINE void uniform_block(tk_stream stream, uint32_t row, size_t block, float out[4]) {
    uint32_t x[4] = {(uint32_t)block, row, stream.draw, stream.domain};
    philox(x, (uint32_t)stream.seed, (uint32_t)(stream.seed >> 32));
    for (int k = 0; k < 4; k++) out[k] = (float)(x[k] >> 8) * 0x1p-24f;
}

TK_VECTORISED
static void bernoulli_row(tk_stream stream, uint32_t row, size_t width, float *values) {
    for (size_t i = 0; i < width; i += 4) {
        float u[4];
        uniform_block(stream, row, i / 4, u);
        const size_t end = width - i < 4 ? width - i : 4;
        for (size_t k = 0; k < end; k++) values[i + k] = u[k] < values[i + k] ? 1.0f : 0.0f;
    }
}

void tk_bernoulli_draws_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *values) {
    for (size_t r = 0; r < rows; r++) bernoulli_row(stream, row_indices[r], width, values + r * width);
}

TK_VECTORISED
static void uniform_row(tk_stream stream, uint32_t row, size_t width, float *out) {
    for (size_t i = 0; i < width; i += 4) {
        float u[4];
        uniform_block(stream, row, i / 4, u);
        memcpy(out + i, u, (width - i < 4 ? width - i : 4) * sizeof *u);
    }
}

void tk_uniforms_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *out) {
    for (size_t r = 0; r < rows; r++) uniform_row(stream, row_indices[r], width, out + r * width);
}
