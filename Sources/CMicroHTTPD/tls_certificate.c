// The certificate that TLS connections are shown, and its replacement while the server runs.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20, MAX_CHAIN = 16, DIGEST = 32 };

struct hs_certificate {
    hs_certificate *older;  // a handshake may still be at work with it, so it is kept until the server is gone
    gnutls_pcert_st chain[MAX_CHAIN];
    unsigned length;
    gnutls_privkey_t key;
    uint8_t files[2][DIGEST];
};

/// Reads a file of at most `MAX_FILE` bytes. NULL with a sentence in `error`.
static uint8_t *read_file(const char *path, size_t *length, char *error, size_t error_size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        snprintf(error, error_size, "cannot read %s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE) {
        snprintf(error, error_size, "%s: expected a PEM file of at most %d bytes", path, (int)MAX_FILE);
        close(fd);
        return NULL;
    }
    size_t size = (size_t)status.st_size, count = 0;
    uint8_t *bytes = hs_allocate(size + 1);
    while (count < size) {
        ssize_t part = read(fd, bytes + count, size - count);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;  // shorter than it was: what is there must parse
        count += (size_t)part;
    }
    close(fd);
    *length = count;
    return bytes;
}

static void free_certificate(hs_certificate *certificate) {
    for (unsigned i = 0; i < certificate->length; i++) gnutls_pcert_deinit(&certificate->chain[i]);
    if (certificate->key != NULL) gnutls_privkey_deinit(certificate->key);
    free(certificate);
}

/// Whether the key is the one the certificate speaks of.
static bool belongs(const hs_certificate *certificate) {
    gnutls_pubkey_t public_half = NULL;
    uint8_t ids[2][64];
    size_t lengths[2] = {sizeof ids[0], sizeof ids[1]};
    bool same = gnutls_pubkey_init(&public_half) == 0
        && gnutls_pubkey_import_privkey(public_half, certificate->key, 0, 0) == 0
        && gnutls_pubkey_get_key_id(public_half, GNUTLS_KEYID_USE_SHA256, ids[0], &lengths[0]) == 0
        && gnutls_pubkey_get_key_id(certificate->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, ids[1], &lengths[1]) == 0
        && lengths[0] == lengths[1] && memcmp(ids[0], ids[1], lengths[0]) == 0;
    if (public_half != NULL) gnutls_pubkey_deinit(public_half);
    return same;
}

