// The one door to JSON text, in plain C so that Swift needs no C++ interoperability.
//
// Reading is simdjson (a C++ library) behind an opaque parser and a two-word value. Writing and base64 stand beside it
// because they are the other half of the same edge: bytes that come in or go out, touched once each, where a byte
// costs a nanosecond in C and many in Swift.
//
// Nothing here is thread-safe: a parser belongs to one thread. The writing functions have no state.

#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

#define CSIMDJSON_CLOSED_ENUM __attribute__((enum_extensibility(closed)))

// MARK: - Reading

/// Buffers for one document at a time; reused from document to document.
typedef struct csimdjson_parser csimdjson_parser;

/// What an operation came to. Everything but `ok` and `missing` leaves a sentence in `csimdjson_error_message`.
typedef enum CSIMDJSON_CLOSED_ENUM csimdjson_status {
    csimdjson_status_ok,
    /// The bytes are not a JSON document.
    csimdjson_status_malformed,
    /// The document has more bytes than the parser was made for.
    csimdjson_status_document_too_large,
    /// Arrays and objects are nested deeper than the parser was made for.
    csimdjson_status_too_deep,
    csimdjson_status_out_of_memory,
    /// The object has no such key.
    csimdjson_status_missing,
    /// The object has the key more than once, so there is no saying which value was meant.
    csimdjson_status_duplicate_key,
    /// The value is of another type than asked for.
    csimdjson_status_wrong_type,
    /// The number does not fit into the type asked for.
    csimdjson_status_number_out_of_range,
    /// Arrays side by side have different lengths.
    csimdjson_status_ragged,
    /// More numbers than the caller has room for.
    csimdjson_status_too_many_values,
    /// More nested arrays than `CSIMDJSON_MAXIMUM_RANK`.
    csimdjson_status_too_many_dimensions,
} csimdjson_status;

typedef enum CSIMDJSON_CLOSED_ENUM csimdjson_type {
    /// The value is of a document that the parser no longer holds.
    csimdjson_type_stale,
    csimdjson_type_null,
    csimdjson_type_boolean,
    csimdjson_type_number,
    csimdjson_type_string,
    csimdjson_type_array,
    csimdjson_type_object,
} csimdjson_type;

/// A place in the document that `parser` holds: two words, copied freely, valid until the next parse or trim.
/// Functions that take a stale value say `wrong_type` instead of reading another document's bytes.
typedef struct csimdjson_value {
    csimdjson_parser *parser;
    uint32_t index;
    uint32_t generation;
} csimdjson_value;

/// A key and its value. `key` has its escapes resolved, is UTF-8, and lives as long as the document; it is null only
/// before the first field was found.
typedef struct csimdjson_field {
    const char *_Nullable key;
    size_t key_length;
    csimdjson_value value;
} csimdjson_field;

enum { CSIMDJSON_MAXIMUM_RANK = 4 };

/// The lengths of nested arrays, outermost first; `rank` of them are in use.
typedef struct csimdjson_shape {
    size_t rank;
    size_t dimensions[CSIMDJSON_MAXIMUM_RANK];
} csimdjson_shape;

/// A parser for documents of at most `maximum_bytes` (below 4 GiB) and `maximum_depth` nested arrays and objects, or
/// null without memory. Buffers grow with the documents, up to 15 bytes for each byte of text; those of a document
/// above `retained_bytes` are given back by the next smaller document or by `csimdjson_parser_trim`.
csimdjson_parser *_Nullable csimdjson_parser_create(size_t maximum_bytes, size_t maximum_depth, size_t retained_bytes);

void csimdjson_parser_destroy(csimdjson_parser *_Nullable parser);

/// Ends the document and gives back buffers above the parser's `retained_bytes`.
void csimdjson_parser_trim(csimdjson_parser *parser);

/// The size of document that the present buffers hold without growing.
size_t csimdjson_parser_capacity(const csimdjson_parser *parser);

/// Parses `count` bytes of UTF-8, which need no padding and are not kept. A byte order mark is skipped.
csimdjson_status csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *_Nullable bytes, size_t count, csimdjson_value *root);

/// The sentence of the last failure on this parser: what was expected, what was found, and where.
const char *csimdjson_error_message(const csimdjson_parser *parser);

/// The byte of the document at which the last parse failed, or `SIZE_MAX` when the failure has no such place.
size_t csimdjson_error_offset(const csimdjson_parser *parser);

csimdjson_type csimdjson_type_of(csimdjson_value value);

/// The number of elements of an array or fields of an object; 0 for anything else.
size_t csimdjson_count(csimdjson_value value);

/// Looks a key up. Every field is compared, so that a repeated key is an error and not a silent choice.
csimdjson_status csimdjson_find(csimdjson_value object, const char *key, size_t key_length, csimdjson_value *found);

/// The first element of an array; false when there is none.
bool csimdjson_first_element(csimdjson_value array, csimdjson_value *element);

/// Moves on to the next element of the array; false at its end.
bool csimdjson_next_element(csimdjson_value *element);

/// The first field of an object, in the order of the text; false when there is none.
bool csimdjson_first_field(csimdjson_value object, csimdjson_field *field);

/// Moves on to the next field of the object; false at its end.
bool csimdjson_next_field(csimdjson_field *field);

csimdjson_status csimdjson_get_boolean(csimdjson_value value, bool *result);

