/// Arithmetic of the service: the one door to oneDNN, and the loops that a C compiler vectorises and Swift does not.
///
/// Conventions, everywhere in this header
/// - Matrices are float32 and row-major; a *row* is one example. `rows` may be any number ≥ 0.
/// - Pointers are to as many elements as the comment says; input and output must not overlap unless it says "in place".
/// - An object whose name ends in `_plan` belongs to one thread at a time; packed weights are immutable and shared.
/// - Every thread that runs a plan has called `tk_thread_begin` once, or libgomp starts a team of threads behind it.
#ifndef CTENSOR_KERNELS_H
#define CTENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Outcome of a kernel. Anything but `TK_OK` leaves outputs undefined.
typedef enum {
    TK_OK = 0,
    TK_OUT_OF_MEMORY = 1,
    TK_UNSUPPORTED = 2,   ///< oneDNN has no implementation for these shapes on this processor.
    TK_RUNTIME_ERROR = 3,
} tk_status;

/// Element-wise non-linearities. The numbers are not stored anywhere: checkpoints name them.
typedef enum {
    TK_IDENTITY = 0,
    TK_RELU = 1,
    TK_TANH = 2,
    TK_SIGMOID = 3,
    TK_LEAKY_RELU = 4,
    TK_SILU = 5,
} tk_activation_kind;

typedef struct {
    tk_activation_kind kind;
    float slope;  ///< Of leaky ReLU below zero; ignored by the others.
} tk_activation;

/// Keeps the calling thread's kernels on this thread. libgomp would otherwise start a team per calling thread, and
/// the thread count must be set before a thread's first kernel.
void tk_thread_begin(void);

/// A number that tells apart what the last bits of an inference depend on: the order of our sums, and the instructions
/// of this processor.
uint32_t tk_arithmetic_version(void);

/// 64-byte aligned memory for `count` floats, zeroed; NULL when there is none. Freed with `free`.
float *_Nullable tk_allocate_floats(size_t count);

/// The same without zeros, for memory that is written before it is read: untouched pages cost nothing.
float *_Nullable tk_allocate_scratch(size_t count);

#pragma clang assume_nonnull end
#include "PackedKernels.h"  // inference: `tk_number`, `tk_image` and the operations of packed weights
#pragma clang assume_nonnull begin

// MARK: - Linear layer, training: weights stay in the PyTorch layout, since they change at every step

typedef struct tk_linear_plan tk_linear_plan;

tk_linear_plan *_Nullable tk_linear_plan_create(int64_t inputs, int64_t outputs);
void tk_linear_plan_destroy(tk_linear_plan *_Nullable plan);
/// The format that factors are rounded to from now on: float32, as at first, or bfloat16, in which a way back takes the
/// weights of the way forth before it. Sums, and all that goes in and out, are float32 in either.
void tk_linear_plan_use(tk_linear_plan *plan, tk_number number);

/// y [rows, outputs] = x [rows, inputs] · weightᵀ + bias.
tk_status tk_linear_forward(tk_linear_plan *plan, int64_t rows, const float *x, const float *weight, const float *bias,
                            float *y);
/// dx [rows, inputs] = dy [rows, outputs] · weight.
tk_status tk_linear_backward_data(tk_linear_plan *plan, int64_t rows, const float *dy, const float *weight, float *dx);
/// dweight [outputs, inputs] = dyᵀ · x and dbias [outputs] = column sums of dy; both are overwritten.
tk_status tk_linear_backward_weights(tk_linear_plan *plan, int64_t rows, const float *x, const float *dy,
                                     float *dweight, float *dbias);

// MARK: - Convolutions, training: images lie [rows, height, width, channels], weights in the PyTorch layout

/// A convolution of input images, or a transposed one: the backward pass, with respect to its input, of a convolution
/// that takes the output images to the input images. Sizes must belong together as PyTorch computes them.
typedef struct {
    bool transposed;
    int64_t inputs, input_height, input_width;
    int64_t outputs, output_height, output_width;
    int64_t kernel, stride, padding;  ///< The window is square.
    tk_activation before, after;      ///< Computed along: what gave the input, and what is made of the output. Not SiLU,
                                      ///< nor leaky ReLU with a slope below 0: their derivatives need more than their results.
} tk_convolution_shape;

