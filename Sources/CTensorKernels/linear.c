#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "onednn.h"
#include "turned_product.h"

/// Row counts seen in training: the minibatch share, the last share of an epoch, the same two for evaluation, and those
/// that are left of a share when draws of small weight have been dropped.
enum { REMEMBERED = 16 };

/// The three products of one row count, of factors in bfloat16.
typedef struct {
    int64_t rows;
    tk_executable forward, backward_data, backward_weights;
} products;

/// Memory that grows.
typedef struct {
    void *bytes;
    size_t capacity;
} room;

struct tk_linear_plan {
    int64_t inputs, outputs;
    tk_number number;
    dnnl_stream_t stream;
    products remembered[REMEMBERED];
    int next;  ///< Slot to reuse when all are taken.
    room x, weight, dy;         ///< bfloat16.
    const float *converted_dy;  ///< What lies in `dy`, between the two halves of a way back.
    room turned, sums;          ///< Transposed: a factor, and products.
};

/// At least `size` bytes of undefined content; NULL when memory is short.
static void *room_for(room *memory, size_t size) {
    if (memory->capacity < size) {
        free(memory->bytes);
        memory->bytes = tk_allocate_scratch((size + sizeof(float) - 1) / sizeof(float));
        memory->capacity = memory->bytes == NULL ? 0 : size;
    }
    return memory->bytes;
}

// MARK: - Factors in bfloat16: oneDNN

/// `count` floats as bfloat16; NULL when memory is short.
static void *convert(room *memory, size_t count, const float *x) {
    void *numbers = room_for(memory, count * sizeof(uint16_t));
    if (numbers != NULL) tk_bfloat16_from_floats(count, x, numbers);
    return numbers;
}

static void products_destroy(products *p) {
    tk_executable_destroy(&p->forward);
    tk_executable_destroy(&p->backward_data);
    tk_executable_destroy(&p->backward_weights);
    p->rows = 0;
}

static bool products_create(products *p, const tk_linear_plan *plan, int64_t rows) {
    const int64_t inputs = plan->inputs, outputs = plan->outputs;
    const dnnl_memory_desc_t x = tk_matrix_desc(rows, inputs, dnnl_bf16), w = tk_matrix_desc(outputs, inputs, dnnl_bf16),
                             dy = tk_matrix_desc(rows, outputs, dnnl_bf16), y = tk_matrix_desc(rows, outputs, dnnl_f32),
                             dx = tk_matrix_desc(rows, inputs, dnnl_f32),
                             dw = tk_matrix_desc(outputs, inputs, dnnl_f32), b = tk_vector_desc(outputs);
    dnnl_primitive_attr_t attributes = tk_user_scratch_attributes();
    if (attributes == NULL) return false;
    dnnl_inner_product_desc_t forward, data, weights;
    dnnl_primitive_desc_t forward_desc = NULL, data_desc = NULL, weights_desc = NULL;
    bool complete =
        dnnl_inner_product_forward_desc_init(&forward, dnnl_forward_training, &x, &w, &b, &y) == dnnl_success &&
        dnnl_inner_product_backward_data_desc_init(&data, &dx, &w, &dy) == dnnl_success &&
        dnnl_inner_product_backward_weights_desc_init(&weights, &x, &dw, &b, &dy) == dnnl_success &&
        dnnl_primitive_desc_create(&forward_desc, &forward, attributes, tk_engine(), NULL) == dnnl_success &&
        dnnl_primitive_desc_create(&data_desc, &data, attributes, tk_engine(), forward_desc) == dnnl_success &&
        dnnl_primitive_desc_create(&weights_desc, &weights, attributes, tk_engine(), forward_desc) == dnnl_success;
    dnnl_primitive_attr_destroy(attributes);
    // Each creation consumes its description, also when it fails.
    bool made[3] = {false, false, false};
    if (forward_desc != NULL)
        made[0] = tk_executable_create(&p->forward, forward_desc,
                                       (int[]){DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST}, 4);
    if (data_desc != NULL)
        made[1] = tk_executable_create(&p->backward_data, data_desc,
                                       (int[]){DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC}, 3);
    if (weights_desc != NULL)
        made[2] = tk_executable_create(
            &p->backward_weights, weights_desc,
            (int[]){DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS}, 4);
    complete = complete && made[0] && made[1] && made[2];
    if (complete) p->rows = rows;
    else products_destroy(p);
    return complete;
}

/// The products for `rows`, made on first use.
static products *products_for(tk_linear_plan *plan, int64_t rows) {
    for (int i = 0; i < REMEMBERED; i++)
        if (plan->remembered[i].rows == rows) return &plan->remembered[i];
    products *slot = &plan->remembered[plan->next];
    products_destroy(slot);
    if (!products_create(slot, plan, rows)) return NULL;
    plan->next = (plan->next + 1) % REMEMBERED;
    return slot;
}

tk_linear_plan *tk_linear_plan_create(int64_t inputs, int64_t outputs) {
    if (tk_engine() == NULL) return NULL;
    tk_linear_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    plan->inputs = inputs, plan->outputs = outputs;
    if (dnnl_stream_create(&plan->stream, tk_engine(), dnnl_stream_default_flags) == dnnl_success) return plan;
    free(plan);
    return NULL;
}

