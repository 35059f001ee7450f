#include "product_in_place.h"

#include <string.h>

#include "internal.h"
#include "packed_tile.h"

/// Numbers of a row of a that are multiplied before the next columns: a panel of b stays in the second-level cache.
enum { DEPTH = 512 };

static const tk_tile_set *tiles(void) {
    const tk_tile_set *best = tk_avx512_tiles();
    if (best == NULL) best = tk_avx2_tiles();
    return best != NULL ? best : tk_plain_tiles();
}

/// The most rows, at most `left`, that one tile takes.
static size_t tile_rows(const tk_tile_form *form, size_t left) {
    size_t rows = left < TK_TILE_PIXELS ? left : TK_TILE_PIXELS;
    while (form->of[rows] == NULL) rows--;
    return rows;
}

static const float zeros[TK_TILE_OUTPUTS];

/// Asks for `length` floats of each of `rows` rows.
TK_INLINE void fetch(size_t rows, size_t length, const float *x, size_t stride) {
    const size_t line = 16;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < length; i += line) __builtin_prefetch(x + r * stride + i, 0, 2);
}

/// All rows times the first `form->outputs` columns; what comes next is asked for meanwhile.
static void run_panel(const tk_tile_form *form, tk_product_in_place p) {
    enum { START = 128 };  // floats of a row after which the processor sees where reading goes
    const size_t width = (size_t)form->outputs, start = p.depth < START ? p.depth : START;
    size_t fetched = p.columns < 2 * width ? p.depth : 0;
    tk_tile tile = {
        .weight = (const char *)p.b, .weight_step = p.b_stride * sizeof(float), .next_panel = TK_PANEL * sizeof(float),
        .bias = zeros, .runs = 1, .run_bytes = p.depth * sizeof(float), .adds = p.adds, .fetches = p.is_large,
        .activation = {.kind = TK_IDENTITY},
    };
    for (size_t row = 0; row < p.rows;) {
        const size_t count = tile_rows(form, p.rows - row);
        for (size_t i = 0; i < count; i++) {
            tile.x[i] = (const char *)(p.a + (row + i) * p.a_stride);
            tile.y[i] = (char *)(p.c + (row + i) * p.c_stride);
        }
        row += count;
        fetch(p.rows - row < count ? p.rows - row : count, start, p.a + row * p.a_stride, p.a_stride);
        const size_t due = p.depth * row / p.rows;
        if (fetched < due) {
            fetch(due - fetched, width, p.b + fetched * p.b_stride + width, p.b_stride);
            fetched = due;
        }
        form->of[count](&tile);
    }
}

/// All rows times columns that are fewer than the narrowest tile has.
static void run_edge(const tk_tile_form *form, tk_product_in_place p) {
    float b[DEPTH * TK_TILE_OUTPUTS], c[TK_TILE_PIXELS * TK_TILE_OUTPUTS];
    const size_t width = (size_t)form->outputs;
    for (size_t k = 0; k < p.depth; k++) {
        memcpy(b + k * width, p.b + k * p.b_stride, p.columns * sizeof *b);
        memset(b + k * width + p.columns, 0, (width - p.columns) * sizeof *b);
    }
    for (size_t row = 0; row < p.rows; row += TK_TILE_PIXELS) {
        const size_t count = p.rows - row < TK_TILE_PIXELS ? p.rows - row : TK_TILE_PIXELS;
        float *to = p.c + row * p.c_stride;
        if (p.adds)
            for (size_t i = 0; i < count; i++) memcpy(c + i * width, to + i * p.c_stride, p.columns * sizeof *c);
        run_panel(form, (tk_product_in_place){.rows = count, .columns = width, .depth = p.depth,
                                           .a = p.a + row * p.a_stride, .a_stride = p.a_stride,
                                           .b = b, .b_stride = width, .c = c, .c_stride = width, .adds = p.adds});
        for (size_t i = 0; i < count; i++) memcpy(to + i * p.c_stride, c + i * width, p.columns * sizeof *c);
    }
}

static void run_depth(const tk_tile_set *set, tk_product_in_place p) {
    for (int form = 0; p.columns > 0; form++) {
        const bool isLast = form + 1 == set->form_count;
        const tk_tile_form *widest = &set->forms[form];
        const size_t width = (size_t)widest->outputs;
        for (; p.columns >= width; p.columns -= width, p.b += width, p.c += width) run_panel(widest, p);
        if (isLast && p.columns > 0) return run_edge(widest, p);
    }
}

void tk_multiply_in_place(tk_product_in_place product) {
    const tk_tile_set *set = tiles();
    const size_t depth = product.depth;
    if (depth == 0 && !product.adds)
        for (size_t i = 0; i < product.rows; i++)
            memset(product.c + i * product.c_stride, 0, product.columns * sizeof *product.c);
    for (size_t done = 0; done < depth; done += DEPTH) {
        tk_product_in_place part = product;
        part.depth = depth - done < DEPTH ? depth - done : DEPTH;
        part.a += done, part.b += done * product.b_stride;
        part.adds = product.adds || done > 0;
        run_depth(set, part);
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
#define EXCHANGE(size)                                                                 \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TURNED; i++) {       \
        if ((i & size) != 0) continue;                                                 \
        const row a = rows[i], b = rows[i + size];                                     \
        rows[i] = EVEN(a, b, size), rows[i + size] = ODD(a, b, size);                  \
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

TK_VECTORISED
void tk_turn(size_t rows, size_t columns, const float *from, size_t from_stride, const float *bias, float *to,
                  size_t to_stride) {
    enum { N = TK_TURNED };
    for (size_t r = 0; r < rows; r += N) {
        const size_t height = rows - r < N ? rows - r : N;
        const size_t length = r + N <= to_stride ? N : height;  // of the rows of `to`, with zeros
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
