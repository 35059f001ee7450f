// What a request must satisfy before the application sees it. libmicrohttpd 0.9.75 accepts request smuggling in many
// forms (both framings at once, repeated lengths, folded or unknown codings); each is refused here, and the connection
// closed, because the two ends no longer agree on where the request stops.
#include "internal.h"

#include <string.h>
#include <strings.h>

static bool is_token_byte(unsigned char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static int hex_value(unsigned char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Decodes the path in place. `%2F` stays as it is: decoded it would split a segment.
static bool decode_path(hs_request *request) {
    char *out = request->path;
    for (const char *in = request->path; *in != 0; in++) {
        if (*in != '%') { *out++ = *in; continue; }
        int high = hex_value((unsigned char)in[1]), low = high < 0 ? -1 : hex_value((unsigned char)in[2]);
        if (low < 0) return false;
        int byte = high * 16 + low;
        if (byte < 0x20 || byte == 0x7f) return false;
        if (byte == '/') {
            *out++ = in[0], *out++ = in[1], *out++ = in[2];
        } else {
            *out++ = (char)byte;
        }
        in += 2;
    }
    *out = 0;
    request->path_length = (uint16_t)(out - request->path);
    return true;
}

static bool query_is_well_formed(const char *query) {
    for (; *query != 0; query++) {
        if (*query == '%' && (hex_value((unsigned char)query[1]) < 0 || hex_value((unsigned char)query[2]) < 0)) {
            return false;
        }
    }
    return true;
}

/// Copies the request target into `request->text` (room for its length + 2) and splits it.
void hs_split_target(hs_request *request, const char *target) {
    char *text = request->text;
    strcpy(text, target);
    request->path = text;
    request->query = text + strlen(text);
    for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++) {
        if (*c <= 0x20 || *c >= 0x7f || *c == '#') request->target_malformed = true;
    }
    if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0) {
        // Absolute form, as sent to proxies; a server must take it too.
        char *authority = strstr(text, "//") + 2, *path = authority + strcspn(authority, "/?");
        if (path == authority || *path != '/') request->target_malformed = true;
        request->path = path;
    } else if (text[0] != '/' && strcmp(text, "*") != 0) {
        request->target_malformed = true;
    }
    char *mark = strchr(request->path, '?');
    if (mark != NULL) {
        *mark = 0;
        request->query = mark + 1;
    }
    request->query_length = (uint16_t)strlen(request->query);
    request->path_length = (uint16_t)strlen(request->path);
    if (!query_is_well_formed(request->query) || !decode_path(request)) request->target_malformed = true;
}

/// What the pass over the headers found.
typedef struct {
    hs_request *request;
    hs_fault fault;  // the first
    size_t count, bytes;
    int hosts, lengths, codings;
    bool coding_is_chunked, expectation_unknown;
} hs_survey;

static bool is(const char *name, size_t length, const char *expected) {
    return length == strlen(expected) && strncasecmp(name, expected, length) == 0;
}

static bool starts(const char *name, size_t length, const char *prefix) {
    size_t prefix_length = strlen(prefix);
    return length >= prefix_length && strncasecmp(name, prefix, prefix_length) == 0;
}

static void trim(const char **value, size_t *length) {
    while (*length > 0 && (**value == ' ' || **value == '\t')) (*value)++, (*length)--;
    while (*length > 0 && ((*value)[*length - 1] == ' ' || (*value)[*length - 1] == '\t')) (*length)--;
}

static void adopt_request_id(hs_request *request, const char *value, size_t length) {
    if (length < 1 || length > HS_MAX_REQUEST_ID || request->id_length != 0) return;
    for (size_t i = 0; i < length; i++) {
        if (value[i] <= ' ' || value[i] > '~' || value[i] == '"' || value[i] == '\'' || value[i] == '\\') return;
    }
    memcpy(request->id, value, length);
    request->id[length] = 0;
    request->id_length = (uint8_t)length;
}

/// Several make none: which of them to trust cannot be known.
static void note_traceparent(hs_request *request, const char *value, size_t length) {
    bool first = request->traceparent == NULL;
    request->traceparent = value;
    request->traceparent_length = first && length <= UINT16_MAX ? (uint16_t)length : 0;
}

static bool host_is_plausible(const char *value, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c <= ' ' || c >= 0x7f || strchr("/?#@\\,\"<>", c) != NULL) return false;
    }
    return true;
}

static void look_at_framing(hs_survey *survey, const char *name, size_t name_length, const char *value,
                            size_t length) {
    if (is(name, name_length, "Content-Length")) {
        survey->lengths++;
        int64_t total = 0;
        for (size_t i = 0; i < length; i++) {
            if (value[i] < '0' || value[i] > '9' || __builtin_mul_overflow(total, 10, &total)
                || __builtin_add_overflow(total, value[i] - '0', &total)) {
                survey->fault = (hs_fault){400, "invalid_content_length", "Content-Length must be a decimal number"};
                return;
            }
        }
        if (length == 0) {
            survey->fault = (hs_fault){400, "invalid_content_length", "Content-Length must not be empty"};
        }
        survey->request->content_length = total;
    } else if (is(name, name_length, "Transfer-Encoding")) {
        survey->codings++;
        survey->coding_is_chunked = is(value, length, "chunked");
    } else {
        // 0.9.75 joins a folded line to the header's name, so that the header no longer seems to be there.
        survey->fault = (hs_fault){400, "invalid_header", "Malformed framing header: only Content-Length and "
                                   "Transfer-Encoding are known, each on one line"};
    }
}