typedef struct tk_convolution_plan tk_convolution_plan;

tk_convolution_plan *_Nullable tk_convolution_plan_create(tk_convolution_shape shape);
void tk_convolution_plan_destroy(tk_convolution_plan *_Nullable plan);

/// y = after(layer(x)): `weight` is [outputs, inputs, kernel, kernel], or [inputs, outputs, kernel, kernel] when transposed;
/// `bias` is [outputs].
tk_status tk_convolution_forward(tk_convolution_plan *plan, int64_t rows, const float *x, const float *weight,
                                 const float *bias, float *y);
/// dx from dy, the gradient before `after` was applied; dx is that before `before` was. `x` as in the forward pass.
tk_status tk_convolution_backward_data(tk_convolution_plan *plan, int64_t rows, const float *dy, const float *weight,
                                       const float *x, float *dx);
/// dweight and dbias, laid out as `weight` and `bias`; both are overwritten.
tk_status tk_convolution_backward_weights(tk_convolution_plan *plan, int64_t rows, const float *x, const float *dy,
                                          float *dweight, float *dbias);

/// y [rows, columns, lines] = every row's matrix x [lines, columns], transposed: from channels first to channels last
/// with (channels, pixels), and back with (pixels, channels).
void tk_transpose(size_t rows, size_t lines, size_t columns, const float *x, float *y);

// MARK: - Activations

/// y = activation(x), `count` elements; may run in place.
void tk_activation_forward(tk_activation activation, size_t count, const float *x, float *y);
/// dx = dy · activation′(x), given x and y = activation(x); dx may be dy.
void tk_activation_backward(tk_activation activation, size_t count, const float *x, const float *y, const float *dy,
                            float *dx);

// MARK: - Likelihoods: −ln p(x | decoded) in nats, summed over a row's `width` numbers

// The sums' order does not depend on the processor's vectors. `nll` has one number a row. The gradients are `scale` times
// those of the row's −ln p; `gradient` may be `decoded` or `logits`. Where there is a scale, its logarithm is bounded by
// ±ln 1000; beyond, value and gradient are those at the bound, so that a learned scale finds its way back.

/// Bernoulli from logits a (Kingma & Welling 2014, arXiv 1312.6114, appendix C.1): mean = sigmoid(a), `count` elements;
/// may run in place.
void tk_bernoulli_mean(size_t count, const float *logits, float *mean);
/// nll[r] = Σ_i max(a,0) − a·x + log1p(e^−|a|).
void tk_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll);
/// The same, and gradient = scale · (sigmoid(a) − x).
void tk_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale, float *nll,
                               float *gradient);
/// The least that nll[r] can be for any logits: Σ_i −x ln x − (1 − x) ln(1 − x), the entropy of grey values in nats.
void tk_bernoulli_entropy(size_t rows, size_t width, const float *x, float *nats);
/// nll[r] as above, of one image x [width] under each of `rows` rows of logits: faster, and as exact.
void tk_bernoulli_nll_of_one(size_t rows, size_t width, const float *logits, const float *x, float *nll);

/// Continuous Bernoulli from logits a (Loaiza-Ganem & Cunningham 2019, arXiv 1907.06845): mean = 1/(1 − e^−a) − 1/a,
/// which is not λ = sigmoid(a); may run in place.
void tk_continuous_bernoulli_mean(size_t count, const float *logits, float *mean);
/// The Bernoulli sum less Σ ln C(λ), C(λ) = 2 atanh(1 − 2λ) / (1 − 2λ): a density, so it may be negative.
void tk_continuous_bernoulli_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll);
/// The same, and gradient = scale · (mean − x).
void tk_continuous_bernoulli_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale,
                                          float *nll, float *gradient);

