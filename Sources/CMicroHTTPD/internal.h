// What the files of this target share: the server, its I/O threads, connections and requests.
#ifndef CMICROHTTPD_INTERNAL_H
#define CMICROHTTPD_INTERNAL_H

#define _GNU_SOURCE  // accept4, POLLRDHUP, thread names; this header comes first in every file

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "CMicroHTTPD.h"

typedef struct hs_io hs_io;
typedef struct hs_certificate hs_certificate;  // tls_certificate.c
struct gnutls_session_int;

/// What a connection waits for; each has its own deadline (deadline.c). Written by its I/O thread only.
typedef enum { PHASE_IDLE, PHASE_HEADERS, PHASE_BODY, PHASE_APPLICATION, PHASE_REPLY, PHASE_LINGER } hs_phase;

typedef struct hs_connection {
    struct hs_connection *previous, *next;  // the registry of its I/O thread
    hs_io *io;
    hs_request *request;                    // NULL between requests
    struct MHD_Connection *mhd;
    struct gnutls_session_int *session;     // NULL without TLS
    uint64_t since_ns;                      // when `phase` began
    uint64_t trickle_ns;                    // when bytes of an unfinished request line were first seen, or 0
    uint64_t bytes_seen;                    // TCP bytes received when last looked at while idle
    int fd;
    hs_phase phase;
    bool looked_at;                         // `bytes_seen` is valid for this idle period
    bool cut;                               // a deadline has shut the socket down
    bool spoke, waiting, secured;           // TLS: the first bytes are in; between two messages; the handshake is over
} hs_connection;

/// READING → PENDING → {SUSPENDED →} COMPLETED. PENDING: with the application while the handler still runs.
enum { STATE_READING, STATE_PENDING, STATE_SUSPENDED, STATE_COMPLETED };

/// Where the access handler stands with the request; I/O thread only.
typedef enum { STEP_HEADERS, STEP_BODY, STEP_APPLICATION, STEP_REPLIED } hs_step;

struct hs_request {
    hs_io *io;
    hs_connection *connection;
    struct MHD_Connection *mhd;
    hs_request *next_done;
    const char *method;       // in MHD's pool, like every header
    hs_response *reply;       // set by completion or refusal, taken by `queue_reply`
    uint8_t *body;
    size_t body_length, body_capacity, discarded, reply_size;
    size_t held_bytes;        // this exchange's part of the server's
    uintptr_t tag;
    uint64_t arrival_ns, handover_ns, begun_ns, completed_ns, received;
    const char *traceparent;  // in MHD's pool
    uint16_t traceparent_length;
    int64_t content_length;
    atomic_int state;
    atomic_int references;    // one for MHD's side, one for the application's
    int fd, status;
    hs_step step;
    bool chunked, expects_continue, discarding, answered_raw, announced;
    bool target_too_long, target_malformed;
    uint16_t path_length, query_length;
    uint8_t id_length;
    char id[HS_MAX_REQUEST_ID + 1];
    char *path, *query;       // in `text`
    char text[];
};

/// Made on any thread, turned into MHD's form on the I/O thread: that takes a dozen small allocations, and allocating on
/// one thread what another frees is what an allocator does worst.
struct hs_response {
    void *bytes;
    size_t size;
    void (*free_bytes)(void *);   // NULL: borrowed for ever
    char *headers;                // name, NUL, value, NUL, name, …; `room` unless they outgrew it
    size_t headers_used, headers_capacity;
    char room[256];
};

/// Blocks for bodies that are kept for the next ones: most bodies fit into one, and an allocator is slow at this size.
enum { BODY_BLOCK = 16384, KEPT_BLOCKS = 64 };

struct hs_io {
    hs_server *server;
    struct MHD_Daemon *daemon;
    hs_connection connections;             // sentinel of the registry
    _Atomic(hs_request *) done;            // completed while suspended; pushed by any thread
    pthread_t thread;
    int outer_epoll, mhd_epoll, wake_fd;
    int handshake_epoll;                   // sockets of unfinished TLS handshakes (tls.c)
    bool leaving;                          // no handshake may wait any more
    bool run_again;                        // something was resumed that MHD_get_timeout does not know of
    uint32_t handed_over;                  // calls of on_request in this turn
    bool started_connection;               // the NOTIFY_CONNECTION callback ran inside MHD_add_connection
    uint64_t now_ns, scanned_ns;           // clock of this turn of the loop; last scan
    uint32_t scans;
    uint64_t log_window_ns, handshake_logged_ns;
    uint32_t log_count;

