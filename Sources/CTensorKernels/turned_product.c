#include "turned_product.h"

#include <string.h>

#include "internal.h"
#include "packed_tile.h"

/// Inputs that are multiplied before the next columns: a panel of the rows stays in the second-level cache.
enum { DEPTH = 512 };

void tk_turned_product(size_t outputs, size_t inputs, size_t columns, const float *weight, const float *turned,
                       float *sums) {
    static const float zeros[TK_TILE_OUTPUTS];
    for (size_t k = 0; k < inputs; k += DEPTH) {
        const size_t depth = inputs - k < DEPTH ? inputs - k : DEPTH;
        const tk_tile_form *form = tk_fastest_tiles()->forms;
        for (size_t column = 0; column < columns; column += (size_t)form->outputs) {
            while ((size_t)form->outputs > columns - column) form++;
            tk_tile tile = {
                .weight = (const char *)(turned + k * columns + column), .weight_step = columns * sizeof(float),
                .next_panel = TK_PANEL * sizeof(float), .bias = zeros,
                .runs = 1, .run_bytes = depth * sizeof(float), .adds = k > 0, .activation = {.kind = TK_IDENTITY},
            };
            for (size_t output = 0; output < outputs;) {
                const size_t count = tk_tile_pixels(form, outputs - output);
                for (size_t i = 0; i < count; i++, output++) {
                    tile.x[i] = (const char *)(weight + output * inputs + k);
                    tile.y[i] = (char *)(sums + output * columns + column);
                }
                form->of[count](&tile);
            }
        }
    }
}

// MARK: - Transposition

typedef float row __attribute__((vector_size(TK_TURNED * 4), aligned(4), may_alias));

/// Of two rows, alternately: blocks of `size` numbers of the one and of the other, the even or the odd ones.
#define EVEN(a, b, size) __builtin_shufflevector(a, b, PICK_##size(0))
#define ODD(a, b, size) __builtin_shufflevector(a, b, PICK_##size(size))
#define PICK_1(o) o, o + 16, o + 2, o + 18, o + 4, o + 20, o + 6, o + 22, o + 8, o + 24, o + 10, o + 26, o + 12, o + 28, \
                  o + 14, o + 30
#define PICK_2(o) o, o + 1, o + 16, o + 17, o + 4, o + 5, o + 20, o + 21, o + 8, o + 9, o + 24, o + 25, o + 12, o + 13, \
                  o + 28, o + 29
#define PICK_4(o) o, o + 1, o + 2, o + 3, o + 16, o + 17, o + 18, o + 19, o + 8, o + 9, o + 10, o + 11, o + 24, o + 25, \
                  o + 26, o + 27
#define PICK_8(o) o, o + 1, o + 2, o + 3, o + 4, o + 5, o + 6, o + 7, o + 16, o + 17, o + 18, o + 19, o + 20, o + 21, \
                  o + 22, o + 23
/// Exchanges the odd blocks of rows with a bit clear for the even blocks of those with it set.
#define EXCHANGE(size)                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TURNED; i++) {      \
        if ((i & size) != 0) continue;                                            \
        const row a = rows[i], b = rows[i + size];                                \
        rows[i] = EVEN(a, b, size), rows[i + size] = ODD(a, b, size);             \
    }

/// `bias`: a row of it.
TK_INLINE void turn_block(const float *from, size_t from_stride, const float *bias, float *to, size_t to_stride) {
    row rows[TK_TURNED];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TURNED; i++)
        rows[i] = *(const row *)(from + (size_t)i * from_stride);
    EXCHANGE(8) EXCHANGE(4) EXCHANGE(2) EXCHANGE(1)
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TURNED; i++)
        *(row *)(to + (size_t)i * to_stride) = rows[i] + *(const row *)bias;
}

size_t tk_turned_columns(size_t rows) { return (rows + TK_TURNED - 1) / TK_TURNED * TK_TURNED; }

TK_VECTORISED
void tk_turn(size_t rows, size_t columns, const float *from, size_t from_stride, const float *bias, float *to,
             size_t to_stride) {
    enum { N = TK_TURNED };
    for (size_t r = 0; r < rows; r += N) {
        const size_t height = rows - r < N ? rows - r : N;
        const size_t length = to_stride - r < N ? to_stride - r : N;
        float added[N] = {0};
        if (bias != NULL) memcpy(added, bias + r, height * sizeof *bias);
        for (size_t c = 0; c < columns; c += N) {
            const float *block = from + r * from_stride + c;
            float *transposed = to + c * to_stride + r;
            const size_t width = columns - c < N ? columns - c : N;
            if (height == N && width == N) {
                turn_block(block, from_stride, added, transposed, to_stride);
                continue;
            }
            float whole[N * N] = {0}, turned[N * N];
            for (size_t i = 0; i < height; i++) memcpy(whole + i * N, block + i * from_stride, width * sizeof *whole);
            turn_block(whole, N, added, turned, N);
            for (size_t i = 0; i < width; i++) memcpy(transposed + i * to_stride, turned + i * N, length * sizeof *turned);
        }
    }
}
