/// The one door to libmicrohttpd (MHD): an HTTP/1.1 server whose requests are completed later, from any thread.
///
/// Why a door at all: MHD's calls are variadic and do not import into Swift, and libmicrohttpd 0.9.75 must not be
/// driven by its own threads (its epoll loop can sleep on a batch of exactly 128 events) nor trusted with raw
/// requests (it accepts several forms of request smuggling). So this target runs MHD in external epoll mode on its
/// own I/O threads with its own listener, validates every request before the application sees it, keeps its own
/// deadlines, and hides suspend and resume behind `hs_complete`, which is legal from any thread at any moment.
///
///     I/O thread:  accept → MHD → on_headers → (body) → on_request ─┐            → on_done
///     any thread:                                                   └→ hs_complete ┘
///
/// Every error made in here is `application/json`:
/// `{"error":"what was expected and found","code":"snake_case","status":413,"request_id":"…"}`, and every reply
/// carries `X-Request-Id`. Out of reach with 0.9.75, because no hook runs before its parser has answered:
/// - a request line or header block larger than `connection_memory` (HTML 414/431; the limits below come first),
/// - a header line without a colon, and HTTP/2.0 and above in the request line (HTML 400 and 505),
/// - a malformed or overflowing Content-Length (400/413 with the header block sent twice; the connection closes),
/// - a bare LF as line end, also in chunks, and a header line of the form `: x`, which ends the header block,
/// - a NUL byte, which truncates the header value it stands in.
/// A proxy in front, or libmicrohttpd ≥ 1.0.4, removes them.
#ifndef CMICROHTTPD_H
#define CMICROHTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct hs_server hs_server;      ///< A running server; any thread may use it.
typedef struct hs_request hs_request;    ///< One request; one reader at a time; dead after `hs_complete`.
typedef struct hs_response hs_response;  ///< A reply under construction; consumed by `hs_complete`.

enum {
    HS_MAX_TARGET = 8192,         ///< Longer request targets get 414.
    HS_MAX_HEADER_BYTES = 16384,  ///< A larger sum of header names and values (plus 4 each) gets 431.
    HS_MAX_HEADERS = 100,         ///< More header lines get 431.
    HS_MAX_REQUEST_ID = 128,      ///< Longer `X-Request-Id` values are replaced by a generated one.
};

/// Settings. Start from `hs_config_default`. Times are in milliseconds.
typedef struct {
    const char *bind_host;         ///< "0.0.0.0", "::" (both families), or a literal address; borrowed by `hs_start`.
    uint16_t port;                 ///< 0 picks a free port, see `hs_port`.
    uint32_t io_threads;           ///< 1…64. One thread carries 70,000 requests a second and more.
    uint32_t max_connections;      ///< The surplus gets 503 at accept, with TLS nothing, and is closed.
    uint32_t backlog;              ///< Connections the kernel may queue before accept.
    uint32_t idle_timeout_ms;      ///< Between requests. Longer than a proxy's (60 s), or it reuses a closed socket.
    uint32_t header_timeout_ms;    ///< From the first byte of a request to the end of its headers.
    uint32_t body_timeout_ms;      ///< For a body, plus what `min_bytes_per_second` grants for the bytes received.
    uint32_t write_timeout_ms;     ///< For a reply, plus what `min_bytes_per_second` grants for its size.
    uint32_t min_bytes_per_second; ///< A slower client is cut.
    size_t connection_memory;      ///< MHD's pool per connection; cleared after every request, so large is slow.
    size_t max_body;               ///< Largest accepted body; more is 413.
    size_t max_discard;            ///< A refused body up to this size is read and dropped so that keep-alive survives.
    const char *_Nullable tls_certificate; ///< PEM file, the server's certificate first: HTTPS. NULL: plain HTTP.
    const char *_Nullable tls_key;         ///< PEM file of its key. Both or none; borrowed by `hs_start`.
} hs_config;

/// How an exchange ended.
typedef enum {
    HS_END_SENT = 0,         ///< The reply was handed to the kernel in full.
    HS_END_CLIENT_LOST = 1,  ///< The client went away, or the connection broke.
    HS_END_DEADLINE = 2,     ///< Cut by a deadline of this server.
    HS_END_STOPPED = 3,      ///< Cut by `hs_stop`.
} hs_end;

