// The life of one exchange: MHD's callbacks and the state machine between MHD and the application.
//
// Two rules of 0.9.75 shape it. A response queued in the handler's first call (headers only) always closes the
// connection, so whatever can be answered in the last call is. And a request may be suspended only inside the
// handler, so completion from another thread before that must be seen by a compare-and-swap after it.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void enter(hs_connection *connection, hs_phase phase, uint64_t now_ns) {
    connection->phase = phase;
    connection->since_ns = now_ns;
}

void hs_connection_changed(void *context, struct MHD_Connection *mhd, void **socket_context,
                           enum MHD_ConnectionNotificationCode code) {
    hs_io *io = context;
    hs_connection *connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection = hs_allocate(sizeof *connection);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        connection->fd = info->connect_fd;
        connection->io = io;
        connection->mhd = mhd;
        connection->looked_at = true;  // of a new connection zero bytes were seen
        enter(connection, PHASE_IDLE, io->now_ns);
        connection->next = &io->connections;
        connection->previous = io->connections.previous;
        connection->previous->next = connection->next->previous = connection;
        io->started_connection = true;
        *socket_context = connection;
        if (hs_speaks_tls(io->server)) {
            info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
            hs_prepare_session(connection, info->tls_session);
        }
    } else {
        connection = *socket_context;
        connection->previous->next = connection->next;
        connection->next->previous = connection->previous;
        free(connection);
        *socket_context = NULL;
        atomic_fetch_sub(&io->server->open_connections, 1);
    }
}

void *hs_request_line_arrived(void *context, const char *target, struct MHD_Connection *mhd) {
    hs_io *io = context;
    size_t length = strlen(target);
    bool too_long = length > HS_MAX_TARGET;
    if (too_long) target = "/";
    // The query is parsed by the application from its own copy. MHD would store every parameter in the connection's
    // pool, and answer in HTML when they do not fit; the buffer is MHD's own, constant only in the signature, and an
    // empty query ends its parsing.
    hs_request *request = hs_allocate(sizeof *request + (too_long ? 1 : length) + 2);
    request->target_too_long = too_long;
    hs_split_target(request, target);
    if (!too_long) {
        char *query = strchr((char *)target, '?');
        if (query != NULL) query[1] = 0;
    }

    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->io = io;
    request->mhd = mhd;
    request->connection = info->socket_context;
    request->fd = request->connection->fd;
    atomic_init(&request->state, STATE_READING);
    atomic_init(&request->references, 1);
    request->connection->request = request;
    enter(request->connection, PHASE_HEADERS, io->now_ns);
    atomic_fetch_add(&io->server->exchanges, 1);
    atomic_fetch_add(&io->server->exchanges_begun, 1);
    return request;
}

/// Counts memory that this exchange holds until it is over.
static void hold(hs_request *request, size_t bytes) {
    request->held_bytes += bytes;
    atomic_fetch_add_explicit(&request->io->server->held_bytes, bytes, memory_order_relaxed);
}

/// Gives the body's memory back, on its I/O thread.
static void free_body(hs_request *request) {
    hs_io *io = request->io;
    if (request->body_capacity == BODY_BLOCK && io->block_count < KEPT_BLOCKS) {
        io->blocks[io->block_count++] = request->body;
    } else {
        free(request->body);
    }
    request->body = NULL;
    request->body_length = request->body_capacity = 0;
}

void hs_replace_body(hs_request *request, uint8_t *bytes, size_t length) {
    hold(request, length - request->body_capacity);  // may wrap: the counts are sums modulo 2⁶⁴
    free(request->body);
    request->body = bytes;
    request->body_length = request->body_capacity = length;
}

/// Hands the reply to MHD. Called in the handler only.
static hs_mhd_result queue_reply(hs_request *request) {
    hs_response *reply = request->reply;
    hs_server *server = request->io->server;
    if (hs_says_close(server)) {
        hs_response_header(reply, "Connection", "close");
        hs_response_header(reply, HS_LEAVING_HEADER, "true");
    }
    server->callbacks.on_reply(server->callbacks.user, request, reply);
    hold(request, reply->size);
    request->reply = NULL;
    request->reply_size = reply->size;
    request->step = STEP_REPLIED;
    enter(request->connection, PHASE_REPLY, request->io->now_ns);
    unsigned status = request->status >= 200 && request->status <= 599 ? (unsigned)request->status : 500;
    request->status = (int)status;
    // Here rather than in `hs_complete`: what this thread has allocated, this thread frees.
    free_body(request);
    struct MHD_Response *response = hs_response_build(reply);
    hs_mhd_result queued = MHD_queue_response(request->mhd, status, response);
    MHD_destroy_response(response);
    return queued;
}

