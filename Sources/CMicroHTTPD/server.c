// Start, drain and stop: the server as a whole.
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

hs_config hs_config_default(void) {
    return (hs_config){
        .bind_host = "127.0.0.1",
        .port = 8080,
        .io_threads = 1,
        .max_connections = 4096,
        .backlog = 1024,
        .idle_timeout_ms = 75000,
        .header_timeout_ms = 10000,
        .body_timeout_ms = 30000,
        .write_timeout_ms = 30000,
        .min_bytes_per_second = 65536,
        .connection_memory = 32768,
        .max_body = 16u << 20,
        .max_discard = 1u << 20,
    };
}

uint64_t hs_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void panicked(void *unused, const char *file, unsigned int line, const char *reason) {
    (void)unused;
    fprintf(stderr, "libmicrohttpd %s failed at %s:%u: %s\n", MHD_get_version(), file, line, reason ? reason : "");
    abort();  // MHD's state is undefined here; the contract lets this function return, but never safely
}

static void logged(void *io, const char *format, va_list arguments) {
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    if (strstr(line, "handshake message out of context") != NULL) {
        // What MHD says of every failed handshake, also of a balancer's check that only connects.
        hs_io *thread = io;
        if (thread->handshake_logged_ns != 0 && thread->now_ns - thread->handshake_logged_ns < 60000000000u) return;
        thread->handshake_logged_ns = thread->now_ns;
        snprintf(line, sizeof line, "a client gave up the TLS handshake, or was refused (said once a minute)");
    }
    hs_log(io, "%s", line);
}

/// The target is decoded in validation.c, from the bytes as sent; MHD's copy is not looked at.
static size_t leave_escaped(void *unused, struct MHD_Connection *connection, char *text) {
    (void)unused;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(hs_io *io) {
    const hs_config *config = &io->server->config;
    bool tls = hs_speaks_tls(io->server);
    struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)hs_tls_priorities},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, hs_certificate_callback()},
        {MHD_OPTION_END, 0, NULL},
    };
    // The increment is a read step; the pool clears what was used, so a small step keeps small requests cheap.
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG
            | (tls ? MHD_USE_TLS : 0),
        0, NULL, NULL,
        hs_handle, io,
        MHD_OPTION_EXTERNAL_LOGGER, logged, io,  // first, or start-up messages go to stderr
        MHD_OPTION_NOTIFY_COMPLETED, hs_exchange_over, io,
        MHD_OPTION_NOTIFY_CONNECTION, hs_connection_changed, io,
        MHD_OPTION_URI_LOG_CALLBACK, hs_request_line_arrived, io,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, config->connection_memory,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)8192,
        // The limit is ours, at accept: MHD_add_connection at MHD's limit leaves a mutex locked (fixed in 1.0.0).
        MHD_OPTION_CONNECTION_LIMIT, 0x3fffffffu,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,  // deadline.c
#if MHD_VERSION >= 0x00097701
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, (int)1,
#else
        // −1 refuses `Name : value`, in HTML: validation.c does it too. 1 garbles its answer to a missing Host.
        MHD_OPTION_STRICT_FOR_CLIENT, (int)0,
#endif
        MHD_OPTION_ARRAY, tls ? tls_options : &tls_options[2],
        MHD_OPTION_END);
}

static bool watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool prepare_io(hs_server *server, hs_io *io, bool accepts) {
    io->server = server;
    io->connections.previous = io->connections.next = &io->connections;
    pthread_mutex_init(&io->inbox_lock, NULL);
    io->outer_epoll = epoll_create1(EPOLL_CLOEXEC);
    io->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    io->handshake_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (io->outer_epoll < 0 || io->wake_fd < 0 || io->handshake_epoll < 0) return false;
    io->daemon = start_daemon(io);
    if (io->daemon == NULL) return false;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(io->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) return false;
    io->mhd_epoll = info->epoll_fd;
    io->now_ns = io->scanned_ns = hs_now();
    return watch(io->outer_epoll, io->mhd_epoll) && watch(io->outer_epoll, io->wake_fd)
        && watch(io->outer_epoll, io->handshake_epoll) && (!accepts || watch(io->outer_epoll, server->listen_fd));
}

