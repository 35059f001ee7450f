// The tile, once for each instruction set: included by files that have defined
//   LANES           floats in a register
//   element         float, or int32_t for a pair of bfloat16
//   MULTIPLY_ADD(sum, x, weights)   sum + x · weights in every lane
//   STORE_BFLOAT16(to, value)       (where the processor can)
// No include guard, on purpose.

typedef float vector __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

#define UNROLLED _Pragma("clang loop unroll(full)")

static inline __attribute__((always_inline)) vector activated(tk_activation activation, vector value) {
    const vector zero = {0};
    if (activation.kind == TK_RELU) return (vector)((mask)value & ~(mask)(value < zero));  // keeps NaN visible
    if (activation.kind == TK_LEAKY_RELU) {
        const mask positive = (mask)(value > zero);
        return (vector)(((mask)value & positive) | ((mask)(value * activation.slope) & ~positive));
    }
    return value;
}

/// The weights of vector `j` for one k; the second panel's follow the vectors of the first.
#define WEIGHTS(j) \
    (*(const vector *)(w + (j) * LANES / TK_PANEL * next_panel + (j) * LANES % TK_PANEL * sizeof(float)))

/// R pixels by V vectors. Both are constants where this is inlined, so that the sums live in registers.
static inline __attribute__((always_inline)) void run_tile(const int R, const int V, const tk_tile *tile) {
    vector sums[TK_TILE_PIXELS * 4];
    const char *x[TK_TILE_PIXELS];
    UNROLLED
    for (int i = 0; i < R; i++) {
        x[i] = tile->x[i];
        UNROLLED
        for (int j = 0; j < V; j++) sums[i * V + j] = *(const vector *)(tile->bias + LANES * j);
    }
    const char *w = tile->weight;
    const size_t next_panel = tile->next_panel, run_bytes = tile->run_bytes, weight_step = tile->weight_step;
    for (size_t run = 0; run < tile->runs; run++) {
        for (size_t k = 0; k < run_bytes; k += sizeof(element)) {
            // Named, since the compiler keeps an array of them in memory.
            const vector w0 = WEIGHTS(0), w1 = V > 1 ? WEIGHTS(1) : w0, w2 = V > 2 ? WEIGHTS(2) : w0,
                         w3 = V > 3 ? WEIGHTS(3) : w0;
            UNROLLED
            for (int i = 0; i < R; i++) {
                element value;
                memcpy(&value, x[i] + k, sizeof value);
                sums[i * V] = MULTIPLY_ADD(sums[i * V], value, w0);
                if (V > 1) sums[i * V + 1] = MULTIPLY_ADD(sums[i * V + 1], value, w1);
                if (V > 2) sums[i * V + 2] = MULTIPLY_ADD(sums[i * V + 2], value, w2);
                if (V > 3) sums[i * V + 3] = MULTIPLY_ADD(sums[i * V + 3], value, w3);
            }
            w += weight_step;
        }
        w += tile->weight_skip;
        UNROLLED
        for (int i = 0; i < R; i++) x[i] += tile->x_step;
    }
    if (tile->adds) {
        UNROLLED
        for (int i = 0; i < R; i++) {
            UNROLLED
            for (int j = 0; j < V; j++) sums[i * V + j] += *(const vector *)(tile->y[i] + sizeof(float) * LANES * j);
        }
    }
    const tk_activation activation = tile->activation;
    if (activation.kind != TK_IDENTITY) {
        UNROLLED
        for (int i = 0; i < R * V; i++) sums[i] = activated(activation, sums[i]);
    }
#ifdef STORE_BFLOAT16
    if (tile->to_bfloat16) {
        UNROLLED
        for (int i = 0; i < R; i++) {
            UNROLLED
            for (int j = 0; j < V; j++) STORE_BFLOAT16(tile->y[i] + 2 * LANES * j, sums[i * V + j]);
        }
        return;
    }
#endif
    UNROLLED
    for (int i = 0; i < R; i++) {
        UNROLLED
        for (int j = 0; j < V; j++) *(vector *)(tile->y[i] + sizeof(float) * LANES * j) = sums[i * V + j];
    }
}

/// Defines the tile of R pixels by V vectors as `tile_R_V`.
#define TILE(R, V) \
    static void tile_##R##_##V(const tk_tile *tile) { run_tile(R, V, tile); }
