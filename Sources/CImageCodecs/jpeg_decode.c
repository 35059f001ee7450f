// JPEG in, by libjpeg-turbo's libjpeg interface: rows as they are decoded, and a say in every warning.
// Its TurboJPEG interface is simpler but decodes whole images only and fixes the scan limit at 500.

#include "internal.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    int max_scans;
    ic_failure *failure;
    JSAMPLE *line;  // one row of CMYK or RGB
    jmp_buf escape;
} decoder;

/// libjpeg gets hold of `jpeg` only, and that is the decoder's first member.
static decoder *decoder_of(void *jpeg) { return jpeg; }

static void fail_with_message(j_common_ptr jpeg, const char *expected) {
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    decoder *self = decoder_of(jpeg);
    ic_status status = IC_CORRUPT;
    switch (jpeg->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
        status = IC_OUT_OF_MEMORY;
        break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_COMPONENT_COUNT:
        status = IC_UNSUPPORTED_FORMAT;
        expected = "an 8-bit baseline or progressive image";
        break;
    default:
        break;
    }
    const char *verdict = status == IC_CORRUPT         ? "corrupt"
                          : status == IC_OUT_OF_MEMORY ? "not decoded"
                                                       : "of an unsupported kind";
    ic_fail(self->failure, status, "JPEG is %s: expected %s, found \"%s\"", verdict, expected, text);
    longjmp(self->escape, 1);
}

static void on_error(j_common_ptr jpeg) { fail_with_message(jpeg, "a whole image"); }

/// libjpeg warns where it has to invent pixels; an encoder fed with invented pixels answers nonsense with confidence.
static void on_message(j_common_ptr jpeg, int level) {
    if (level >= 0) return;  // a trace
    // These two are about labels, not pixels.
    if (jpeg->err->msg_code == JWRN_JFIF_MAJOR || jpeg->err->msg_code == JWRN_ADOBE_XFORM) return;
    fail_with_message(jpeg, "an undamaged image");
}

static void on_progress(j_common_ptr jpeg) {
    decoder *self = decoder_of(jpeg);
    if (self->jpeg.input_scan_number <= self->max_scans) return;
    ic_fail(self->failure, IC_TOO_LARGE, "JPEG has more than %d scans; at most %d are accepted", self->max_scans,
            self->max_scans);
    longjmp(self->escape, 1);
}

/// Inks to light in place, 4 samples to 3. Adobe's files hold the inks inverted.
static void cmyk_to_rgb(JSAMPLE *line, int width, bool inverted) {
    for (int x = 0; x < width; x++) {
        const JSAMPLE *in = line + 4 * x;
        JSAMPLE *out = line + 3 * x;
        int flip = inverted ? 0 : 255, black = in[3] ^ flip;
        for (int c = 0; c < 3; c++) {
            // 255 - ink is `in ^ 255`; the product of two such fractions, as Pillow rounds it: k - round(ink k / 255).
            int product = (in[c] ^ flip ^ 255) * black + 128;
            out[c] = (JSAMPLE)(black - (((product >> 8) + product) >> 8));
        }
    }
}

static ic_status decode(decoder *self, const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink) {
    struct jpeg_decompress_struct *jpeg = &self->jpeg;
    // Nothing that lives on this frame is changed between here and a longjmp and read after it.
    if (setjmp(self->escape)) return self->failure->status;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &self->progress;
    jpeg_mem_src(jpeg, bytes, length);
    jpeg_read_header(jpeg, TRUE);
    if (ic_check_size("JPEG", jpeg->image_width, jpeg->image_height, limits, self->failure) != IC_OK)
        return self->failure->status;

    bool inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
    ic_layout layout = {.width = (int)jpeg->image_width, .height = (int)jpeg->image_height, .depth = 8};
    layout.samples = grey ? 1 : 3;
    self->line = malloc((size_t)layout.width * 4);
    if (!self->line)
        return ic_fail(self->failure, IC_OUT_OF_MEMORY, "no memory for a JPEG of %dx%d", layout.width, layout.height);
    if (sink->begin(sink, &layout, self->failure) != IC_OK) return self->failure->status;

    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        int y = (int)jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, &self->line, 1);
        if (inks) cmyk_to_rgb(self->line, layout.width, jpeg->saw_Adobe_marker);
        sink->row(sink, y, self->line);
    }
    jpeg_finish_decompress(jpeg);
    return IC_OK;
}

ic_status ic_jpeg_decode(const uint8_t *bytes, size_t length, const ic_limits *limits, ic_sink *sink,
                         ic_failure *failure) {
    decoder self = {.max_scans = limits->max_scans, .failure = failure};
    self.jpeg.err = jpeg_std_error(&self.errors);
    self.errors.error_exit = on_error;
    self.errors.emit_message = on_message;
    self.progress.progress_monitor = on_progress;
    ic_status status = decode(&self, bytes, length, limits, sink);
    // Does nothing to a decoder that could not even be made.
    jpeg_destroy_decompress(&self.jpeg);
    free(self.line);
    return status;
}
