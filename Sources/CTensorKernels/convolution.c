#include "convolution.h"

#include <stdlib.h>
#include <string.h>

#include "onednn.h"

/// Row counts seen in training: the minibatch share, the last share of an epoch, and the same two for evaluation; and
/// of each, the blocks and the last of them.
enum { REMEMBERED = 8 };
/// Floats of the larger image of a block of rows: what a block's product has written is in the second-level cache when
/// the bias and the activation come to it.
enum { BLOCK_FLOATS = 1 << 16 };
/// From so many narrow pixels on, the packed products of inference, which are faster (32 channels of 32×32 to 16×16, 64
/// rows: 5.2 ms against 5.7), are worth the packing.
enum { PACKING_PIXELS = 8192 };

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
    tk_activation before, after;
    dnnl_stream_t stream;
    products remembered[REMEMBERED];
    int next;            ///< Slot to reuse when all are taken.
    float *packed_scratch;  ///< Of packed products; NULL until one is used.
    float *zeros;        ///< A bias for packed products on the way back.
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
    plan->before = shape.before, plan->after = shape.after;
    if (dnnl_stream_create(&plan->stream, tk_engine(), dnnl_stream_default_flags) == dnnl_success) return plan;
    free(plan);
    return NULL;
}

void tk_convolution_plan_destroy(tk_convolution_plan *plan) {
    if (plan == NULL) return;
    for (int i = 0; i < REMEMBERED; i++) products_destroy(&plan->remembered[i]);
    dnnl_stream_destroy(plan->stream);
    free(plan->packed_scratch);
    free(plan->zeros);
    free(plan);
}

static size_t pixels(int64_t rows, tk_image image) { return (size_t)(rows * image.height * image.width); }
static size_t floats(int64_t rows, tk_image image) { return pixels(rows, image) * (size_t)image.channels; }

/// What becomes of a product's result y: y + bias (unless NULL), then activation(y); or, on the way back, y times the
/// activation's derivative where it gave `made`.
typedef struct {
    const float *bias;
    tk_activation activation;
    const float *made;
} ending;

/// The same for rows that begin `row` rows later, where a row of the result is like `image`.
static ending later(ending end, int64_t row, tk_image image) {
    if (end.made != NULL) end.made += floats(row, image);
    return end;
}

static void finish(ending end, int64_t rows, tk_image image, float *y) {
    if (end.bias != NULL) tk_add_bias(pixels(rows, image), (size_t)image.channels, end.bias, y);
    if (end.activation.kind == TK_IDENTITY) return;
    const size_t count = floats(rows, image);
    if (end.made == NULL) tk_activation_forward(end.activation, count, y, y);
    else tk_activation_backward(end.activation, count, end.made, end.made, y, y);
}

static int64_t block_rows(const tk_convolution_plan *plan, int64_t rows) {
    const size_t larger = floats(1, plan->wide) > floats(1, plan->narrow) ? floats(1, plan->wide) : floats(1, plan->narrow);
    const int64_t block = larger < BLOCK_FLOATS ? (int64_t)(BLOCK_FLOATS / larger) : 1;
    return block < rows ? block : rows;
}

/// Whether a product from `input` to `output` is one for the packed kernels.
static bool is_packed(const tk_convolution_plan *plan, product_kind kind, int64_t rows) {
    if (kind == TO_NARROW) return pixels(rows, plan->narrow) >= PACKING_PIXELS;
    // oneDNN's kernels compute a vector's worth of channels however few there are.
    return tk_packed_may_be_planar((tk_window){
        .input = plan->narrow, .output = plan->wide, .kernel_height = plan->kernel, .kernel_width = plan->kernel,
        .vertical_stride = plan->stride, .horizontal_stride = plan->stride, .top_padding = plan->padding,
        .left_padding = plan->padding, .transposed = true,
    });
}

