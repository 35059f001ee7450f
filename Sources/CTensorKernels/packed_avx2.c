#include <string.h>

#include "packed_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>

// 16 registers: twelve sums, two for weights, one for x.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
typedef float element;
#define MULTIPLY_ADD(sum, x, weights) (vector) _mm256_fmadd_ps(_mm256_set1_ps(x), (__m256)(weights), (__m256)(sum))
#include "packed_tile_body.h"
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(6, 2)
#pragma clang attribute pop

static const tk_tile_set tiles = {
    .form_count = 1,
    .forms = {{16, {NULL, tile_1_2, tile_2_2, tile_3_2, tile_4_2, NULL, tile_6_2}}},
};

const tk_tile_set *tk_avx2_tiles(void) { return __builtin_cpu_supports("x86-64-v3") ? &tiles : NULL; }
#else
const tk_tile_set *tk_avx2_tiles(void) { return NULL; }
#endif