/// Normal with `decoded` as its mean m and one standard deviation s for all pixels (Rybkin et al. 2021, arXiv
/// 2006.13202): mean = m within 0…1; may run in place.
void tk_gaussian_mean(size_t count, const float *decoded, float *mean);
/// nll[r] = Σ_i ½ ((x − m)/s)² + ln s + ½ ln 2π.
void tk_gaussian_nll(size_t rows, size_t width, const float *decoded, const float *x, float log_scale, float *nll);
/// The same, gradient = scale · (m − x)/s², and, unless it is NULL, log_scale_gradient[r] = scale · Σ_i 1 − ((x − m)/s)².
void tk_gaussian_nll_gradient(size_t rows, size_t width, const float *decoded, const float *x, float log_scale,
                              float scale, float *nll, float *gradient, float *_Nullable log_scale_gradient);

/// Logistic distribution with mean m and one scale s, of 256 levels (Kingma et al. 2016, arXiv 1606.04934; Salimans et
/// al. 2017, arXiv 1701.05517, for the outer levels): mean = m within 0…1; may run in place.
void tk_discretized_logistic_mean(size_t count, const float *decoded, float *mean);
/// nll[r] = Σ_i −ln[σ((k + 1)/256 − m)/s) − σ((k/256 − m)/s)] with level k = ⌊256 x⌋ in 0…255, of which the first
/// reaches down to −∞ and the last up to +∞. A probability: never negative.
void tk_discretized_logistic_nll(size_t rows, size_t width, const float *decoded, const float *x, float log_scale,
                                 float *nll);
/// The same with gradients, as for the normal.
void tk_discretized_logistic_nll_gradient(size_t rows, size_t width, const float *decoded, const float *x,
                                          float log_scale, float scale, float *nll, float *gradient,
                                          float *_Nullable log_scale_gradient);

/// Multinomial from logits a, for counts x (Liang et al. 2018, arXiv 1802.05814): mean = softmax(a) of each row; may run
/// in place.
void tk_multinomial_mean(size_t rows, size_t width, const float *logits, float *mean);
/// nll[r] = −Σ_i x · log-softmax(a), without the coefficient, which no parameter changes.
void tk_multinomial_nll(size_t rows, size_t width, const float *logits, const float *x, float *nll);
/// The same, and gradient = scale · (softmax(a) Σx − x).
void tk_multinomial_nll_gradient(size_t rows, size_t width, const float *logits, const float *x, float scale,
                                 float *nll, float *gradient);

// MARK: - Diagonal Gaussian posterior

/// What the second half of the encoder's head predicts (log-sigma in the IWAE code, log-variance in most others).
typedef enum { TK_LOG_VARIANCE = 0, TK_LOG_SIGMA = 1 } tk_sigma_kind;

/// How a head row of 2·latent numbers becomes a posterior.
typedef struct {
    size_t latent;
    tk_sigma_kind sigma;
    float minimum_log_variance;  ///< Hard clamp; the gradient is zero outside.
    float maximum_log_variance;
} tk_posterior_head;

/// Splits `head` [rows, 2·latent] into mu, log-variance (clamped) and sigma, each [rows, latent].
void tk_posterior_forward(tk_posterior_head config, size_t rows, const float *head, float *mu, float *log_variance,
                          float *sigma);
/// kl[r·latent + j] = ½ (μ² + e^lv − 1 − lv): the KL to N(0, 1) per dimension, without cancellation near zero.
void tk_posterior_kl(size_t count, const float *mu, const float *log_variance, float *kl);
/// Distances of one posterior, mu and sigma [latent], from each of `rows` others [rows, latent]: ‖μ − μ'‖; Wasserstein-2
/// √(‖μ − μ'‖² + ‖σ − σ'‖²); and if `divergence` is given KL(q‖q') + KL(q'‖q), for which no σ may be 0.
void tk_posterior_distances(size_t rows, size_t latent, const float *mu, const float *sigma, const float *other_mu,
                            const float *other_sigma, float *euclidean, float *wasserstein,
                            float *_Nullable divergence);
/// z = μ + temperature · σ · noise, `count` elements.
void tk_posterior_sample(size_t count, const float *mu, const float *sigma, const float *noise, float temperature,
                         float *z);
