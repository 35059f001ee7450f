// Resizing by a separable triangle filter, row by row as the decoder delivers them.
//
// The filter is the one of Pillow (`Image.BILINEAR`), torchvision and TensorFlow (`antialias=True`) and JAX: it covers
// two output pixels, so it widens as the image shrinks, and what would reach over the edge is cut off and the remaining
// weights scaled to sum 1. stb_image_resize was measured and left: it repeats the edge pixel instead, which differs
// from Pillow at the border (by 6e-3 for a photograph; this file by 2e-7), takes some twenty times as long, and needs
// the whole image in memory as float.
//
// Down first, then across: an input row is added, weighted, to the few output rows it touches, so memory is those few
// rows whatever the image's height, and the loop over all pixels runs along memory. A finished row is then squeezed to
// its width.

#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// For each output position: the first input it draws on, how many, and their weights (`stride` apart).
typedef struct {
    int *first, *count;
    float *weights;
    int stride;
} taps;

struct ic_resizer {
    int channels, in_width, in_height, width, height;
    float full_scale;
    float *out;  // [channels][height][width]
    taps across, down;
    int oldest;    // the first output row that still waits for input
    int ring;      // how many output rows can be waiting at once
    float *lines;  // [ring][channels][in_width]: output row o waits in o % ring
};

static void taps_free(taps *t) {
    free(t->first);
    free(t->count);
    free(t->weights);
}

static int taps_init(taps *t, int in, int out) {
    double scale = (double)in / out, support = scale > 1 ? scale : 1;
    t->stride = (int)ceil(support) * 2 + 1;
    t->first = malloc((size_t)out * sizeof(int));
    t->count = malloc((size_t)out * sizeof(int));
    t->weights = malloc((size_t)out * (size_t)t->stride * sizeof(float));
    double *exact = malloc((size_t)t->stride * sizeof(double));
    if (!t->first || !t->count || !t->weights || !exact) {
        free(exact);
        return 0;
    }
    for (int o = 0; o < out; o++) {
        double center = (o + 0.5) * scale, sum = 0;
        int first = (int)(center - support + 0.5), end = (int)(center + support + 0.5);
        if (first < 0) first = 0;
        if (end > in) end = in;
        if (end - first > t->stride) end = first + t->stride;
        for (int i = first; i < end; i++) {
            double distance = fabs((i + 0.5 - center) / support);
            sum += exact[i - first] = distance < 1 ? 1 - distance : 0;
        }
        t->first[o] = first;
        t->count[o] = end - first;
        float *weights = t->weights + (size_t)o * (size_t)t->stride;
        for (int i = 0; i < end - first; i++) weights[i] = (float)(exact[i] / sum);
    }
    free(exact);
    return 1;
}

/// The most output rows that any input row is shared between, or lies between the oldest and the newest of.
static int most_waiting(const taps *t, int out) {
    int most = 1;
    for (int o = 0, oldest = 0; o < out; o++) {
        while (t->first[oldest] + t->count[oldest] <= t->first[o]) oldest++;
        if (o - oldest + 1 > most) most = o - oldest + 1;
    }
    return most;
}

ic_resizer *ic_resizer_new(int channels, int in_width, int in_height, int width, int height, float full_scale,
                           float *out) {
    ic_resizer *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->channels = channels;
    r->in_width = in_width;
    r->in_height = in_height;
    r->width = width;
    r->height = height;
    r->full_scale = full_scale;
    r->out = out;
    if (taps_init(&r->across, in_width, width) && taps_init(&r->down, in_height, height)) {
        r->ring = most_waiting(&r->down, height);
        r->lines = malloc((size_t)r->ring * (size_t)channels * (size_t)in_width * sizeof(float));
    }
    if (r->lines) return r;
    ic_resizer_free(r);
    return NULL;
}

void ic_resizer_free(ic_resizer *r) {
    if (!r) return;
    taps_free(&r->across);
    taps_free(&r->down);
    free(r->lines);
    free(r);
}

/// Four running sums: a single one would wait for each addition before the next.
static float dot(const float *a, const float *b, int n) {
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

static void finish_row(ic_resizer *r, int o) {
    const taps *t = &r->across;
    const float *line = r->lines + (size_t)(o % r->ring) * (size_t)r->channels * (size_t)r->in_width;
    for (int c = 0; c < r->channels; c++, line += r->in_width) {
        float *out = r->out + ((size_t)c * (size_t)r->height + (size_t)o) * (size_t)r->width;
        for (int x = 0; x < r->width; x++) {
            float v = dot(line + t->first[x], t->weights + (size_t)x * (size_t)t->stride, t->count[x]) / r->full_scale;
            out[x] = v < 1 ? v : 1;  // Weights sum to 1 only up to rounding.
        }
    }
}

void ic_resizer_push(ic_resizer *r, int y, const float *planes) {
    const taps *t = &r->down;
    size_t length = (size_t)r->channels * (size_t)r->in_width;
    for (int o = r->oldest; o < r->height && t->first[o] <= y; o++) {
        if (y >= t->first[o] + t->count[o]) continue;
        float weight = t->weights[(size_t)o * (size_t)t->stride + (size_t)(y - t->first[o])];
        float *line = r->lines + (size_t)(o % r->ring) * length;
        if (y == t->first[o])
            for (size_t i = 0; i < length; i++) line[i] = weight * planes[i];
        else if (weight != 0)
            for (size_t i = 0; i < length; i++) line[i] += weight * planes[i];
    }
    while (r->oldest < r->height && t->first[r->oldest] + t->count[r->oldest] <= y + 1) finish_row(r, r->oldest++);
}
