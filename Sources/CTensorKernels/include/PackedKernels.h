/// Part of CTensorKernels.h, which includes it behind the types that it needs.
#ifndef CTENSOR_KERNELS_PACKED_H
#define CTENSOR_KERNELS_PACKED_H

#pragma clang assume_nonnull begin

// MARK: - Inference: weights packed once, activation fused, images channels-last ([H, W, C]) in between

/// How numbers are stored. An operation multiplies in the format of its input, and always adds up in float32.
typedef enum {
    TK_FLOAT32 = 0,
    TK_BFLOAT16 = 1,  ///< The upper half of a float32: eight bits of precision, twice the products per cycle.
} tk_number;

/// Instructions to compute with; the first that the processor has is the fastest.
typedef enum { TK_FASTEST = 0, TK_AVX512 = 1, TK_AVX2 = 2, TK_PLAIN = 3 } tk_instructions;

/// Extents of one image. A vector of n numbers is {n, 1, 1}.
typedef struct {
    int64_t channels, height, width;
} tk_image;

/// A convolution's geometry. Output (y, x) and input (i, j) meet in kernel index (y', x') where
/// i = y · stride + y' − padding, or for a transposed one y = i · stride + y' − padding; and likewise across.
typedef struct {
    tk_image input, output;
    int64_t kernel_height, kernel_width, vertical_stride, horizontal_stride, top_padding, left_padding;
    bool transposed;
} tk_window;

typedef struct {
    tk_number input, output;  ///< bfloat16 input needs an even number of input channels.
    tk_activation activation;
    bool planar_output;  ///< The output is [C, H, W]. Only where `tk_packed_may_be_planar`.
    tk_instructions instructions;
} tk_packed_options;

typedef struct tk_packed tk_packed;

/// Whether this processor multiplies bfloat16.
bool tk_has_bfloat16(void);

/// Whether a convolution can write planar images itself: those with few output channels, or one, or one pixel.
bool tk_packed_may_be_planar(tk_window window);

/// A linear layer, `weight` [outputs, inputs] and `bias` [outputs], whose inputs and outputs count as the elements of
/// channels-last images although the weights count them as [C, H, W] (give {n, 1, 1} for plain vectors).
/// NULL when memory is short or the processor has no arithmetic for the options; so below.
tk_packed *_Nullable tk_packed_linear_create(tk_image input, tk_image output, const float *weight, const float *bias,
                                             tk_packed_options options);
/// A convolution, `weight` [out, in, kernel height, kernel width]; transposed, [in, out, kernel height, kernel width].
tk_packed *_Nullable tk_packed_convolution_create(tk_window window, const float *weight, const float *bias,
                                                  tk_packed_options options);
void tk_packed_destroy(tk_packed *_Nullable operation);

/// Bytes of working memory that a run needs, for any number of rows.
size_t tk_packed_scratch_bytes(const tk_packed *operation);
/// y = operation(x) for `rows` rows. A row's result does not depend on the others. Any thread, any number at a time.
void tk_packed_run(const tk_packed *operation, size_t rows, const void *x, void *y, void *scratch);

/// Images [C, H, W] of float32 as [H, W, C] of `number`.
void tk_channels_last(tk_image image, size_t rows, const float *x, tk_number number, void *y);
/// Images [H, W, C] of float32 as [C, H, W].
void tk_planar(tk_image image, size_t rows, const float *x, float *y);

#pragma clang assume_nonnull end
#endif