/// Gradient of (loss through z) + Σ_j kl_scales[j] · KL_j with respect to `head`, given dz [rows, latent] and the noise
/// of z; `kl_scales` has `latent` numbers.
void tk_posterior_backward(tk_posterior_head config, size_t rows, const float *head, const float *sigma,
                           const float *noise, const float *dz, const float *kl_scales, float *dhead);

// MARK: - Importance weights of several draws of z (Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519)

/// How the gradient reaches the encoder.
typedef enum {
    TK_IMPORTANCE_PLAIN = 0,        ///< Σ w̃ ∇ ln w.
    TK_STICKING_THE_LANDING = 1,    ///< Without the score of q (Roeder, Wu & Duvenaud 2017, arXiv 1703.09194).
    TK_DOUBLY_REPARAMETERISED = 2,  ///< Weights w̃² (Tucker et al. 2019, arXiv 1810.04152).
} tk_importance_gradient;

/// z [rows, samples, latent] = mu [rows, latent] + sigma · noise [rows, samples, latent].
void tk_importance_samples(size_t rows, size_t samples, size_t latent, const float *mu, const float *sigma,
                           const float *noise, float *z);
/// ln w [rows, samples], given nll [rows, samples] = −ln p(x|z).
void tk_importance_log_weights(size_t rows, size_t samples, size_t latent, const float *nll, const float *log_variance,
                               const float *noise, const float *z, double *log_weights);
/// weights [rows, samples] = w / Σ w, and bounds [rows] = ln (1/samples · Σ w).
void tk_importance_normalise(size_t rows, size_t samples, const double *log_weights, float *weights, double *bounds);
/// Gradient of −scale · bound with respect to `head`, given `dz` = scale · weight · ∂nll/∂z, [rows, samples, latent].
/// `weights` are `normalised`, or an unbiased estimate of them in which some are zero.
void tk_importance_backward(tk_posterior_head config, tk_importance_gradient estimator, size_t rows, size_t samples,
                            const float *head, const float *sigma, const float *noise, const float *z,
                            const float *normalised, const float *weights, float scale, const float *dz, float *dhead);

// MARK: - What is done to rows before an encoder or decoder sees them

/// x[i] = 0 where chances[i] < part, else rest · x[i].
void tk_mask(size_t count, const float *chances, float part, float rest, float *x);
/// x += factor · y.
void tk_add_scaled(size_t count, float factor, const float *y, float *x);
/// Every row divided by its Euclidean norm; a row of zeros stays.
void tk_unit_rows(size_t rows, size_t width, float *x);
/// joined [rows, left + right] = x [rows, left] and, behind each row, row r / repeats of y [.., right].
void tk_join_columns(size_t rows, size_t left, size_t right, const float *x, size_t repeats, const float *y,
                     float *joined);
/// joined [rows, left + right] becomes its first columns, [rows, left], in place.
void tk_left_columns(size_t rows, size_t left, size_t right, float *joined);

/// x[r, i] *= factors[r].
void tk_scale_rows(size_t rows, size_t width, const float *factors, float *x);
/// x[r] = x[indices[r]] for the `kept` rows; indices ascend, so that it works in place.
void tk_keep_rows(size_t kept, size_t width, const uint32_t *indices, float *x);
/// The way back: y [rows, width] is zero but for y[indices[r]] = x[r].
void tk_spread_rows(size_t kept, size_t rows, size_t width, const uint32_t *indices, const float *x, float *y);

/// Importance samples of one image's posterior, mu, log_variance and sigma [latent]: z = mu + sigma · noise
/// [rows, latent] and log_ratio[r] = ln p(z) − ln q(z|x) = ½ Σ_j (noise² − z² + log_variance), p the standard normal.
void tk_importance_latents(size_t rows, size_t latent, const float *mu, const float *log_variance, const float *sigma,
                           const float *noise, float *z, double *log_ratio);

// MARK: - Gaussians over many points: what an evaluation says about the codes of a data set

/// Points that `tk_gaussian_log_densities` works on together.
enum { TK_DENSITY_POINTS = 64 };

