#include "convolution.h"

#include <stdlib.h>
#include <string.h>

#include "onednn.h"

/// Row counts seen in training: the minibatch share, the last share of an epoch, and the same two for evaluation.
enum { REMEMBERED = 4 };
/// Up to this many channels are computed by one product and `tk_add_windows`: oneDNN's kernels compute a vector's worth
/// of channels however few there are (32 channels of 32×32 to 64×64, 64 rows: one channel 2.4 ms against 10.0 ms, three
/// 4.4 against 10.2; eight would be even).
enum { FEW_CHANNELS = 4 };
/// Floats of windows that are computed before they are added up, so that they stay in the second-level cache.
enum { WINDOW_FLOATS = 1 << 16 };

/// A primitive, and the way of the weights between PyTorch's layout and the one it wants; `pack` is empty if these are
/// the same.
typedef struct {
    tk_executable run, pack;
    float *packed;
} product;

/// The products of one row count, each made on first use.
typedef struct {
    int64_t rows;
    product to_narrow, to_wide, weights;
} products;

/// Everything is seen as a convolution from a wide image to a narrow one, with weights [narrow, wide, kernel, kernel];
/// a transposed layer runs it backwards.
struct tk_convolution_plan {
    bool transposed;
    tk_image wide, narrow;
    int64_t kernel, stride, padding;
    dnnl_stream_t stream;
    products remembered[REMEMBERED];
    int next;              ///< Slot to reuse when all are taken.
    float *windows, *taps; ///< Of `few_to_wide`.
};

static void product_destroy(product *p) {
    tk_executable_destroy(&p->run);
    tk_executable_destroy(&p->pack);
    free(p->packed);
    p->packed = NULL;
}

static void products_destroy(products *p) {
    product_destroy(&p->to_narrow);
    product_destroy(&p->to_wide);
    product_destroy(&p->weights);
    p->rows = 0;
}

/// Descriptions of all that takes part, for `rows` rows.
typedef struct {
    dnnl_memory_desc_t wide, narrow, any_weight, plain_weight, bias;
    dnnl_dims_t strides, paddings;
} descriptions;

static descriptions describe(const tk_convolution_plan *plan, int64_t rows) {
    const tk_image w = plan->wide, n = plan->narrow;
    const dnnl_dims_t weight = {n.channels, w.channels, plan->kernel, plan->kernel};
    descriptions d = {.strides = {plan->stride, plan->stride}, .paddings = {plan->padding, plan->padding}};
    dnnl_memory_desc_init_by_tag(&d.wide, 4, (dnnl_dims_t){rows, w.channels, w.height, w.width}, dnnl_f32, dnnl_nhwc);
    dnnl_memory_desc_init_by_tag(&d.narrow, 4, (dnnl_dims_t){rows, n.channels, n.height, n.width}, dnnl_f32, dnnl_nhwc);
    dnnl_memory_desc_init_by_tag(&d.any_weight, 4, weight, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&d.plain_weight, 4, weight, dnnl_f32, dnnl_oihw);
    d.bias = tk_vector_desc(n.channels);
    return d;
}

/// The forward convolution, which the descriptions of the other two products refer to. NULL when oneDNN refuses.
static dnnl_primitive_desc_t describe_forward(const descriptions *d, bool has_bias, dnnl_primitive_attr_t attributes) {
    dnnl_convolution_desc_t forward;
    dnnl_primitive_desc_t descriptor = NULL;
    if (dnnl_convolution_forward_desc_init(&forward, dnnl_forward_training, dnnl_convolution_direct, &d->wide,
                                           &d->any_weight, has_bias ? &d->bias : NULL, &d->narrow, d->strides,
                                           d->paddings, d->paddings) != dnnl_success ||
        dnnl_primitive_desc_create(&descriptor, &forward, attributes, tk_engine(), NULL) != dnnl_success)
        return NULL;
    return descriptor;
}

static dnnl_primitive_desc_t describe_to_wide(const descriptions *d, dnnl_primitive_attr_t attributes,
                                              dnnl_primitive_desc_t forward) {
    dnnl_convolution_desc_t data;
    dnnl_primitive_desc_t descriptor = NULL;
    if (dnnl_convolution_backward_data_desc_init(&data, dnnl_convolution_direct, &d->wide, &d->any_weight, &d->narrow,
                                                 d->strides, d->paddings, d->paddings) != dnnl_success ||
        dnnl_primitive_desc_create(&descriptor, &data, attributes, tk_engine(), forward) != dnnl_success)
        return NULL;
    return descriptor;
}

static dnnl_primitive_desc_t describe_weights(const descriptions *d, bool has_bias, dnnl_primitive_attr_t attributes,
                                              dnnl_primitive_desc_t forward) {
    dnnl_convolution_desc_t weights;
    dnnl_primitive_desc_t descriptor = NULL;
    if (dnnl_convolution_backward_weights_desc_init(&weights, dnnl_convolution_direct, &d->wide, &d->any_weight,
                                                    has_bias ? &d->bias : NULL, &d->narrow, d->strides, d->paddings,
                                                    d->paddings) != dnnl_success ||
        dnnl_primitive_desc_create(&descriptor, &weights, attributes, tk_engine(), forward) != dnnl_success)
        return NULL;
    return descriptor;
}