/// What is known when an exchange is over. Times are monotonic nanoseconds (`hs_now`).
typedef struct {
    int status;               ///< Status replied, 0 when there was no reply.
    hs_end end;
    uint64_t request_bytes;   ///< Body bytes received.
    uint64_t response_bytes;  ///< Body bytes of the reply (also for HEAD, which does not send them).
    uint64_t arrival_ns;      ///< The headers were complete.
    uint64_t handover_ns;     ///< `on_request` was called; 0 when it never was.
    uint64_t begun_ns;        ///< What `hs_set_begun_ns` was told; 0 when it never was.
    uint64_t completed_ns;    ///< `hs_complete`, or the refusal; 0 without a reply.
    uint64_t finished_ns;
} hs_summary;

/// The application's side. All run on I/O threads and must not block.
typedef struct {
    /// The headers are in and valid, the body is not read. NULL accepts; a response refuses, with `*status`.
    hs_response *_Nullable (*_Nonnull on_headers)(void *user, hs_request *request, int *status);
    /// The whole request is in. Must cause exactly one `hs_complete`, now or later, from any thread.
    void (*_Nonnull on_request)(void *user, hs_request *request);
    /// The reply is about to be sent: the last moment to add header lines, once for every reply that MHD sends (not
    /// for the few written past it). The times of `request` are known.
    void (*_Nonnull on_reply)(void *user, hs_request *request, hs_response *response);
    /// The exchange is over; `request` is readable one last time. Also called for requests this server refused itself.
    void (*_Nonnull on_done)(void *user, hs_request *request, const hs_summary *summary);
    /// A line for the log, printable ASCII; at most a few a second.
    void (*_Nonnull on_log)(void *user, const char *message);
    void *user;  ///< Must outlive a successful `hs_stop`.
} hs_callbacks;

/// The defaults, on 127.0.0.1:8080.
hs_config hs_config_default(void);

/// Binds, starts the I/O threads and returns the server; or NULL with a sentence for a human in `error`.
/// Ignores SIGPIPE for the process, and raises the soft limit of open files to what `max_connections` needs.
hs_server *_Nullable hs_start(const hs_config *config, const hs_callbacks *callbacks, char *error, size_t error_size);

uint16_t hs_port(const hs_server *server);           ///< The port bound.
uint32_t hs_connections(const hs_server *server);    ///< Connections open now.
uint32_t hs_in_flight(const hs_server *server);      ///< Requests begun (request line read) and not yet over.
uint32_t hs_held(const hs_server *server);           ///< Requests in the application's hands, not yet completed.
uint64_t hs_refused_connections(const hs_server *server); ///< Connections answered 503 at accept, ever.
size_t hs_held_bytes(const hs_server *server);       ///< Memory of bodies received and of replies not yet sent.

/// From now on every reply carries `Connection: close`, and `x-envoy-immediate-health-check-fail: true` for the proxy
/// that knows it, while the listener stays open: what a server does between being told to stop and draining, so that
/// clients leave by themselves.
void hs_announce_close(hs_server *server);

/// What became of a new certificate.
typedef enum {
    HS_RELOAD_DONE = 0,       ///< New connections are shown it; those open go on with theirs.
    HS_RELOAD_UNCHANGED = 1,  ///< The files are those in use, or there is no TLS.
    HS_RELOAD_REFUSED = 2,    ///< Unreadable, not a pair, or out of date: the old one stays. `error` says why.
} hs_reload;

/// Reads `tls_certificate` and `tls_key` again. Any thread.
hs_reload hs_reload_certificate(hs_server *server, char *error, size_t error_size);

/// Empties the backlog and closes the listener; from now on every reply carries `Connection: close`.
/// Idempotent. Returns when the listener is closed (at once when called on an I/O thread).
void hs_drain_begin(hs_server *server);

/// Waits until no request is in flight and none has begun for a moment; returns how many are left after `timeout_ms`.
uint32_t hs_drain_wait(hs_server *server, uint32_t timeout_ms);

/// Closes every connection, ends the threads and frees `server`: returns 0. Requests that begin meanwhile get 503.
/// While the application still holds requests nothing is freed and their number is returned: complete them and call
/// again, or leave the process. Not to be called on an I/O thread.
uint32_t hs_stop(hs_server *server);