/// Keeps a reply for a request that the application will not see.
static void refuse(hs_request *request, int status, hs_response *reply) {
    hs_response_header(reply, "X-Request-Id", request->id);
    request->status = status;
    request->reply = reply;
    request->completed_ns = hs_now();
}

static void refuse_fault(hs_request *request, int status, const char *code, const char *message) {
    refuse(request, status, hs_error_response(request, status, code, message));
}

static hs_mhd_result headers_arrived(hs_request *request, const char *method, const char *version) {
    hs_server *server = request->io->server;
    const hs_config *config = &server->config;
    request->method = method;
    request->arrival_ns = hs_now();
    request->announced = true;
    request->step = STEP_BODY;
    hs_fault fault = hs_validate(request, version);
    if (fault.status != 0) {
        refuse_fault(request, fault.status, fault.code, fault.message);
        return queue_reply(request);  // closes, which is what a request of doubtful framing needs
    }
    bool has_body = request->chunked || request->content_length > 0;
    int status = 500;
    hs_response *refusal = NULL;
    if (!atomic_load(&server->refusing)) {
        refusal = server->callbacks.on_headers(server->callbacks.user, request, &status);
    }
    if (refusal != NULL) {
        refuse(request, status, refusal);
    } else if (request->content_length > 0 && (uint64_t)request->content_length > config->max_body) {
        char message[96];
        snprintf(message, sizeof message, "Expected a body of at most %zu bytes, found Content-Length %lld",
                 config->max_body, (long long)request->content_length);
        refuse_fault(request, 413, "body_too_large", message);
    }
    if (request->reply != NULL && has_body) {
        bool small = !request->chunked && (uint64_t)request->content_length <= config->max_discard;
        if (!small || request->expects_continue) return queue_reply(request);
        request->discarding = true;  // a short body is cheaper to read than a connection to make anew
    }
    if (has_body) enter(request->connection, PHASE_BODY, request->io->now_ns);
    return MHD_YES;
}

/// A kept block for the first bytes of a body that fits one, if there is any.
static uint8_t *kept_block(hs_request *request, size_t *capacity) {
    hs_io *io = request->io;
    if (request->body != NULL || request->content_length > BODY_BLOCK) return NULL;
    *capacity = BODY_BLOCK;
    return io->block_count > 0 ? io->blocks[--io->block_count] : NULL;
}

static bool append(hs_request *request, const char *bytes, size_t count) {
    size_t needed = request->body_length + count;
    if (needed > request->body_capacity) {
        // Memory follows the bytes received: a length is only a promise.
        enum { FIRST = 65536, FIRST_CHUNKED = 4096 };
        size_t capacity = request->body_capacity * 2;
        if (capacity == 0) capacity = request->content_length > 0 ? FIRST : FIRST_CHUNKED;
        if (request->content_length > 0 && capacity > (size_t)request->content_length) {
            capacity = (size_t)request->content_length;
        }
        if (capacity < needed) capacity = needed;
        uint8_t *grown = needed <= BODY_BLOCK ? kept_block(request, &capacity) : NULL;
        if (grown == NULL) grown = realloc(request->body, capacity);
        if (grown == NULL) return false;
        hold(request, capacity - request->body_capacity);
        request->body = grown;
        request->body_capacity = capacity;
    }
    memcpy(request->body + request->body_length, bytes, count);
    request->body_length = needed;
    return true;
}

static void drop_body(hs_request *request) {
    free_body(request);
    request->discarding = true;
}

static hs_mhd_result body_arrived(hs_request *request, const char *bytes, size_t count) {
    const hs_config *config = &request->io->server->config;
    request->received += count;
    if (request->discarding) {
        request->discarded += count;
        return request->discarded > config->max_discard ? MHD_NO : MHD_YES;
    }
    if (request->received > config->max_body) {
        // Only a chunked body gets here. MHD takes a response before or after a body, not within one, and this one
        // may never end: so the reply goes out past MHD, and what still arrives is dropped up to a limit.
        char message[96];
        snprintf(message, sizeof message, "Expected a body of at most %zu bytes, found a longer one", config->max_body);
        hs_reply_raw(request->io->server, request->connection, request->fd, request, 413, "body_too_large", message);
        shutdown(request->fd, SHUT_WR);
        request->status = 413;
        request->completed_ns = hs_now();
        request->answered_raw = true;
        enter(request->connection, PHASE_LINGER, request->io->now_ns);
        drop_body(request);
    } else if (!append(request, bytes, count)) {
        drop_body(request);
        refuse_fault(request, 503, "out_of_memory", "No memory for a body of this size; try again later");
    }
    return MHD_YES;
}