/// Any number, rounded to the nearest double.
csimdjson_status csimdjson_get_double(csimdjson_value value, double *result);

/// A whole number, also one that is written `8.0` or `8e0`, as programs do that have only one kind of number.
csimdjson_status csimdjson_get_int64(csimdjson_value value, int64_t *result);

/// A whole number from 0 up; see `csimdjson_get_int64`.
csimdjson_status csimdjson_get_uint64(csimdjson_value value, uint64_t *result);

/// The string with its escapes resolved, as UTF-8; it may contain zero bytes and lives as long as the document.
csimdjson_status csimdjson_get_string(csimdjson_value value, const char *_Nullable *_Nonnull text, size_t *length);

/// The shape that nested arrays of numbers have if their first elements are like the others: enough to reserve memory,
/// before `csimdjson_read_floats` checks it.
csimdjson_status csimdjson_shape_of(csimdjson_value value, csimdjson_shape *shape);

/// Reads nested arrays of numbers into `result` [capacity], in the order of the text. Fails when they are ragged, when
/// there are more than `capacity` numbers, and on anything that is not a number or not finite as a 32-bit float.
csimdjson_status csimdjson_read_floats(
    csimdjson_value value, float *_Nullable result, size_t capacity, csimdjson_shape *shape);

/// Where the value is, as in `images[3].z[1]`; empty for the document itself. Writes at most `capacity` bytes with the
/// final zero, and returns the length without it.
size_t csimdjson_path(csimdjson_value value, char *text, size_t capacity);

// MARK: - Scanning: `{"images": [row, row, …]}` without a parser

/// A place in a text that is being scanned; the text must outlive it.
typedef struct csimdjson_scan {
    const uint8_t *at;
    const uint8_t *end;
    size_t rows;
} csimdjson_scan;

/// Starts on a document that is an object whose first member is `key` (plain ASCII), an array. Every function here
/// returns false on anything it does not expect, well-formed or not: parse the document then.
bool csimdjson_scan_begin(csimdjson_scan *scan, const uint8_t *text, size_t count, const char *key);

/// Reads the next element of the array, nested arrays of numbers with one of `shapes`, into `row`. The same bits as
/// `csimdjson_read_floats` gives.
bool csimdjson_scan_row(csimdjson_scan *scan, const csimdjson_shape *shapes, size_t shape_count, float *row);

/// Whether the array ends here.
bool csimdjson_scan_at_end_of_rows(const csimdjson_scan *scan);

/// Checks that the array, the object and the text end here.
bool csimdjson_scan_end(csimdjson_scan *scan);

// MARK: - Writing

enum {
    /// Bytes that a float with the comma after it takes at most.
    CSIMDJSON_FLOAT_BYTES = 16,
    /// Bytes that a double, or an integer of 64 bits, takes at most.
    CSIMDJSON_NUMBER_BYTES = 24,
};

/// Bytes to reserve for `csimdjson_write_floats`, or `SIZE_MAX` when the size does not fit into a `size_t`.
size_t csimdjson_floats_bound(const size_t *dimensions, size_t rank);

/// Writes [d0][d1]… floats as nested arrays, each as the shortest decimal that reads back as the same float. `text`
/// must have room for `csimdjson_floats_bound` bytes: the function uses the room beyond what it reports in `written`.
/// Returns `SIZE_MAX`, or the index of the first value that is NaN or infinite, which JSON cannot express.
size_t csimdjson_write_floats(
    const float *values, const size_t *dimensions, size_t rank, uint8_t *text, size_t *written);

/// Writes a double as the shortest decimal that reads back as the same double, into `CSIMDJSON_NUMBER_BYTES`.
/// Returns the bytes written, 0 for NaN and infinity.
size_t csimdjson_write_double(double value, uint8_t *text);

/// Writes an integer into `CSIMDJSON_NUMBER_BYTES`. Returns the bytes written.
size_t csimdjson_write_int64(int64_t value, uint8_t *text);
size_t csimdjson_write_uint64(uint64_t value, uint8_t *text);

/// Bytes to reserve for a string of `count` bytes, when every one of them needs the longest escape.
static inline size_t csimdjson_string_bound(size_t count) { return 6 * count + 2; }

/// Writes UTF-8 as a JSON string with its quotes. Returns the bytes written. Bytes from 0x80 up are passed through.
size_t csimdjson_write_string(const char *_Nullable string, size_t count, uint8_t *text);

// MARK: - Base64 (RFC 4648, standard alphabet)

static inline size_t csimdjson_base64_encoded_size(size_t count) { return (count + 2) / 3 * 4; }

/// Bytes to reserve for decoding `count` characters.
static inline size_t csimdjson_base64_decoded_bound(size_t count) { return count / 4 * 3 + 3; }

/// Writes `csimdjson_base64_encoded_size(count)` characters, padded. Returns that size.
size_t csimdjson_base64_encode(const uint8_t *_Nullable bytes, size_t count, uint8_t *text);

/// Decodes with or without padding, and strictly otherwise: no white space, no other alphabet, no bits left over.
/// Returns `SIZE_MAX` and the size in `written`, or the index of the first character that is wrong (`count` when the
/// text stops too early).
size_t csimdjson_base64_decode(const uint8_t *_Nullable text, size_t count, uint8_t *bytes, size_t *written);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
