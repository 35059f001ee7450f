#include <stdlib.h>
#include <string.h>

#include "onednn.h"

enum { TILE_SIZES = 8 };  // 1, 2, 4, … TK_MAX_TILE

struct tk_packed_linear {
    int64_t inputs, outputs;
    tk_activation activation;
    dnnl_memory_desc_t layout;  ///< Of `weight`: the same for every row count, so that one copy serves all.
    float *weight, *bias;
};

struct tk_packed_linear_plan {
    const tk_packed_linear *layer;
    dnnl_stream_t stream;
    tk_executable tiles[TILE_SIZES];
};

/// Adds `activation` as a step fused behind the product. False when oneDNN refuses it.
static bool append_activation(dnnl_primitive_attr_t attributes, tk_activation activation) {
    dnnl_alg_kind_t algorithm;
    float alpha = 0;
    switch (activation.kind) {
    case TK_IDENTITY: return true;
    case TK_RELU: algorithm = dnnl_eltwise_relu; break;
    case TK_LEAKY_RELU: algorithm = dnnl_eltwise_relu, alpha = activation.slope; break;
    case TK_TANH: algorithm = dnnl_eltwise_tanh; break;
    case TK_SIGMOID: algorithm = dnnl_eltwise_logistic; break;
    case TK_SILU: algorithm = dnnl_eltwise_swish, alpha = 1; break;
    default: return false;
    }
    dnnl_post_ops_t steps;
    if (dnnl_post_ops_create(&steps) != dnnl_success) return false;
    bool done = dnnl_post_ops_append_eltwise(steps, 1.0f, algorithm, alpha, 0.0f) == dnnl_success &&
                dnnl_primitive_attr_set_post_ops(attributes, steps) == dnnl_success;
    dnnl_post_ops_destroy(steps);
    return done;
}

/// The description of the product for `rows` rows; NULL when oneDNN has none.
static dnnl_primitive_desc_t describe(const tk_packed_linear *layer, int64_t rows, const dnnl_memory_desc_t *layout) {
    dnnl_memory_desc_t x = tk_matrix_desc(rows, layer->inputs), y = tk_matrix_desc(rows, layer->outputs),
                       b = tk_vector_desc(layer->outputs);
    dnnl_inner_product_desc_t operation;
    if (dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_inference, &x, layout, &b, &y) != dnnl_success)
        return NULL;
    dnnl_primitive_attr_t attributes = tk_user_scratch_attributes();
    if (attributes == NULL) return NULL;
    dnnl_primitive_desc_t descriptor = NULL;
    if (!append_activation(attributes, layer->activation) ||
        dnnl_primitive_desc_create(&descriptor, &operation, attributes, tk_engine(), NULL) != dnnl_success)
        descriptor = NULL;
    dnnl_primitive_attr_destroy(attributes);
    return descriptor;
}

/// Whether the fast implementations take `layout` for every tile size. The reference loops take anything, slowly.
static bool layout_is_fast(const tk_packed_linear *layer, const dnnl_memory_desc_t *layout) {
    for (int i = 0; i < TILE_SIZES; i++) {
        dnnl_primitive_desc_t descriptor = describe(layer, (int64_t)1 << i, layout);
        if (descriptor == NULL) return false;
        const char *name = "";
        dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &name);
        bool fast = strncmp(name, "ref", 3) != 0;
        dnnl_primitive_desc_destroy(descriptor);
        if (!fast) return false;
    }
    return true;
}

tk_packed_linear *tk_packed_linear_create(int64_t inputs, int64_t outputs, const float *weight, const float *bias,
                                          tk_activation activation) {
    if (tk_engine() == NULL) return NULL;
    tk_packed_linear *layer = calloc(1, sizeof *layer);
    if (layer == NULL) return NULL;
    layer->inputs = inputs, layer->outputs = outputs, layer->activation = activation;

    const dnnl_memory_desc_t plain = tk_matrix_desc(outputs, inputs), any = tk_any_matrix_desc(outputs, inputs);
    layer->layout = plain;
    dnnl_primitive_desc_t descriptor = describe(layer, TK_MAX_TILE, &any);
    if (descriptor != NULL) {
        const dnnl_memory_desc_t *preferred = dnnl_primitive_desc_query_md(descriptor, dnnl_query_weights_md, 0);
        if (layout_is_fast(layer, preferred)) layer->layout = *preferred;
        dnnl_primitive_desc_destroy(descriptor);
    }
    layer->weight = tk_allocate_floats(dnnl_memory_desc_get_size(&layer->layout) / sizeof(float));
    layer->bias = tk_allocate_floats((size_t)outputs);
    if (layer->weight == NULL || layer->bias == NULL ||
        tk_reorder(&plain, weight, &layer->layout, layer->weight) != TK_OK) {
        tk_packed_linear_destroy(layer);
        return NULL;
    }
    memcpy(layer->bias, bias, (size_t)outputs * sizeof *bias);
    return layer;
}

void tk_packed_linear_destroy(tk_packed_linear *layer) {
    if (layer == NULL) return;
    free(layer->weight);
    free(layer->bias);
    free(layer);
}

tk_packed_linear_plan *tk_packed_linear_plan_create(const tk_packed_linear *layer) {
    tk_packed_linear_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    plan->layer = layer;
    const int kinds[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};
    bool complete = dnnl_stream_create(&plan->stream, tk_engine(), dnnl_stream_default_flags) == dnnl_success;
    for (int i = 0; complete && i < TILE_SIZES; i++) {
        dnnl_primitive_desc_t descriptor = describe(layer, (int64_t)1 << i, &layer->layout);
        complete = descriptor != NULL && tk_executable_create(&plan->tiles[i], descriptor, kinds, 4);
    }
    if (complete) return plan;
    tk_packed_linear_plan_destroy(plan);
    return NULL;
}

void tk_packed_linear_plan_destroy(tk_packed_linear_plan *plan) {
    if (plan == NULL) return;
    for (int i = 0; i < TILE_SIZES; i++) tk_executable_destroy(&plan->tiles[i]);
    if (plan->stream != NULL) dnnl_stream_destroy(plan->stream);
    free(plan);
}

tk_status tk_packed_linear_forward(tk_packed_linear_plan *plan, int64_t rows, const float *x, float *y) {
    if (rows < 1 || rows > TK_MAX_TILE || (rows & (rows - 1)) != 0) return TK_UNSUPPORTED;
    tk_executable *tile = &plan->tiles[__builtin_ctzll((unsigned long long)rows)];
    void *data[] = {(void *)x, plan->layer->weight, plan->layer->bias, y};
    return tk_executable_run(tile, plan->stream, data);
}
