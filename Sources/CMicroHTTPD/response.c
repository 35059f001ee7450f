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

static void require_memory(const void *block) {
    if (block != NULL) return;
    fprintf(stderr, "out of memory for a response\n");
    abort();
}

hs_response *hs_response_take(void *bytes, size_t length, void (*free_bytes)(void *)) {
    hs_response *response = malloc(sizeof *response);
    require_memory(response);
    response->bytes = bytes, response->size = length, response->free_bytes = free_bytes;
    response->headers = response->room;
    response->headers_used = 0, response->headers_capacity = sizeof response->room;
    return response;
}

hs_response *hs_response_static(const void *bytes, size_t length) {
    return hs_response_take((void *)bytes, length, NULL);
}

hs_response *hs_response_copy(const void *bytes, size_t length) {
    void *copy = malloc(length == 0 ? 1 : length);
    require_memory(copy);
    if (length > 0) memcpy(copy, bytes, length);
    return hs_response_take(copy, length, free);
}

static void free_shell(hs_response *response) {
    if (response->headers != response->room) free(response->headers);
    free(response);
}

void hs_response_free(hs_response *response) {
    if (response->free_bytes != NULL) response->free_bytes(response->bytes);
    free_shell(response);
}

void hs_response_header(hs_response *response, const char *name, const char *value) {
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    size_t needed = response->headers_used + name_size + value_size;
    if (needed > response->headers_capacity) {
        char *grown = malloc(2 * needed);
        require_memory(grown);
        memcpy(grown, response->headers, response->headers_used);
        if (response->headers != response->room) free(response->headers);
        response->headers = grown;
        response->headers_capacity = 2 * needed;
    }
    char *place = response->headers + response->headers_used;
    memcpy(place, name, name_size);
    place += name_size;
    memcpy(place, value, value_size);
    for (size_t i = 0; i + 1 < value_size; i++) {  // no value can start a line of its own
        if ((unsigned char)place[i] < 0x20 || place[i] == 0x7f) place[i] = ' ';
    }
    response->headers_used = needed;
}

struct MHD_Response *hs_response_build(hs_response *response) {
    struct MHD_Response *mhd =
        response->free_bytes == NULL
            ? MHD_create_response_from_buffer(response->size, response->bytes, MHD_RESPMEM_PERSISTENT)
            : MHD_create_response_from_buffer_with_free_callback_cls(response->size, response->bytes,
                                                                     response->free_bytes, response->bytes);
    require_memory(mhd);
    const char *at = response->headers, *end = at + response->headers_used;
    while (at < end) {
        const char *name = at, *value = name + strlen(name) + 1;
        MHD_add_response_header(mhd, name, value);  // refuses only empty values, which say nothing
        at = value + strlen(value) + 1;
    }
    free_shell(response);
    return mhd;
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
/// `connection` is NULL where there is none yet.
void hs_reply_raw(const hs_server *server, hs_connection *connection, int fd, const hs_request *request, int status,
                  const char *code, const char *message) {
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
    if (total > 0 && (size_t)total < sizeof reply && connection != NULL && connection->session != NULL) {
        hs_session_send_last(connection, reply, (size_t)total);
    } else if (total > 0 && (size_t)total < sizeof reply) {
        while (send(fd, reply, (size_t)total, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR) {}
    }
    free(body);
}