/// Says in `error` how the present day is outside the days for which the certificate is good; true when it is.
static bool is_out_of_date(const hs_certificate *certificate, const char *path, char *error, size_t error_size) {
    gnutls_x509_crt_t parsed;
    if (gnutls_x509_crt_init(&parsed) != 0) return false;
    bool out = false;
    if (gnutls_x509_crt_import(parsed, &certificate->chain[0].cert, GNUTLS_X509_FMT_DER) == 0) {
        time_t now = time(NULL), from = gnutls_x509_crt_get_activation_time(parsed);
        time_t until = gnutls_x509_crt_get_expiration_time(parsed);
        out = now < from || now > until;
        time_t boundary = now < from ? from : until;
        struct tm day = {0};
        gmtime_r(&boundary, &day);
        if (out) {
            snprintf(error, error_size, "the certificate in %s %s %04d-%02d-%02d", path,
                     now < from ? "is good only from" : "expired on", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
        }
    }
    gnutls_x509_crt_deinit(parsed);
    return out;
}

/// Makes sense of two PEM texts. NULL with a sentence in `error`.
static hs_certificate *parse(const gnutls_datum_t *chain, const char *chain_path, const gnutls_datum_t *key,
                             const char *key_path, char *error, size_t error_size) {
    hs_certificate *certificate = hs_allocate(sizeof *certificate);
    unsigned length = MAX_CHAIN;
    int code = gnutls_pcert_list_import_x509_raw(certificate->chain, &length, chain, GNUTLS_X509_FMT_PEM,
                                                 GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED
                                                     | GNUTLS_X509_CRT_LIST_SORT);
    if (code < 0 || length == 0) {
        snprintf(error, error_size, "%s: expected one to %d certificates in PEM, the server's own first: %s", chain_path,
                 (int)MAX_CHAIN, code < 0 ? gnutls_strerror(code) : "there is none");
        free_certificate(certificate);
        return NULL;
    }
    certificate->length = length;
    code = gnutls_privkey_init(&certificate->key);
    if (code == 0) code = gnutls_privkey_import_x509_raw(certificate->key, key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code != 0) {
        snprintf(error, error_size, "%s: expected a private key in PEM, without a password: %s", key_path,
                 gnutls_strerror(code));
    } else if (!belongs(certificate)) {
        snprintf(error, error_size, "the key in %s is not that of the certificate in %s", key_path, chain_path);
    } else {
        gnutls_hash_fast(GNUTLS_DIG_SHA256, chain->data, chain->size, certificate->files[0]);
        gnutls_hash_fast(GNUTLS_DIG_SHA256, key->data, key->size, certificate->files[1]);
        return certificate;
    }
    free_certificate(certificate);
    return NULL;
}

/// Reads the server's two files.
static hs_certificate *load(const hs_server *server, char *error, size_t error_size) {
    const char *paths[2] = {server->certificate_path, server->key_path};
    uint8_t *bytes[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};
    hs_certificate *certificate = NULL;
    bytes[0] = read_file(paths[0], &lengths[0], error, error_size);
    if (bytes[0] != NULL) bytes[1] = read_file(paths[1], &lengths[1], error, error_size);
    if (bytes[1] != NULL) {
        gnutls_datum_t chain = {bytes[0], (unsigned)lengths[0]}, key = {bytes[1], (unsigned)lengths[1]};
        certificate = parse(&chain, paths[0], &key, paths[1], error, error_size);
        gnutls_memset(bytes[1], 0, lengths[1]);
    }
    free(bytes[0]);
    free(bytes[1]);
    return certificate;
}

bool hs_load_certificate(hs_server *server, char *error, size_t error_size) {
    hs_certificate *certificate = load(server, error, error_size);
    if (certificate == NULL) return false;
    atomic_store(&server->certificate, certificate);
    char warning[512];
    // Not refused: clients that do not check have to go on, and those that do say the same.
    if (is_out_of_date(certificate, server->certificate_path, warning, sizeof warning)) {
        server->callbacks.on_log(server->callbacks.user, warning);
    }
    return true;
}

hs_reload hs_reload_certificate(hs_server *server, char *error, size_t error_size) {
    if (!hs_speaks_tls(server)) return HS_RELOAD_UNCHANGED;
    pthread_mutex_lock(&server->certificate_lock);
    hs_certificate *old = atomic_load(&server->certificate), *new = load(server, error, error_size);
    hs_reload result = HS_RELOAD_REFUSED;
    if (new != NULL && memcmp(new->files, old->files, sizeof old->files) == 0) {
        result = HS_RELOAD_UNCHANGED;
    } else if (new != NULL && !is_out_of_date(new, server->certificate_path, error, error_size)) {
        new->older = old;
        atomic_store(&server->certificate, new);
        result = HS_RELOAD_DONE;
    }
    if (new != NULL && result != HS_RELOAD_DONE) free_certificate(new);
    pthread_mutex_unlock(&server->certificate_lock);
    return result;
}

/// GnuTLS asks this in each handshake.
static int give(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned *length,
                gnutls_privkey_t *key) {
    (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    const hs_connection *connection = gnutls_db_get_ptr(session);
    hs_certificate *certificate = atomic_load(&connection->io->server->certificate);
    *chain = certificate->chain;
    *length = certificate->length;
    *key = certificate->key;
    return 0;
}

void *hs_certificate_callback(void) { return (void *)give; }

void hs_free_certificates(hs_server *server) {
    hs_certificate *certificate = atomic_load(&server->certificate);
    while (certificate != NULL) {
        hs_certificate *older = certificate->older;
        free_certificate(certificate);
        certificate = older;
    }
}