/// A product by the kernels of inference, packed for this call; the weights have changed since the last.
static tk_status run_packed(tk_convolution_plan *plan, product_kind kind, int64_t rows, const float *x,
                            const float *weight, ending end, float *y) {
    const bool is_transposed = kind == TO_WIDE;
    const tk_image input = is_transposed ? plan->narrow : plan->wide, output = is_transposed ? plan->wide : plan->narrow;
    const tk_window window = {
        .input = input, .output = output, .kernel_height = plan->kernel, .kernel_width = plan->kernel,
        .vertical_stride = plan->stride, .horizontal_stride = plan->stride, .top_padding = plan->padding,
        .left_padding = plan->padding, .transposed = is_transposed,
    };
    if (end.bias == NULL && plan->zeros == NULL) plan->zeros = tk_allocate_floats((size_t)output.channels);
    const float *bias = end.bias != NULL ? end.bias : plan->zeros;
    tk_packed_options options = {.instructions = TK_FASTEST};
    if (end.made == NULL) options.activation = end.activation, end.activation.kind = TK_IDENTITY;
    tk_packed *packed = bias == NULL ? NULL : tk_packed_convolution_create(window, weight, bias, options);
    if (packed == NULL) return TK_OUT_OF_MEMORY;
    const size_t scratch = tk_packed_scratch_bytes(packed);
    if (scratch > 0 && plan->packed_scratch == NULL)
        plan->packed_scratch = tk_allocate_scratch((scratch + sizeof(float) - 1) / sizeof(float));
    tk_status status = scratch > 0 && plan->packed_scratch == NULL ? TK_OUT_OF_MEMORY : TK_OK;
    end.bias = NULL;
    const int64_t block = block_rows(plan, rows);
    for (int64_t row = 0; status == TK_OK && row < rows; row += block) {
        const int64_t count = rows - row < block ? rows - row : block;
        tk_packed_run(packed, (size_t)count, x + floats(row, input), y + floats(row, output), plan->packed_scratch);
        finish(later(end, row, output), count, output, y + floats(row, output));
    }
    tk_packed_destroy(packed);
    return status;
}

/// A product by oneDNN, which adds the bias by itself where the layer is no transposed one.
static tk_status run_blocks(tk_convolution_plan *plan, product_kind kind, int64_t rows, const float *x,
                            const float *weight, ending end, float *y) {
    const tk_image input = kind == TO_WIDE ? plan->narrow : plan->wide, output = kind == TO_WIDE ? plan->wide : plan->narrow;
    const float *bias = end.bias;
    if (kind == TO_NARROW) end.bias = NULL;
    // Narrow images are small: there blocks gained nothing.
    const bool ends = end.bias != NULL || end.activation.kind != TK_IDENTITY;
    const int64_t block = ends && kind == TO_WIDE ? block_rows(plan, rows) : rows;
    const float *packed = NULL;
    for (int64_t row = 0; row < rows; row += block) {
        const int64_t count = rows - row < block ? rows - row : block;
        product *p = product_for(plan, kind, count);
        if (p == NULL) return TK_UNSUPPORTED;
        // Blocks of one size have one layout of the weights; that of the last block may be another.
        if (p->packed != NULL && (packed == NULL || p->packed != packed)) {
            tk_status status = tk_executable_run(&p->pack, plan->stream, (void *[]){(void *)weight, p->packed});
            if (status != TK_OK) return status;
            packed = p->packed;
        }
        void *data[] = {(void *)(x + floats(row, input)), p->packed != NULL ? p->packed : (void *)weight,
                        y + floats(row, output), (void *)bias};
        tk_status status = tk_executable_run(&p->run, plan->stream, data);
        if (status != TK_OK) return status;
        finish(later(end, row, output), count, output, y + floats(row, output));
    }
    return TK_OK;
}

static tk_status run(tk_convolution_plan *plan, product_kind kind, int64_t rows, const float *x, const float *weight,
                     ending end, float *y) {
    return (is_packed(plan, kind, rows) ? run_packed : run_blocks)(plan, kind, rows, x, weight, end, y);
}

tk_status tk_convolution_forward(tk_convolution_plan *plan, int64_t rows, const float *x, const float *weight,
                                 const float *bias, float *y) {
    if (rows == 0) return TK_OK;
    const ending end = {.bias = bias, .activation = plan->after};
    return run(plan, plan->transposed ? TO_WIDE : TO_NARROW, rows, x, weight, end, y);
}

tk_status tk_convolution_backward_data(tk_convolution_plan *plan, int64_t rows, const float *dy, const float *weight,
                                       const float *x, float *dx) {
    if (rows == 0) return TK_OK;
    const ending end = {.activation = plan->before, .made = x};
    return run(plan, plan->transposed ? TO_NARROW : TO_WIDE, rows, dy, weight, end, dx);
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
