// The application's view of a request, and its completion.
#include "internal.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const char *hs_method(const hs_request *request) { return request->method; }

const char *hs_path(const hs_request *request, size_t *length) {
    *length = request->path_length;
    return request->path;
}

const char *hs_raw_query(const hs_request *request, size_t *length) {
    *length = request->query_length;
    return request->query;
}

const char *hs_request_id(const hs_request *request, size_t *length) {
    *length = request->id_length;
    return request->id;
}

const char *hs_header(const hs_request *request, const char *name, size_t name_length, size_t *length) {
    const char *value = NULL;
    size_t count = 0;
    if (MHD_lookup_connection_value_n(request->mhd, MHD_HEADER_KIND, name, name_length, &value, &count) != MHD_YES) {
        return NULL;
    }
    if (value == NULL) value = "", count = 0;
    while (count > 0 && (*value == ' ' || *value == '\t')) value++, count--;
    while (count > 0 && (value[count - 1] == ' ' || value[count - 1] == '\t')) count--;  // 0.9.75 keeps them
    *length = count;
    return value;
}

const uint8_t *hs_body(const hs_request *request, size_t *length) {
    *length = request->body_length;
    return request->body;
}

int64_t hs_content_length(const hs_request *request) { return request->content_length; }

bool hs_first_of_turn(const hs_request *request) { return request->io->handed_over == 1; }

uint64_t hs_arrival_ns(const hs_request *request) { return request->arrival_ns; }

uint64_t hs_handover_ns(const hs_request *request) { return request->handover_ns; }

uint64_t hs_completed_ns(const hs_request *request) { return request->completed_ns; }

void hs_set_begun_ns(hs_request *request, uint64_t begun_ns) { request->begun_ns = begun_ns; }

uint64_t hs_begun_ns(const hs_request *request) { return request->begun_ns; }

const char *hs_traceparent(const hs_request *request, size_t *length) {
    *length = request->traceparent_length;
    return request->traceparent_length > 0 ? request->traceparent : NULL;
}

void hs_set_tag(hs_request *request, uintptr_t tag) { request->tag = tag; }

uintptr_t hs_tag(const hs_request *request) { return request->tag; }

void hs_client_address(const hs_request *request, char *text, size_t size) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    text[0] = 0;
    if (info == NULL || info->client_addr == NULL) return;
    socklen_t length = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0) text[0] = 0;
    // Dual-stack sockets show IPv4 clients as ::ffff:192.0.2.1.
    if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL) memmove(text, text + 7, strlen(text + 7) + 1);
}

bool hs_client_gone(const hs_request *request) {
    // The descriptor cannot be reused while the request is open: MHD learns of the loss only after completion.
    struct pollfd look = {.fd = request->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static uint32_t process_prefix(void) {
    // Two threads that race here draw one number each, and the first stored is used by both.
    static _Atomic uint32_t prefix;
    uint32_t value = atomic_load_explicit(&prefix, memory_order_relaxed);
    while (value == 0) {
        uint32_t drawn = 0;
        if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn) drawn = (uint32_t)hs_now();
        atomic_compare_exchange_strong(&prefix, &value, drawn | 1);
        value = atomic_load(&prefix);
    }
    return value;
}

static char *put_hex(char *out, uint64_t value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(value >> shift) & 15];
    return out;
}

void hs_make_request_id(char id[HS_MAX_REQUEST_ID + 1], uint8_t *length) {
    static atomic_uint_fast64_t counter;
    char *end = put_hex(id, process_prefix(), 8);
    *end++ = '-';
    end = put_hex(end, atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed), 10);
    *end = 0;
    *length = (uint8_t)(end - id);
}

void hs_request_release(hs_request *request) {
    if (atomic_fetch_sub_explicit(&request->references, 1, memory_order_acq_rel) != 1) return;
    if (request->reply != NULL) hs_response_free(request->reply);
    free(request->body);
    free(request);
}

void hs_complete(hs_request *request, int status, hs_response *response) {
    hs_io *io = request->io;
    hs_server *server = io->server;
    int state = atomic_load_explicit(&request->state, memory_order_acquire);
    if (state != STATE_PENDING && state != STATE_SUSPENDED) {
        fprintf(stderr, "a request was completed twice, or before it was handed over\n");
        abort();
    }
    hs_response_header(response, "X-Request-Id", request->id);
    request->status = status;
    request->reply = response;
    request->completed_ns = hs_now();
    // From the exchange on the I/O thread may finish with the request; this side keeps its reference until the end.
    if (atomic_exchange_explicit(&request->state, STATE_COMPLETED, memory_order_acq_rel) == STATE_SUSPENDED) {
        hs_request *head = atomic_load_explicit(&io->done, memory_order_relaxed);
        do request->next_done = head;
        while (!atomic_compare_exchange_weak_explicit(&io->done, &head, request, memory_order_acq_rel,
                                                      memory_order_relaxed));
        if (head == NULL) hs_wake(io);  // the first of a batch wakes for all
    }
    hs_request_release(request);
    atomic_fetch_sub(&server->held, 1);  // last: with none held the server may be freed
}