static void close_io(hs_io *io) {
    if (io->daemon != NULL) MHD_stop_daemon(io->daemon);
    if (io->outer_epoll >= 0) close(io->outer_epoll);
    if (io->wake_fd >= 0) close(io->wake_fd);
    if (io->handshake_epoll >= 0) close(io->handshake_epoll);
    for (size_t i = 0; i < io->inbox_count; i++) close(io->inbox[i].fd);
    for (uint32_t i = 0; i < io->block_count; i++) free(io->blocks[i]);
    free(io->inbox);
    pthread_mutex_destroy(&io->inbox_lock);
}

static void free_server(hs_server *server) {
    for (uint32_t i = 0; i < LINGER_SLOTS; i++) {
        if (server->linger[i].fd >= 0) close(server->linger[i].fd);
    }
    if (server->listen_fd >= 0) close(server->listen_fd);
    hs_free_certificates(server);
    free(server->certificate_path);
    free(server->key_path);
    pthread_mutex_destroy(&server->certificate_lock);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    free(server->io);
    free(server);
}

/// Tells the running I/O threads to leave and waits for them.
static void join_io(hs_server *server, uint32_t count) {
    atomic_store(&server->exiting, true);
    for (uint32_t i = 0; i < count; i++) hs_wake(&server->io[i]);
    for (uint32_t i = 0; i < count; i++) pthread_join(server->io[i].thread, NULL);
}

static const char *fault_in(const hs_config *config) {
    if (config->io_threads < 1 || config->io_threads > 64) return "the number of I/O threads must be 1…64";
    if (config->max_connections < 1) return "the connection limit must be at least 1";
    if (config->max_connections > 1000000) return "the connection limit must be at most 1000000";
    if (config->connection_memory < 32768) return "the connection memory must be at least 32768 bytes";
    if (config->min_bytes_per_second < 1) return "the least transfer rate must be at least 1 byte a second";
    if ((config->tls_certificate == NULL) != (config->tls_key == NULL)) {
        return "TLS needs a certificate and its key: expected both files or neither";
    }
    return NULL;
}

static char *copy(const char *text) {
    return strcpy(hs_allocate(strlen(text) + 1), text);
}