/// log_density[r] = constant − ½ ‖whitening · (x_r − mean)‖² for each of `rows` points x [rows, width]; `whitening`
/// [width, width] is lower triangular, what is above its diagonal is not read. `scratch` is width · TK_DENSITY_POINTS.
void tk_gaussian_log_densities(size_t rows, size_t width, const float *x, const double *mean, const double *whitening,
                               double constant, double *scratch, double *log_density);
/// sums [width] += Σ_r w_r x_r, and the lower triangle of products [width, width] += Σ_r w_r x_r x_rᵀ. `weights` ≥ 0,
/// or NULL for 1.
void tk_add_moments(size_t rows, size_t width, const float *x, const double *_Nullable weights, double *sums,
                    double *products);
/// log_density[n] = constant[n] − ½ Σ_j precision (z − mean)², of one point z [width] under each of `count` Gaussians
/// with diagonal covariance, mean and precision [count, width].
void tk_diagonal_log_densities(size_t count, size_t width, const float *z, const float *mean, const float *precision,
                               const float *constant, float *log_density);
/// Σ_i e^(values[i] − largest), where `largest` is the largest of the values.
double tk_sum_exponentials(size_t count, const float *values, float largest);
/// Σ_n scale[n] · e^(−½ precision (z − mean)²): the sum of `count` normal densities at z, but for the factor 1/√2π, with
/// scale = √precision.
double tk_sum_normal_densities(size_t count, float z, const float *mean, const float *precision, const float *scale);

// MARK: - Random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3")

/// One block: four 32-bit numbers that depend on nothing but `counter` and `key`.
void tk_philox4x32(const uint32_t counter[_Nonnull 4], const uint32_t key[_Nonnull 2], uint32_t output[_Nonnull 4]);

/// Which of the many independent sequences of one seed. Equal streams give equal numbers, whatever the batch, the
/// worker, the machine or the instruction set: only IEEE +, −, ×, ÷ and √ are used, never contracted.
typedef struct {
    uint64_t seed;
    uint32_t domain;  ///< What the numbers are for, so that two uses of one seed are independent.
    uint32_t draw;    ///< Epoch, importance sample, …
} tk_stream;

/// out [rows, width]: standard normals; row r is that of stream row `first_row + r`.
void tk_normals(tk_stream stream, uint32_t first_row, size_t rows, size_t width, float *out);
/// The same for rows that are not consecutive: row r is that of stream row `row_indices[r]`.
void tk_normals_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *out);
/// In place, for values [rows, width] of 0…1: 1 with that probability, else 0. Row r draws from stream row
/// `row_indices[r]`, whose number i is uniform in [0, 1) with 24 bits.
void tk_bernoulli_draws_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *values);

/// out [rows, width]: uniform in [0, 1), 24 bits each; row r is that of stream row `row_indices[r]`.
void tk_uniforms_at(tk_stream stream, const uint32_t *row_indices, size_t rows, size_t width, float *out);

// MARK: - Sparse rows of zeros and ones, and the products of a truncated singular value decomposition, in double

/// A matrix of zeros and ones: row r has its ones in the columns columns[offsets[r]] … columns[offsets[r + 1] − 1].
typedef struct {
    size_t rows, width;
    const size_t *offsets;    ///< rows + 1 of them.
    const uint32_t *columns;  ///< Each below `width`.
} tk_sparse_rows;

/// x [rows, width] = the rows `indices[0 … count − 1]` of `sparse`, with the zeros.
void tk_sparse_gather(tk_sparse_rows sparse, const uint32_t *indices, size_t count, float *x);
/// y [rows, depth] = sparse · b, b [width, depth].
void tk_sparse_product(tk_sparse_rows sparse, size_t depth, const double *b, double *y);
/// y [width, depth] = sparseᵀ · b, b [rows, depth].
void tk_sparse_transposed_product(tk_sparse_rows sparse, size_t depth, const double *b, double *y);
/// y [rows, width] = a · b, a [rows, depth], b [depth, width].
void tk_dense_product(size_t rows, size_t depth, size_t width, const double *a, const double *b, double *y);
/// gram [width, width] = aᵀ · a, a [rows, width].
void tk_gram(size_t rows, size_t width, const double *a, double *gram);
/// Eigenvalues of the symmetric `a` [n, n], largest first, and in the columns of `vectors` [n, n] their unit vectors
/// (cyclic Jacobi: Golub & Van Loan 2013, section 8.5). `a` is overwritten. False if it has not converged.
bool tk_symmetric_eigen(size_t n, double *a, double *values, double *vectors);