static hs_mhd_result request_arrived(hs_request *request) {
    hs_server *server = request->io->server;
    if (request->answered_raw) return MHD_NO;
    if (request->reply == NULL && atomic_load(&server->refusing)) {
        refuse_fault(request, 503, "stopping", "The server is stopping");
    }
    if (request->reply != NULL) return queue_reply(request);

    request->step = STEP_APPLICATION;
    request->handover_ns = hs_now();
    enter(request->connection, PHASE_APPLICATION, request->io->now_ns);
    atomic_store_explicit(&request->references, 2, memory_order_relaxed);
    atomic_fetch_add(&server->held, 1);
    atomic_store_explicit(&request->state, STATE_PENDING, memory_order_release);
    request->io->handed_over++;
    server->callbacks.on_request(server->callbacks.user, request);
    if (atomic_load_explicit(&request->state, memory_order_acquire) == STATE_COMPLETED) return queue_reply(request);

    MHD_suspend_connection(request->mhd);
    int expected = STATE_PENDING;
    if (!atomic_compare_exchange_strong_explicit(&request->state, &expected, STATE_SUSPENDED, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        // Completed between the look and the suspension; nobody else will resume it.
        MHD_resume_connection(request->mhd);
        request->io->run_again = true;
    }
    return MHD_YES;
}

hs_mhd_result hs_handle(void *io, struct MHD_Connection *connection, const char *url, const char *method,
                        const char *version, const char *upload, size_t *upload_size, void **context) {
    (void)io;
    (void)connection;
    (void)url;
    hs_request *request = *context;
    if (request == NULL) return MHD_NO;
    switch (request->step) {
    case STEP_HEADERS:
        return headers_arrived(request, method, version);
    case STEP_BODY:
        if (*upload_size == 0) return request_arrived(request);
        size_t count = *upload_size;
        *upload_size = 0;
        return body_arrived(request, upload, count);
    case STEP_APPLICATION:  // resumed
        return queue_reply(request);
    case STEP_REPLIED:
        break;
    }
    *upload_size = 0;
    return MHD_YES;
}

static hs_end end_of(const hs_request *request, enum MHD_RequestTerminationCode code) {
    if (request->connection->phase == PHASE_LINGER) return HS_END_SENT;
    if (request->connection->cut) return HS_END_DEADLINE;
    switch (code) {
    case MHD_REQUEST_TERMINATED_COMPLETED_OK: return HS_END_SENT;
    case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN: return HS_END_STOPPED;
    case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED: return HS_END_DEADLINE;
    default: return HS_END_CLIENT_LOST;
    }
}

void hs_exchange_over(void *context, struct MHD_Connection *mhd, void **request_context,
                      enum MHD_RequestTerminationCode code) {
    (void)mhd;
    hs_io *io = context;
    hs_server *server = io->server;
    hs_request *request = *request_context;
    if (request == NULL) return;
    *request_context = NULL;
    hs_connection *connection = request->connection;
    if (request->announced) {
        hs_summary summary = {
            .status = request->status,
            .end = end_of(request, code),
            .request_bytes = request->received,
            .response_bytes = request->reply_size,
            .arrival_ns = request->arrival_ns,
            .handover_ns = request->handover_ns,
            .begun_ns = request->begun_ns,
            .completed_ns = request->completed_ns,
            .finished_ns = hs_now(),
        };
        server->callbacks.on_done(server->callbacks.user, request, &summary);
    }
    atomic_fetch_sub_explicit(&server->held_bytes, request->held_bytes, memory_order_relaxed);
    connection->request = NULL;
    connection->trickle_ns = 0;
    connection->looked_at = false;
    enter(connection, PHASE_IDLE, io->now_ns);
    hs_request_release(request);
    if (atomic_fetch_sub(&server->exchanges, 1) == 1 && atomic_load(&server->draining)) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
    }
}
