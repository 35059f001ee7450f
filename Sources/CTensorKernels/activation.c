#include "CTensorKernels.h"
#include "vector_math.h"

TK_VECTORISED
void tk_activation_forward(tk_activation activation, size_t count, const float *x, float *y) {
    switch (activation.kind) {
    case TK_IDENTITY:
        if (x != y) memcpy(y, x, count * sizeof *y);
        break;
    case TK_RELU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) y[i] = x[i] < 0 ? 0.0f : x[i];  // in this order NaN stays visible
        break;
    case TK_TANH:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) y[i] = tk_tanh(x[i]);
        break;
    case TK_SIGMOID:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) y[i] = tk_sigmoid(x[i]);
        break;
    case TK_LEAKY_RELU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : x[i] * activation.slope;
        break;
    case TK_SILU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) y[i] = x[i] * tk_sigmoid(x[i]);
        break;
    }
}

TK_VECTORISED
void tk_activation_backward(tk_activation activation, size_t count, const float *x, const float *y, const float *dy,
                            float *dx) {
    switch (activation.kind) {
    case TK_IDENTITY:
        if (dx != dy) memcpy(dx, dy, count * sizeof *dx);
        break;
    case TK_RELU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0.0f;
        break;
    case TK_TANH:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * (1.0f - y[i] * y[i]);
        break;
    case TK_SIGMOID:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * y[i] * (1.0f - y[i]);
        break;
    case TK_LEAKY_RELU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : dy[i] * activation.slope;
        break;
    case TK_SILU:
        TK_ELEMENTWISE
        for (size_t i = 0; i < count; i++) {
            float s = tk_sigmoid(x[i]);
            dx[i] = dy[i] * (s + y[i] * (1.0f - s));
        }
        break;
    }
}