static hs_mhd_result look_at_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                    const char *value, size_t length) {
    (void)kind;
    hs_survey *survey = context;
    survey->count++;
    survey->bytes += name_length + length + 4;
    if (value == NULL) value = "", length = 0;
    trim(&value, &length);
    if (is(name, name_length, "X-Request-Id")) adopt_request_id(survey->request, value, length);
    if (is(name, name_length, "traceparent")) note_traceparent(survey->request, value, length);
    if (survey->fault.status != 0) return MHD_YES;  // go on only for the request id

    bool sound = name_length > 0;
    for (size_t i = 0; i < name_length; i++) sound &= is_token_byte((unsigned char)name[i]);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        sound &= (c >= 0x20 || c == '\t') && c != 0x7f;
    }
    if (!sound) {
        survey->fault = (hs_fault){400, "invalid_header",
                                   "A header name has a byte that no token may have, or a value has a control byte"};
    } else if (starts(name, name_length, "Content-Length") || starts(name, name_length, "Transfer-Encoding")) {
        look_at_framing(survey, name, name_length, value, length);
    } else if (is(name, name_length, "Host")) {
        survey->hosts++;
        if (!host_is_plausible(value, length)) {
            survey->fault = (hs_fault){400, "invalid_host", "The Host header is not a host name with an optional port"};
        }
    } else if (is(name, name_length, "Expect")) {
        survey->request->expects_continue = is(value, length, "100-continue");
        survey->expectation_unknown |= !survey->request->expects_continue;
    }
    return MHD_YES;
}

static hs_fault framing_fault(const hs_survey *survey, bool http_1_0) {
    if (survey->fault.status != 0) return survey->fault;
    if (survey->hosts != 1 && (survey->hosts > 1 || !http_1_0)) {
        return (hs_fault){400, "invalid_host", "An HTTP/1.1 request needs exactly one Host header"};
    }
    if (survey->lengths > 1) {
        return (hs_fault){400, "invalid_content_length", "A request may have one Content-Length header, not several"};
    }
    if (survey->codings > 0 && survey->lengths > 0) {
        return (hs_fault){400, "ambiguous_length", "A request may have Content-Length or Transfer-Encoding, not both"};
    }
    if (survey->codings > 1) {
        return (hs_fault){400, "ambiguous_length", "A request may have one Transfer-Encoding header, not several"};
    }
    if (survey->codings == 1 && http_1_0) {
        return (hs_fault){400, "ambiguous_length", "Transfer-Encoding does not exist in HTTP/1.0"};
    }
    if (survey->codings == 1 && !survey->coding_is_chunked) {
        return (hs_fault){501, "unknown_transfer_encoding", "The only Transfer-Encoding known here is \"chunked\""};
    }
    if (survey->expectation_unknown && !http_1_0) {
        return (hs_fault){417, "unknown_expectation", "The only Expect value known here is \"100-continue\""};
    }
    return (hs_fault){0};
}

hs_fault hs_validate(hs_request *request, const char *version) {
    hs_survey survey = {.request = request};
    request->content_length = -1;
    MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look_at_header, &survey);
    if (request->id_length == 0) hs_make_request_id(request->id, &request->id_length);

    bool http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    if (!http_1_0 && strcmp(version, "HTTP/1.1") != 0) {
        return (hs_fault){505, "unsupported_http_version", "Expected HTTP/1.1 or HTTP/1.0"};
    }
    if (request->target_too_long) {
        return (hs_fault){414, "target_too_long", "The request target is longer than 8192 bytes"};
    }
    if (survey.count > HS_MAX_HEADERS) {
        return (hs_fault){431, "too_many_headers", "The request has more than 100 header lines"};
    }
    if (survey.bytes > HS_MAX_HEADER_BYTES) {
        return (hs_fault){431, "headers_too_large", "The request's headers are larger than 16384 bytes"};
    }
    bool method_sound = request->method[0] != 0;
    for (const char *c = request->method; *c != 0; c++) method_sound &= is_token_byte((unsigned char)*c);
    if (!method_sound || strlen(request->method) > 32) {
        return (hs_fault){400, "invalid_method", "The request method is not a token of at most 32 letters"};
    }
    if (request->target_malformed) {
        return (hs_fault){400, "invalid_target",
                          "The request target must be a path of visible ASCII with well-formed percent escapes"};
    }
    hs_fault fault = framing_fault(&survey, http_1_0);
    request->chunked = survey.codings == 1;
    if (http_1_0) request->expects_continue = false;
    return fault;
}
