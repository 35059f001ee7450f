// The loop of one I/O thread: an epoll around MHD's own, the wake-up eventfd and (thread 0) the listener.
//
// MHD_run waits for nothing in this mode, so a turn can never block inside MHD; see the header for why that matters.
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SCAN_MS = 250 };

static _Thread_local hs_io *current;

bool hs_on_io_thread(void) { return current != NULL; }

void hs_wake(hs_io *io) {
    uint64_t one = 1;
    while (write(io->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

void hs_log(hs_io *io, const char *format, ...) {
    // Lines may be provoked by clients and contain their bytes: at most ten a second, printable ASCII only.
    uint64_t now = hs_now();
    if (now - io->log_window_ns > 1000000000u) {
        io->log_window_ns = now;
        io->log_count = 0;
    }
    if (++io->log_count > 10) return;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == ' ')) line[--length] = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] < 0x20 || line[i] > 0x7e) line[i] = '?';
    }
    io->server->callbacks.on_log(io->server->callbacks.user, line);
}

static void add_connection(hs_io *io, const struct hs_accepted *accepted) {
    io->started_connection = false;
    hs_mhd_result added = MHD_add_connection(io->daemon, accepted->fd, (const struct sockaddr *)&accepted->address,
                                             accepted->length);
    // On failure MHD has closed the socket; it announced the end of the connection only if it announced its start.
    if (added != MHD_YES && !io->started_connection) atomic_fetch_sub(&io->server->open_connections, 1);
}

void hs_hand_over_connection(hs_io *io, const struct hs_accepted *accepted) {
    if (io == current) {
        add_connection(io, accepted);
        return;
    }
    // Without its own threads MHD does not lock: only the thread that runs a daemon may add to it.
    pthread_mutex_lock(&io->inbox_lock);
    if (io->inbox_count == io->inbox_capacity) {
        size_t capacity = io->inbox_capacity == 0 ? 64 : io->inbox_capacity * 2;
        struct hs_accepted *grown = realloc(io->inbox, capacity * sizeof *grown);
        if (grown == NULL) {
            pthread_mutex_unlock(&io->inbox_lock);
            close(accepted->fd);
            atomic_fetch_sub(&io->server->open_connections, 1);
            return;
        }
        io->inbox = grown;
        io->inbox_capacity = capacity;
    }
    io->inbox[io->inbox_count++] = *accepted;
    pthread_mutex_unlock(&io->inbox_lock);
    hs_wake(io);
}

static void take_inbox(hs_io *io) {
    pthread_mutex_lock(&io->inbox_lock);
    struct hs_accepted *taken = io->inbox;
    size_t count = io->inbox_count;
    io->inbox = NULL;
    io->inbox_count = io->inbox_capacity = 0;
    pthread_mutex_unlock(&io->inbox_lock);
    for (size_t i = 0; i < count; i++) add_connection(io, &taken[i]);
    free(taken);
}

static void resume_done(hs_io *io) {
    hs_request *newest = atomic_exchange(&io->done, NULL), *oldest = NULL;
    while (newest != NULL) {  // a stack; first come, first served
        hs_request *next = newest->next_done;
        newest->next_done = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        hs_request *next = oldest->next_done;  // read first: resuming may end in the request's release
        MHD_resume_connection(oldest->mhd);
        oldest = next;
    }
}

static void close_listener(hs_server *server) {
    hs_accept_pending(server);
    close(server->listen_fd);  // leaves every epoll set with it
    server->listen_fd = -1;
    pthread_mutex_lock(&server->lock);
    server->listener_closed = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/// Stops or restarts watching the listener after accept ran out of descriptors.
static void watch_listener(hs_io *io, bool watched) {
    struct epoll_event event = {.events = watched ? EPOLLIN : 0, .data.fd = io->server->listen_fd};
    epoll_ctl(io->outer_epoll, EPOLL_CTL_MOD, io->server->listen_fd, &event);
}

static void run_listener(hs_io *io, bool readable) {
    hs_server *server = io->server;
    if (server->listen_fd < 0) return;
    if (atomic_load(&server->draining)) {
        close_listener(server);
    } else if (server->accept_again_ns != 0) {
        if (io->now_ns < server->accept_again_ns) return;
        server->accept_again_ns = 0;
        watch_listener(io, true);
    } else if (readable) {
        hs_accept_pending(server);
        if (server->accept_again_ns != 0) watch_listener(io, false);
    }
}

static int milliseconds_to_wait(hs_io *io) {
    if (io->run_again) return 0;
    uint64_t limit = SCAN_MS;
    if (io == &io->server->io[0] && io->server->accept_again_ns != 0) limit = 10;
    MHD_UNSIGNED_LONG_LONG mhd = 0;
    if (MHD_get_timeout(io->daemon, &mhd) == MHD_YES && mhd < limit) limit = mhd;
    return (int)limit;
}

/// One turn; returns after MHD has done all it can without waiting.
static void run_once(hs_io *io, int timeout) {
    struct epoll_event events[4];
    int count = epoll_wait(io->outer_epoll, events, 4, timeout);
    io->run_again = false;
    io->handed_over = 0;
    io->now_ns = hs_now();
    bool accepts = io == &io->server->io[0], listener_readable = false;
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (fd == io->wake_fd) {
            uint64_t ignored;
            ssize_t result = read(io->wake_fd, &ignored, sizeof ignored);  // before the queues: no wake is lost
            (void)result;
            take_inbox(io);
        } else if (fd == io->handshake_epoll) {
            hs_resume_handshakes(io);
        } else if (accepts && fd == io->server->listen_fd) {
            listener_readable = true;
        }
    }
    if (accepts) run_listener(io, listener_readable);
    resume_done(io);
    MHD_run(io->daemon);
    if (io->now_ns - io->scanned_ns >= SCAN_MS * 1000000ull) {
        io->scanned_ns = io->now_ns;
        hs_scan_deadlines(io);
        if (accepts) hs_close_lingering(io->server, io->now_ns);
    }
}

void *hs_io_main(void *argument) {
    hs_io *io = argument;
    hs_server *server = io->server;
    current = io;
    pthread_setname_np(pthread_self(), "http-io");
    while (!atomic_load(&server->exiting)) {
        unsigned epoch = atomic_load(&server->epoch);  // before the turn: all of it saw what was set before the epoch
        run_once(io, milliseconds_to_wait(io));
        atomic_store(&io->acknowledged, epoch);
    }
    hs_abandon_handshakes(io);
    // No request is with the application any more: two turns resume and answer what is left on the done-stack.
    run_once(io, 0);
    run_once(io, 0);
    return NULL;
}