hs_server *hs_start(const hs_config *config, const hs_callbacks *callbacks, char *error, size_t error_size) {
    const char *fault = fault_in(config);
    if (fault != NULL) {
        snprintf(error, error_size, "%s", fault);
        return NULL;
    }
    uint16_t port = 0;
    int listen_fd = hs_listen(config, &port, error, error_size);
    if (listen_fd < 0) return NULL;

    struct sigaction pipe_action;
    if (sigaction(SIGPIPE, NULL, &pipe_action) == 0 && pipe_action.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
    hs_raise_open_file_limit(config->max_connections);
    MHD_set_panic_func(panicked, NULL);

    hs_server *server = hs_allocate(sizeof *server);
    server->config = *config;
    server->config.tls_certificate = server->config.tls_key = NULL;  // borrowed
    server->callbacks = *callbacks;
    server->listen_fd = listen_fd;
    server->port = port;
    for (uint32_t i = 0; i < LINGER_SLOTS; i++) server->linger[i].fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->certificate_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    server->io = hs_allocate(config->io_threads * sizeof *server->io);
    if (config->tls_certificate != NULL) {
        server->certificate_path = copy(config->tls_certificate);
        server->key_path = copy(config->tls_key);
        if (!hs_load_certificate(server, error, error_size)) {
            free_server(server);
            return NULL;
        }
    }

    uint32_t prepared = 0, running = 0;
    bool good = true;
    while (good && prepared < config->io_threads) {
        good = prepare_io(server, &server->io[prepared], prepared == 0);
        prepared++;
    }
    // Signals belong to the main thread: the I/O threads inherit a full mask.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (good && running < config->io_threads) {
        int code = pthread_create(&server->io[running].thread, NULL, hs_io_main, &server->io[running]);
        good = code == 0;
        if (good) running++;
        else errno = code;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (good) return server;

    snprintf(error, error_size, "cannot start the I/O threads: %s (out of file descriptors or memory?)",
             strerror(errno));
    join_io(server, running);
    for (uint32_t i = 0; i < prepared; i++) close_io(&server->io[i]);
    free_server(server);
    return NULL;
}

uint16_t hs_port(const hs_server *server) { return server->port; }

uint32_t hs_connections(const hs_server *server) { return atomic_load(&((hs_server *)server)->open_connections); }

uint32_t hs_held(const hs_server *server) { return atomic_load(&((hs_server *)server)->held); }

uint64_t hs_refused_connections(const hs_server *server) {
    return atomic_load(&((hs_server *)server)->refused_connections);
}

size_t hs_held_bytes(const hs_server *server) { return atomic_load(&((hs_server *)server)->held_bytes); }

void hs_announce_close(hs_server *server) { atomic_store(&server->announcing, true); }

uint32_t hs_in_flight(const hs_server *server) { return atomic_load(&((hs_server *)server)->exchanges); }

void hs_drain_begin(hs_server *server) {
    atomic_store(&server->draining, true);
    hs_wake(&server->io[0]);
    if (hs_on_io_thread()) return;
    pthread_mutex_lock(&server->lock);
    while (!server->listener_closed) pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

/// Waits for `changed` until `until_ns`; the lock is held.
static void wait_until(hs_server *server, uint64_t until_ns) {
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u), .tv_nsec = (long)(until_ns % 1000000000u)};
    pthread_cond_timedwait(&server->changed, &server->lock, &until);
}

uint32_t hs_drain_wait(hs_server *server, uint32_t timeout_ms) {
    // A request may lie unread in a socket, or be on the wire of a client that has not yet seen `Connection: close`:
    // zero must hold for a moment in which nothing begins, unless no connection is left to send one.
    enum { QUIET_MS = 100 };
    uint64_t now = hs_now(), deadline = now + timeout_ms * 1000000ull, quiet_since = now;
    uint64_t begun = atomic_load(&server->exchanges_begun);
    pthread_mutex_lock(&server->lock);
    for (;;) {
        now = hs_now();
        uint64_t begun_now = atomic_load(&server->exchanges_begun);
        if (begun_now != begun || atomic_load(&server->exchanges) != 0) quiet_since = now;
        begun = begun_now;
        bool idle = atomic_load(&server->exchanges) == 0;
        if (idle && (atomic_load(&server->open_connections) == 0 || now - quiet_since >= QUIET_MS * 1000000ull)) break;
        if (now >= deadline) break;
        uint64_t step = now + QUIET_MS * 1000000ull / 4;
        wait_until(server, step < deadline ? step : deadline);
    }
    pthread_mutex_unlock(&server->lock);
    return atomic_load(&server->exchanges);
}

uint32_t hs_stop(hs_server *server) {
    // From here on no request reaches the application. Once every I/O thread has finished the turn it was in,
    // `held` can only fall, and a suspended connection (on which MHD_stop_daemon would abort) implies `held` > 0
    // or a completion on the done-stack, which the thread empties before it leaves, or a handshake, which it abandons.
    atomic_store(&server->refusing, true);
    hs_drain_begin(server);
    unsigned epoch = atomic_fetch_add(&server->epoch, 1) + 1;
    for (uint32_t i = 0; i < server->config.io_threads; i++) {
        while ((int)(atomic_load(&server->io[i].acknowledged) - epoch) < 0) {
            hs_wake(&server->io[i]);
            usleep(200);
        }
    }
    uint32_t held = atomic_load(&server->held);
    if (held > 0) return held;
    join_io(server, server->config.io_threads);
    for (uint32_t i = 0; i < server->config.io_threads; i++) close_io(&server->io[i]);
    free_server(server);
    return 0;
}
