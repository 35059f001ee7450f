#include <stdlib.h>
#include <string.h>

#include "onednn.h"

/// Row counts seen in training: the minibatch share, the last share of an epoch, and the same two for evaluation.
enum { REMEMBERED = 4 };

/// The three products of one row count.
typedef struct {
    int64_t rows;
    tk_executable forward, backward_data, backward_weights;
} products;

struct tk_linear_plan {
    int64_t inputs, outputs;
    dnnl_stream_t stream;
    products remembered[REMEMBERED];
    int next;  ///< Slot to reuse when all are taken.
};

static void products_destroy(products *p) {
    tk_executable_destroy(&p->forward);
    tk_executable_destroy(&p->backward_data);
    tk_executable_destroy(&p->backward_weights);
    p->rows = 0;
}

static bool products_create(products *p, int64_t rows, int64_t inputs, int64_t outputs) {
    const dnnl_memory_desc_t x = tk_matrix_desc(rows, inputs), y = tk_matrix_desc(rows, outputs),
                             w = tk_matrix_desc(outputs, inputs), b = tk_vector_desc(outputs);
    dnnl_primitive_attr_t attributes = tk_user_scratch_attributes();
    if (attributes == NULL) return false;
    dnnl_inner_product_desc_t forward, data, weights;
    dnnl_primitive_desc_t forward_desc = NULL, data_desc = NULL, weights_desc = NULL;
    bool complete =
        dnnl_inner_product_forward_desc_init(&forward, dnnl_forward_training, &x, &w, &b, &y) == dnnl_success &&
        dnnl_inner_product_backward_data_desc_init(&data, &x, &w, &y) == dnnl_success &&
        dnnl_inner_product_backward_weights_desc_init(&weights, &x, &w, &b, &y) == dnnl_success &&
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
    if (!products_create(slot, rows, plan->inputs, plan->outputs)) return NULL;
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
    free(plan);
}

tk_status tk_linear_forward(tk_linear_plan *plan, int64_t rows, const float *x, const float *weight, const float *bias,
                            float *y) {
    if (rows == 0) return TK_OK;
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    return tk_executable_run(&p->forward, plan->stream, (void *[]){(void *)x, (void *)weight, (void *)bias, y});
}

tk_status tk_linear_backward_data(tk_linear_plan *plan, int64_t rows, const float *dy, const float *weight, float *dx) {
    if (rows == 0) return TK_OK;
    products *p = products_for(plan, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    return tk_executable_run(&p->backward_data, plan->stream, (void *[]){(void *)dy, (void *)weight, dx});
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
    return tk_executable_run(&p->backward_weights, plan->stream, (void *[]){(void *)x, (void *)dy, dweight, dbias});
}