// MARK: Requests. Everything returned is borrowed and dies with the request: in `hs_complete`, or after `on_done`.

const char *hs_method(const hs_request *request);                     ///< As sent: `GET`.
const char *hs_path(const hs_request *request, size_t *length);       ///< Percent-decoded except `%2F`; no query.
const char *hs_raw_query(const hs_request *request, size_t *length);  ///< After the `?`, as sent; "" without one.
const char *hs_request_id(const hs_request *request, size_t *length); ///< The client's `X-Request-Id`, or a new one.
/// The first value of a header, blanks trimmed (not NUL-terminated there); NULL when absent. `name` in any case.
const char *_Nullable hs_header(const hs_request *request, const char *name, size_t name_length, size_t *length);
const uint8_t *_Nullable hs_body(const hs_request *request, size_t *length);  ///< NULL when empty.
/// Puts another body in place of the one that came, such as what that unpacks to. Takes the `malloc` block of `length`
/// bytes. Not after `hs_complete`.
void hs_replace_body(hs_request *request, uint8_t *_Nullable bytes, size_t length);
int64_t hs_content_length(const hs_request *request);                 ///< −1 when there is none.
/// In `on_request`: whether it is the first such call since the I/O thread last waited.
bool hs_first_of_turn(const hs_request *request);
uint64_t hs_arrival_ns(const hs_request *request);                    ///< When the headers were complete.
uint64_t hs_handover_ns(const hs_request *request);                   ///< When `on_request` was called, or 0.
uint64_t hs_completed_ns(const hs_request *request);                  ///< When it was completed or refused, or 0.
/// When the application began to work on it, for whoever asks later: 0 at first. Not after `hs_complete`.
void hs_set_begun_ns(hs_request *request, uint64_t begun_ns);
uint64_t hs_begun_ns(const hs_request *request);
/// The value of the one `traceparent` header, blanks trimmed (not NUL-terminated); NULL without one or with several.
/// Found while the headers are validated, so that asking costs nothing.
const char *_Nullable hs_traceparent(const hs_request *request, size_t *length);
/// The numeric address of the client, NUL-terminated; formatted on each call.
void hs_client_address(const hs_request *request, char *text, size_t size);
/// True when the client has closed its side: nobody waits for the reply, except a client that half-closes on purpose.
bool hs_client_gone(const hs_request *request);
void hs_set_tag(hs_request *request, uintptr_t tag);                  ///< One word for the application,
uintptr_t hs_tag(const hs_request *request);                          ///< kept from `on_headers` to `on_done`.

// MARK: Responses. Any thread. Out of memory ends the process, as it does in Swift.

hs_response *hs_response_static(const void *_Nullable bytes, size_t length);  ///< Borrows for ever.
hs_response *hs_response_copy(const void *_Nullable bytes, size_t length);
/// Takes the block: it goes to the socket without a copy, then `free_bytes(bytes)`, if any, runs on an I/O thread.
hs_response *hs_response_take(void *_Nullable bytes, size_t length, void (*_Nullable free_bytes)(void *_Nullable));
/// Adds a header line. Control bytes become blanks, so no value can start a line of its own.
void hs_response_header(hs_response *response, const char *name, const char *value);
/// For a response that is not sent after all.
void hs_response_free(hs_response *response);

/// The JSON error above, `Content-Type` included. `message` is UTF-8. Without a request a fresh id is made up.
hs_response *hs_error_response(const hs_request *_Nullable request, int status, const char *code, const char *message);

/// Answers the request. Consumes both; legal from any thread at any moment, also inside `on_request`.
void hs_complete(hs_request *request, int status, hs_response *response);

/// Tells glibc's allocator how this process uses memory: replies are allocated on workers and freed on I/O threads, so
/// that its default of eight arenas a processor would leave each of them with a peak's worth of free memory. For the
/// whole process, and before it has threads.
void hs_keep_heap_small(void);

/// Asks the server at `host` and `port` for `path` and returns the status of its answer; −1 without one. Each wait ends
/// after `timeout_ms`. With `tls`, whatever certificate it shows: meant for the machine itself.
int hs_probe(const char *host, uint16_t port, bool tls, const char *path, uint32_t timeout_ms);

/// Monotonic nanoseconds, the clock of all timestamps here.
uint64_t hs_now(void);

#pragma clang assume_nonnull end

#endif
