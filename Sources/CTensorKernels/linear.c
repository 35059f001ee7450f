#include <stdlib.h>
#include <string.h>

#include "onednn.h"

/// Row counts seen in training: the minibatch share, the last share of an epoch, the same two for evaluation, and those
/// that are left of a share when draws of small weight have been dropped.
enum { REMEMBERED = 16 };

/// The three products of one row count, of numbers in one format.
typedef struct {
    int64_t rows;
    tk_number number;
    tk_executable forward, backward_data, backward_weights;
} products;

/// A matrix as bfloat16, in memory that grows.
typedef struct {
    uint16_t *numbers;
    size_t capacity;
} bfloat16_matrix;

struct tk_linear_plan {
    int64_t inputs, outputs;
    tk_number number;
    dnnl_stream_t stream;
    products remembered[REMEMBERED];
    int next;  ///< Slot to reuse when all are taken.
    bfloat16_matrix x, weight, dy;
    const float *converted_dy;  ///< What lies in `dy`, between the two halves of a way back.
};

/// `count` floats as bfloat16; NULL when memory is short.
static void *convert(bfloat16_matrix *matrix, size_t count, const float *x) {
    if (matrix->capacity < count) {
        free(matrix->numbers);
        matrix->capacity = 0;
        matrix->numbers = (uint16_t *)(void *)tk_allocate_scratch((count + 1) / 2);
        if (matrix->numbers == NULL) return NULL;
        matrix->capacity = count;
    }
    tk_bfloat16_from_floats(count, x, matrix->numbers);
    return matrix->numbers;
}

static void products_destroy(products *p) {
    tk_executable_destroy(&p->forward);
    tk_executable_destroy(&p->backward_data);
    tk_executable_destroy(&p->backward_weights);
    p->rows = 0;
}

static bool products_create(products *p, const tk_linear_plan *plan, int64_t rows) {
    const int64_t inputs = plan->inputs, outputs = plan->outputs;
    const dnnl_data_type_t factor = plan->number == TK_BFLOAT16 ? dnnl_bf16 : dnnl_f32;
    const dnnl_memory_desc_t x = tk_matrix_desc(rows, inputs, factor), w = tk_matrix_desc(outputs, inputs, factor),
                             dy = tk_matrix_desc(rows, outputs, factor), y = tk_matrix_desc(rows, outputs, dnnl_f32),
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
    if (complete) p->rows = rows, p->number = plan->number;
    else products_destroy(p);
    return complete;
}

/// The products for `rows`, made on first use.
static products *products_for(tk_linear_plan *plan, int64_t rows) {
    for (int i = 0; i < REMEMBERED; i++)
        if (plan->remembered[i].rows == rows && plan->remembered[i].number == plan->number)
            return &plan->remembered[i];
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
    free(plan->x.numbers);
    free(plan->weight.numbers);
    free(plan->dy.numbers);
    free(plan);
}

void tk_linear_plan_use(tk_linear_plan *plan, tk_number number) {
    plan->number = number;
    plan->converted_dy = NULL;
}

tk_status tk_linear_forward(tk_linear_plan *plan, int64_t rows, const float *x, const float *weight, const float *bias,
                            float *y) {
    if (rows == 0) return TK_OK;
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    void *data[] = {(void *)x, (void *)weight, (void *)bias, y};
    if (plan->number == TK_BFLOAT16) {
        data[0] = convert(&plan->x, (size_t)(rows * plan->inputs), x);
        data[1] = convert(&plan->weight, (size_t)(plan->inputs * plan->outputs), weight);
        plan->converted_dy = NULL;
        if (data[0] == NULL || data[1] == NULL) return TK_OUT_OF_MEMORY;
    }
    return tk_executable_run(&p->forward, plan->stream, data);
}

tk_status tk_linear_backward_data(tk_linear_plan *plan, int64_t rows, const float *dy, const float *weight, float *dx) {
    if (rows == 0) return TK_OK;
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    void *data[] = {(void *)dy, (void *)weight, dx};
    if (plan->number == TK_BFLOAT16) {
        if (plan->weight.numbers == NULL) return TK_UNSUPPORTED;  // there was no way forth
        data[0] = convert(&plan->dy, (size_t)(rows * plan->outputs), dy);
        data[1] = plan->weight.numbers;
        plan->converted_dy = dy;
        if (data[0] == NULL) return TK_OUT_OF_MEMORY;
    }
    return tk_executable_run(&p->backward_data, plan->stream, data);
}

tk_status tk_linear_backward_weights(tk_linear_plan *plan, int64_t rows, const float *x, const float *dy,
                                     float *dweight, float *dbias) {
    if (rows == 0) {
        memset(dweight, 0, (size_t)(plan->inputs * plan->outputs) * sizeof *dweight);
        memset(dbias, 0, (size_t)plan->outputs * sizeof *dbias);
        return TK_OK;
    }
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    void *data[] = {(void *)x, (void *)dy, dweight, dbias};
    if (plan->number == TK_BFLOAT16) {
        // The rows may be fewer than on the way forth.
        data[0] = convert(&plan->x, (size_t)(rows * plan->inputs), x);
        data[1] = plan->converted_dy == dy ? plan->dy.numbers : convert(&plan->dy, (size_t)(rows * plan->outputs), dy);
        plan->converted_dy = NULL;
        if (data[0] == NULL || data[1] == NULL) return TK_OUT_OF_MEMORY;
    }
    return tk_executable_run(&p->backward_weights, plan->stream, data);
}