/// The reorder between the plain layout and `wanted`, and the memory for the latter; nothing if they are equal.
static bool create_pack(product *p, const dnnl_memory_desc_t *plain, const dnnl_memory_desc_t *wanted, bool unpack,
                        dnnl_primitive_attr_t attributes) {
    if (dnnl_memory_desc_equal(plain, wanted)) return true;
    dnnl_primitive_desc_t reorder;
    p->packed = tk_allocate_floats(dnnl_memory_desc_get_size(wanted) / sizeof(float));
    return p->packed != NULL &&
           dnnl_reorder_primitive_desc_create(&reorder, unpack ? wanted : plain, tk_engine(), unpack ? plain : wanted,
                                              tk_engine(), attributes) == dnnl_success &&
           tk_executable_create(&p->pack, reorder, (int[]){DNNL_ARG_FROM, DNNL_ARG_TO}, 2);
}

typedef enum { TO_NARROW, TO_WIDE, WEIGHTS } product_kind;

static bool product_create(product *p, product_kind kind, const tk_convolution_plan *plan, int64_t rows) {
    static const int arguments[][4] = {
        [TO_NARROW] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
        [TO_WIDE] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC},
        [WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS},
    };
    const descriptions d = describe(plan, rows);
    const bool has_bias = !plan->transposed;
    dnnl_primitive_attr_t attributes = tk_user_scratch_attributes();
    if (attributes == NULL) return false;
    dnnl_primitive_desc_t forward = describe_forward(&d, has_bias, attributes), descriptor = NULL;
    bool complete = false;
    if (forward != NULL) {
        descriptor = kind == TO_NARROW ? forward
                     : kind == TO_WIDE ? describe_to_wide(&d, attributes, forward)
                                       : describe_weights(&d, has_bias, attributes, forward);
        const int weight = kind == WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
        if (descriptor != NULL) {
            const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, weight);
            complete = create_pack(p, &d.plain_weight, wanted, kind == WEIGHTS, attributes);
            const int count = kind == TO_WIDE || !has_bias ? 3 : 4;
            // Consumes its description, also when it fails.
            if (complete) complete = tk_executable_create(&p->run, descriptor, arguments[kind], count);
            else dnnl_primitive_desc_destroy(descriptor);
        }
        if (kind != TO_NARROW) dnnl_primitive_desc_destroy(forward);
    }
    dnnl_primitive_attr_destroy(attributes);
    if (!complete) product_destroy(p);
    return complete;
}

/// The product of `kind` for `rows`, made on first use; NULL when oneDNN refuses.
static product *product_for(tk_convolution_plan *plan, product_kind kind, int64_t rows) {
    products *slot = NULL;
    for (int i = 0; i < REMEMBERED; i++)
        if (plan->remembered[i].rows == rows) slot = &plan->remembered[i];
    if (slot == NULL) {
        slot = &plan->remembered[plan->next];
        plan->next = (plan->next + 1) % REMEMBERED;
        products_destroy(slot);
        slot->rows = rows;
    }
    product *p = kind == TO_NARROW ? &slot->to_narrow : kind == TO_WIDE ? &slot->to_wide : &slot->weights;
    return p->run.primitive != NULL || product_create(p, kind, plan, rows) ? p : NULL;
}

tk_convolution_plan *tk_convolution_plan_create(tk_convolution_shape shape) {
    if (tk_engine() == NULL || shape.inputs > TK_MAX_CHANNELS || shape.outputs > TK_MAX_CHANNELS) return NULL;
    tk_convolution_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    const tk_image input = {shape.inputs, shape.input_height, shape.input_width};
    const tk_image output = {shape.outputs, shape.output_height, shape.output_width};
    plan->transposed = shape.transposed;
    plan->wide = shape.transposed ? output : input, plan->narrow = shape.transposed ? input : output;
    plan->kernel = shape.kernel, plan->stride = shape.stride, plan->padding = shape.padding;
    if (dnnl_stream_create(&plan->stream, tk_engine(), dnnl_stream_default_flags) == dnnl_success) return plan;
    free(plan);
    return NULL;
}

void tk_convolution_plan_destroy(tk_convolution_plan *plan) {
    if (plan == NULL) return;
    for (int i = 0; i < REMEMBERED; i++) products_destroy(&plan->remembered[i]);
    dnnl_stream_destroy(plan->stream);
    free(plan->windows);
    free(plan->taps);
    free(plan);
}

static size_t pixels(int64_t rows, tk_image image) { return (size_t)(rows * image.height * image.width); }