// MARK: - Optimiser and reductions

typedef struct {
    float learning_rate, beta1, beta2, epsilon;
    uint64_t step;  ///< From 1: sets the bias corrections.
} tk_adam;

/// Adam (Kingma & Ba 2015) in place over `count` parameters. The gradient is the sum of `gradient_count` arrays, in
/// that order, so that the result does not depend on which thread runs which range. Where a gradient is NaN or
/// infinite, weight and moments stay as they were; returns the number of such parameters.
size_t tk_adam_step(tk_adam config, size_t count, const float *_Nonnull const *_Nonnull gradients, size_t gradient_count,
                  float *weights, float *first_moment, float *second_moment);

/// sum = the gradients added up in their order (`sum` may be the first of them); returns the sum of its squares, which
/// is not finite if any element is not.
double tk_sum_gradients(size_t count, const float *_Nonnull const *_Nonnull gradients, size_t gradient_count,
                        float *sum);
/// x *= factor.
void tk_multiply(size_t count, float factor, float *x);
/// average += (1 − decay) · (x − average): an exponential moving average.
void tk_average(size_t count, float decay, const float *x, float *average);

/// difference[i] = |x[i] − y[i]|.
void tk_absolute_differences(size_t count, const float *x, const float *y, float *difference);
/// means[r] = mean of (x − y)² over row r of `width` numbers.
void tk_mean_squared_differences(size_t rows, size_t width, const float *x, const float *y, double *means);
/// Numbers of `scratch` that `tk_structural_similarity` needs.
size_t tk_structural_similarity_scratch(size_t height, size_t width);
/// means[p] = mean structural similarity of planes p of x and y [planes, height, width], values 0…1 (Wang et al. 2004):
/// Gaussian windows of 11 × 11 with a standard deviation of 1.5, weights that add up to 1, at all places where they lie
/// inside; K₁ = 0.01, K₂ = 0.03. Where an image is smaller than the window, the window is as large as the image.
void tk_structural_similarity(size_t planes, size_t height, size_t width, const float *x, const float *y,
                              double *scratch, double *means);

/// Whether every one of `count` numbers is finite.
bool tk_all_finite(size_t count, const float *values);
/// Index of the first value that is not within low…high (NaN never is); `count` when all are.
size_t tk_first_outside(size_t count, const float *values, float low, float high);
/// out [rows, width] = the rows `indices` of bytes [any, width], each / 255.
void tk_floats_from_byte_rows(size_t rows, size_t width, const uint8_t *bytes, const uint32_t *indices, float *out);
/// out[i] = in[i], of IEEE 754 binary16: exactly.
void tk_floats_from_float16(size_t count, const uint16_t *in, float *out);
/// The same the other way: to the nearest, ties to even; beyond 65 504 infinite.
void tk_float16_from_floats(size_t count, const float *in, uint16_t *out);
/// out[i] = in[i], of bfloat16, the upper half of a float32: exactly.
void tk_floats_from_bfloat16(size_t count, const uint16_t *in, float *out);
/// The same the other way: to the nearest, ties to even.
void tk_bfloat16_from_floats(size_t count, const float *in, uint16_t *out);
/// out[i] = in[i] · scale + shift. May run in place.
void tk_scale_and_shift(size_t count, float scale, float shift, const float *in, float *out);
/// out[i] = byte[i] / 255.
void tk_floats_from_bytes(size_t count, const uint8_t *bytes, float *out);
/// out[i] = floor(255 value[i] + 1/2), for values 0…1.
void tk_bytes_from_floats(size_t count, const float *values, uint8_t *out);
/// sum[i] += Σ_r x[r, i]: column sums in double, for means over a data set.
void tk_add_column_sums(size_t rows, size_t width, const float *x, double *sum);

#pragma clang assume_nonnull end
#endif
