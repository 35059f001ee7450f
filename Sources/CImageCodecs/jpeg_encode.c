// JPEG out, by libjpeg-turbo's libjpeg interface.

#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

typedef struct {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    ic_failure *failure;
    unsigned char *bytes;  // libjpeg's, from malloc, also while it grows
    unsigned long size;
    jmp_buf escape;
} encoder;

static void on_error(j_common_ptr jpeg) {
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    encoder *self = (encoder *)jpeg;  // its first member
    ic_fail(self->failure, IC_OUT_OF_MEMORY, "JPEG is not encoded: \"%s\"", text);
    longjmp(self->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level) { (void)jpeg, (void)level; }

static ic_status encode(encoder *self, const uint8_t *pixels, int width, int height, int channels, int quality) {
    struct jpeg_compress_struct *jpeg = &self->jpeg;
    if (setjmp(self->escape)) return self->failure->status;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &self->bytes, &self->size);
    jpeg->image_width = (JDIMENSION)width;
    jpeg->image_height = (JDIMENSION)height;
    jpeg->input_components = channels;
    jpeg->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        // libjpeg does not write to it, but says nothing of that.
        JSAMPROW line = (JSAMPROW)(pixels + (size_t)jpeg->next_scanline * (size_t)width * (size_t)channels);
        jpeg_write_scanlines(jpeg, &line, 1);
    }
    jpeg_finish_compress(jpeg);
    return IC_OK;
}

ic_status ic_jpeg_encode(const uint8_t *pixels, int width, int height, int channels, int quality, uint8_t **jpeg,
                         size_t *size, ic_failure *failure) {
    if (ic_check_channels(channels, failure) != IC_OK) return failure->status;
    if (width < 1 || height < 1 || width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
        return ic_fail(failure, IC_TOO_LARGE, "expected a picture of 1 to %ld pixels a side, found %dx%d",
                       (long)JPEG_MAX_DIMENSION, width, height);
    }
    if (quality < 1 || quality > 100) {
        return ic_fail(failure, IC_INVALID_ARGUMENT, "expected a JPEG quality of 1 to 100, found %d", quality);
    }
    encoder self = {.failure = failure};
    self.jpeg.err = jpeg_std_error(&self.errors);
    self.errors.error_exit = on_error;
    self.errors.emit_message = on_message;
    ic_status status = encode(&self, pixels, width, height, channels, quality);
    jpeg_destroy_compress(&self.jpeg);
    if (status != IC_OK) {
        free(self.bytes);
        return status;
    }
    *jpeg = self.bytes;
    *size = self.size;
    return IC_OK;
}