/// `weight` in the layout `p` wants.
static tk_status pack(product *p, dnnl_stream_t stream, const float **weight) {
    if (p->packed == NULL) return TK_OK;
    tk_status status = tk_executable_run(&p->pack, stream, (void *[]){(void *)*weight, p->packed});
    *weight = p->packed;
    return status;
}

static tk_status to_narrow(tk_convolution_plan *plan, int64_t rows, const float *wide, const float *weight,
                           const float *bias, float *narrow) {
    product *p = product_for(plan, TO_NARROW, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    tk_status status = pack(p, plan->stream, &weight);
    if (status != TK_OK) return status;
    void *data[] = {(void *)wide, (void *)weight, narrow, (void *)bias};
    return tk_executable_run(&p->run, plan->stream, data);
}

/// One product gives what each narrow pixel adds to its window; then the windows are added up.
static tk_status few_to_wide(tk_convolution_plan *plan, int64_t rows, const float *narrow, const float *weight,
                             const float *bias, float *wide) {
    const tk_image w = plan->wide, n = plan->narrow;
    const int64_t taps = plan->kernel * plan->kernel, columns = taps * w.channels;
    const int64_t positions = n.height * n.width, row_floats = positions * columns;
    const int64_t batch = row_floats < WINDOW_FLOATS ? WINDOW_FLOATS / row_floats : 1;
    if (plan->windows == NULL) plan->windows = tk_allocate_scratch((size_t)(batch * row_floats));
    if (plan->taps == NULL) plan->taps = tk_allocate_scratch((size_t)(n.channels * columns));
    if (plan->windows == NULL || plan->taps == NULL) return TK_OUT_OF_MEMORY;
    tk_transpose((size_t)n.channels, (size_t)w.channels, (size_t)taps, weight, plan->taps);
    for (int64_t row = 0; row < rows; row += batch) {
        const int64_t count = rows - row < batch ? rows - row : batch;
        if (dnnl_sgemm('N', 'N', count * positions, columns, n.channels, 1, narrow + row * positions * n.channels,
                       n.channels, plan->taps, columns, 0, plan->windows, columns) != dnnl_success)
            return TK_RUNTIME_ERROR;
        for (int64_t i = 0; i < count; i++)
            tk_add_windows(w, n, plan->kernel, plan->stride, plan->padding, plan->windows + i * row_floats, bias,
                           wide + (row + i) * (int64_t)pixels(1, w) * w.channels);
    }
    return TK_OK;
}

/// `bias` may be NULL.
static tk_status to_wide(tk_convolution_plan *plan, int64_t rows, const float *narrow, const float *weight,
                         const float *bias, float *wide) {
    if (plan->wide.channels <= FEW_CHANNELS) return few_to_wide(plan, rows, narrow, weight, bias, wide);
    product *p = product_for(plan, TO_WIDE, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    tk_status status = pack(p, plan->stream, &weight);
    if (status != TK_OK) return status;
    status = tk_executable_run(&p->run, plan->stream, (void *[]){(void *)narrow, (void *)weight, wide});
    if (status == TK_OK && bias != NULL)
        tk_add_bias(pixels(rows, plan->wide), (size_t)plan->wide.channels, bias, wide);
    return status;
}

tk_status tk_convolution_forward(tk_convolution_plan *plan, int64_t rows, const float *x, const float *weight,
                                 const float *bias, float *y) {
    if (rows == 0) return TK_OK;
    return (plan->transposed ? to_wide : to_narrow)(plan, rows, x, weight, bias, y);
}

tk_status tk_convolution_backward_data(tk_convolution_plan *plan, int64_t rows, const float *dy, const float *weight,
                                       float *dx) {
    if (rows == 0) return TK_OK;
    return (plan->transposed ? to_narrow : to_wide)(plan, rows, dy, weight, NULL, dx);
}

tk_status tk_convolution_backward_weights(tk_convolution_plan *plan, int64_t rows, const float *x, const float *dy,
                                          float *dweight, float *dbias) {
    const tk_image output = plan->transposed ? plan->wide : plan->narrow;
    if (rows == 0) {
        const int64_t weights = plan->wide.channels * plan->narrow.channels * plan->kernel * plan->kernel;
        memset(dweight, 0, (size_t)weights * sizeof *dweight);
        memset(dbias, 0, (size_t)output.channels * sizeof *dbias);
        return TK_OK;
    }
    product *p = product_for(plan, WEIGHTS, rows);
    if (p == NULL) return TK_UNSUPPORTED;
    const float *wide = plan->transposed ? dy : x, *narrow = plan->transposed ? x : dy;
    void *data[] = {(void *)wide, (void *)narrow, p->packed == NULL ? dweight : p->packed, dbias};
    tk_status status = tk_executable_run(&p->run, plan->stream, data);
    if (status == TK_OK && p->packed != NULL)
        status = tk_executable_run(&p->pack, plan->stream, (void *[]){p->packed, dweight});
    if (status == TK_OK && plan->transposed)
        tk_channel_sums(pixels(rows, output), (size_t)output.channels, dy, dbias);
    return status;
}
