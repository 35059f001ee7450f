// Replies: bodies that go to the socket without a copy, and the one place where errors become JSON.
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void *hs_allocate(size_t size) {
    void *block = calloc(1, size);
    if (block == NULL) {
        fprintf(stderr, "out of memory\n");
        abort();
    }
    return block;
}

static hs_response *wrap(struct MHD_Response *mhd, size_t size) {
    hs_response *response = hs_allocate(sizeof *response);
    if (mhd == NULL) {
        fprintf(stderr, "out of memory for a response\n");
        abort();
    }
    *response = (hs_response){.mhd = mhd, .size = size};
    return response;
}

hs_response *hs_response_static(const void *bytes, size_t length) {
    return wrap(MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_PERSISTENT), length);
}

hs_response *hs_response_copy(const void *bytes, size_t length) {
    return wrap(MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY), length);
}

hs_response *hs_response_take(void *bytes, size_t length, void (*free_bytes)(void *)) {
    return wrap(MHD_create_response_from_buffer_with_free_callback_cls(length, bytes, free_bytes, bytes), length);
}

void hs_response_free(hs_response *response) {
    MHD_destroy_response(response->mhd);
    free(response);
}

void hs_response_header(hs_response *response, const char *name, const char *value) {
    if (MHD_add_response_header(response->mhd, name, value) == MHD_YES) return;
    // MHD refuses values with line breaks or tabs, and empty ones.
    char *clean = strdup(value);
    if (clean == NULL) return;
    for (char *c = clean; *c != 0; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
    }
    MHD_add_response_header(response->mhd, name, clean);
    free(clean);
}

/// Appends `text` to `out` as the inside of a JSON string; at most six bytes for one.
static char *put_escaped(char *out, const char *text) {
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c < 0x20) {
            out += sprintf(out, "\\u%04x", c);
        } else {
            *out++ = (char)c;
        }
    }
    return out;
}

static char *error_body(const char *request_id, int status, const char *code, const char *message, size_t *length) {
    char *body = malloc(6 * (strlen(message) + strlen(code) + strlen(request_id)) + 96);
    if (body == NULL) return NULL;
    char *out = body + sprintf(body, "{\"error\":\"");
    out = put_escaped(out, message);
    out += sprintf(out, "\",\"code\":\"");
    out = put_escaped(out, code);
    out += sprintf(out, "\",\"status\":%d,\"request_id\":\"", status);
    out = put_escaped(out, request_id);
    out += sprintf(out, "\"}");
    *length = (size_t)(out - body);
    return body;
}

/// The request's id, or one made up in `fresh` where there is none yet.
static const char *id_of(const hs_request *request, char fresh[HS_MAX_REQUEST_ID + 1]) {
    if (request != NULL && request->id_length > 0) return request->id;
    uint8_t length;
    hs_make_request_id(fresh, &length);
    return fresh;
}

hs_response *hs_error_response(const hs_request *request, int status, const char *code, const char *message) {
    char fresh[HS_MAX_REQUEST_ID + 1];
    const char *id = id_of(request, fresh);
    size_t length = 0;
    char *body = error_body(id, status, code, message, &length);
    if (body == NULL) abort();
    hs_response *response = hs_response_take(body, length, free);
    hs_response_header(response, "Content-Type", "application/json");
    return response;
}

bool hs_says_close(const hs_server *server) {
    return atomic_load(&((hs_server *)server)->announcing) || atomic_load(&((hs_server *)server)->draining);
}

/// Writes a whole error reply past MHD, where MHD offers no moment for one: at accept, in the middle of a body, or on
/// a deadline. Only when MHD has nothing of its own under way on the socket, and the connection is then closed.
void hs_reply_raw(const hs_server *server, int fd, const hs_request *request, int status, const char *code,
                  const char *message) {
    char fresh[HS_MAX_REQUEST_ID + 1];
    const char *id = id_of(request, fresh);
    size_t length = 0;
    char *body = error_body(id, status, code, message, &length);
    if (body == NULL) return;
    char reply[2048];
    int total = snprintf(reply, sizeof reply,
                         "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                         "X-Request-Id: %s\r\n%s%sConnection: close\r\n\r\n%.*s",
                         status, MHD_get_reason_phrase_for((unsigned)status), length, id,
                         status == 503 ? "Retry-After: 1\r\n" : "",
                         hs_says_close(server) ? HS_LEAVING_HEADER ": true\r\n" : "", (int)length, body);
    // A socket that just came up or has carried no reply takes these few bytes; if not, the client sees a close.
    if (total > 0 && (size_t)total < sizeof reply) {
        while (send(fd, reply, (size_t)total, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR) {}
    }
    free(body);
}