    uint8_t *blocks[KEPT_BLOCKS];          // of BODY_BLOCK bytes each; this thread only
    uint32_t block_count;

    pthread_mutex_t inbox_lock;            // sockets accepted by I/O thread 0 for this one
    struct hs_accepted { int fd; socklen_t length; struct sockaddr_storage address; } *inbox;
    size_t inbox_count, inbox_capacity;
    atomic_uint acknowledged;              // `server->epoch` as last seen by this thread
};

enum { LINGER_SLOTS = 64 };

/// What every reply of a server that is about to stop carries beside `Connection: close`: Envoy takes the replica out
/// at once, on any reply, instead of after its next failed health checks.
#define HS_LEAVING_HEADER "x-envoy-immediate-health-check-fail"

struct hs_server {
    hs_config config;
    hs_callbacks callbacks;
    hs_io *io;
    int listen_fd;                         // owned by I/O thread 0; −1 once closed
    char *certificate_path, *key_path;     // NULL without TLS
    _Atomic(hs_certificate *) certificate; // the newest
    pthread_mutex_t certificate_lock;      // one reload at a time
    uint16_t port;
    uint32_t next_io;
    uint64_t accept_again_ns;              // out of descriptors until then, or 0
    struct { int fd; uint64_t until_ns; } linger[LINGER_SLOTS];  // refused at accept, closed a little later
    uint32_t linger_next;

    atomic_uint open_connections;
    atomic_uint exchanges;                 // requests begun and not over
    atomic_uint_fast64_t exchanges_begun, refused_connections;
    atomic_uint held;                      // requests in the application's hands
    atomic_size_t held_bytes;              // bodies received and replies not yet sent
    atomic_bool announcing, draining, refusing, exiting;
    atomic_uint epoch;                     // raised by hs_stop to learn when every I/O thread has seen `refusing`
    pthread_mutex_t lock;
    pthread_cond_t changed;                // listener closed, or a request over while draining
    bool listener_closed;
};

/// A refusal of the wrapper itself. `status` 0 means none.
typedef struct { int status; const char *code, *message; } hs_fault;

#if MHD_VERSION >= 0x00097002
typedef enum MHD_Result hs_mhd_result;
#else
typedef int hs_mhd_result;
#endif

// listener.c
int hs_listen(const hs_config *config, uint16_t *port, char *error, size_t error_size);
void hs_raise_open_file_limit(uint32_t connections);
void hs_accept_pending(hs_server *server);
void hs_close_lingering(hs_server *server, uint64_t now_ns);

// io_thread.c
void *hs_io_main(void *io);
void hs_wake(hs_io *io);
bool hs_on_io_thread(void);
void hs_hand_over_connection(hs_io *io, const struct hs_accepted *accepted);

// exchange.c: MHD's callbacks
void *hs_request_line_arrived(void *io, const char *target, struct MHD_Connection *connection);
hs_mhd_result hs_handle(void *io, struct MHD_Connection *connection, const char *url, const char *method,
                        const char *version, const char *upload, size_t *upload_size, void **context);
void hs_exchange_over(void *io, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code);
void hs_connection_changed(void *io, struct MHD_Connection *connection, void **context,
                           enum MHD_ConnectionNotificationCode code);

// validation.c
void hs_split_target(hs_request *request, const char *target);
hs_fault hs_validate(hs_request *request, const char *version);

// deadline.c
void hs_scan_deadlines(hs_io *io);

// tls_certificate.c
bool hs_load_certificate(hs_server *server, char *error, size_t error_size);
void hs_free_certificates(hs_server *server);
void *hs_certificate_callback(void);

// tls.c
extern const char hs_tls_priorities[];
bool hs_speaks_tls(const hs_server *server);
void hs_prepare_session(hs_connection *connection, struct gnutls_session_int *session);
void hs_resume_handshakes(hs_io *io);
void hs_abandon_handshakes(hs_io *io);
bool hs_session_holds_bytes(const hs_connection *connection);
void hs_session_send_last(hs_connection *connection, const char *bytes, size_t count);

// response.c
bool hs_says_close(const hs_server *server);
void hs_reply_raw(const hs_server *server, hs_connection *connection, int fd, const hs_request *request, int status,
                  const char *code, const char *message);
void *hs_allocate(size_t size);
struct MHD_Response *hs_response_build(hs_response *response);  // consumes it

// request.c
void hs_request_release(hs_request *request);
void hs_make_request_id(char id[HS_MAX_REQUEST_ID + 1], uint8_t *length);

// io_thread.c; printf-like
void hs_log(hs_io *io, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