void tk_linear_plan_destroy(tk_linear_plan *plan) {
    if (plan == NULL) return;
    for (int i = 0; i < REMEMBERED; i++) products_destroy(&plan->remembered[i]);
    dnnl_stream_destroy(plan->stream);
    room *const rooms[] = {&plan->x, &plan->weight, &plan->dy, &plan->turned, &plan->sums};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) free(rooms[i]->bytes);
    free(plan);
}

void tk_linear_plan_use(tk_linear_plan *plan, tk_number number) {
    plan->number = number;
    plan->converted_dy = NULL;
}

static tk_status bfloat16_forward(tk_linear_plan *plan, int64_t rows, const float *x, const float *weight,
                                  const float *bias, float *y) {
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    void *data[] = {convert(&plan->x, (size_t)(rows * plan->inputs), x),
                    convert(&plan->weight, (size_t)(plan->inputs * plan->outputs), weight), (void *)bias, y};
    plan->converted_dy = NULL;
    if (data[0] == NULL || data[1] == NULL) return TK_OUT_OF_MEMORY;
    return tk_executable_run(&p->forward, plan->stream, data);
}

static tk_status bfloat16_backward_data(tk_linear_plan *plan, int64_t rows, const float *dy, float *dx) {
    products *p = products_for(plan, rows);
    if (p == NULL || plan->weight.bytes == NULL) return TK_UNSUPPORTED;  // there was no way forth
    void *data[] = {convert(&plan->dy, (size_t)(rows * plan->outputs), dy), plan->weight.bytes, dx};
    plan->converted_dy = dy;
    if (data[0] == NULL) return TK_OUT_OF_MEMORY;
    return tk_executable_run(&p->backward_data, plan->stream, data);
}

static tk_status bfloat16_backward_weights(tk_linear_plan *plan, int64_t rows, const float *x, const float *dy,
                                           float *dweight, float *dbias) {
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    // The rows may be fewer than on the way forth.
    void *data[] = {convert(&plan->x, (size_t)(rows * plan->inputs), x),
                    plan->converted_dy == dy ? plan->dy.bytes : convert(&plan->dy, (size_t)(rows * plan->outputs), dy),
                    dweight, dbias};
    plan->converted_dy = NULL;
    if (data[0] == NULL || data[1] == NULL) return TK_OUT_OF_MEMORY;
    return tk_executable_run(&p->backward_weights, plan->stream, data);
}

// MARK: - Factors in float32

static tk_status float_forward(tk_linear_plan *plan, const float *weight, const float *bias, size_t rows,
                               const float *x, float *y) {
    const size_t inputs = (size_t)plan->inputs, outputs = (size_t)plan->outputs;
    const size_t at_a_time = 64, most = tk_turned_columns(rows < at_a_time ? rows : at_a_time);
    float *turned = room_for(&plan->turned, inputs * most * sizeof *turned),
          *sums = room_for(&plan->sums, outputs * most * sizeof *sums);
    if (turned == NULL || sums == NULL) return TK_OUT_OF_MEMORY;
    for (size_t done = 0; done < rows; done += most) {
        const size_t count = rows - done < most ? rows - done : most, columns = tk_turned_columns(count);
        tk_turn(count, inputs, x + done * inputs, inputs, NULL, turned, columns);
        tk_turned_product(outputs, inputs, columns, weight, turned, sums);
        tk_turn(outputs, count, sums, columns, bias, y + done * outputs, outputs);
    }
    return TK_OK;
}

TK_VECTORISED
static void column_sums(size_t rows, size_t width, const float *x, float *sums) {
    memset(sums, 0, width * sizeof *sums);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i++) sums[i] += x[r * width + i];
}

/// c [rows, columns] = a · b, or aᵀ · b. On the way back oneDNN packs both at little cost.
static tk_status multiply(char a_form, int64_t rows, int64_t columns, int64_t depth, const float *a, const float *b,
                          float *c) {
    const dnnl_status_t status =
        dnnl_sgemm(a_form, 'N', rows, columns, depth, 1, a, a_form == 'T' ? rows : depth, b, columns, 0, c, columns);
    return status == dnnl_success ? TK_OK : TK_RUNTIME_ERROR;
}

// MARK: - Either

tk_status tk_linear_forward(tk_linear_plan *plan, int64_t rows, const float *x, const float *weight, const float *bias,
                            float *y) {
    if (rows == 0) return TK_OK;
    if (plan->number == TK_BFLOAT16) return bfloat16_forward(plan, rows, x, weight, bias, y);
    return float_forward(plan, weight, bias, (size_t)rows, x, y);
}

tk_status tk_linear_backward_data(tk_linear_plan *plan, int64_t rows, const float *dy, const float *weight, float *dx) {
    if (rows == 0) return TK_OK;
    if (plan->number == TK_BFLOAT16) return bfloat16_backward_data(plan, rows, dy, dx);
    return multiply('N', rows, plan->inputs, plan->outputs, dy, weight, dx);
}

tk_status tk_linear_backward_weights(tk_linear_plan *plan, int64_t rows, const float *x, const float *dy,
                                     float *dweight, float *dbias) {
    if (rows == 0) {
        memset(dweight, 0, (size_t)(plan->inputs * plan->outputs) * sizeof *dweight);
        memset(dbias, 0, (size_t)plan->outputs * sizeof *dbias);
        return TK_OK;
    }
    if (plan->number == TK_BFLOAT16) return bfloat16_backward_weights(plan, rows, x, dy, dweight, dbias);
    column_sums((size_t)rows, (size_t)plan->outputs, dy, dbias);
    return multiply('T', plan->outputs, plan->inputs, rows, dy, x, dweight);
}
