/// simdjson behind a C interface: one call validates a document, a second one writes an index of
/// it in which every value knows its exact bytes.
///
/// The parser itself is the shared library's DOM parser, which chooses the CPU's kernel at run
/// time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Readable bytes that must follow every document.
#define CSIMDJSON_PADDING 64

/// The most bytes that `csimdjson_write_double` writes.
#define CSIMDJSON_DOUBLE_LENGTH 32

/// What a value is. 0 is left to callers, for "no value".
enum {
    CSIMDJSON_NULL = 1,
    CSIMDJSON_BOOLEAN = 2,
    CSIMDJSON_INTEGER = 3,
    CSIMDJSON_UNSIGNED_INTEGER = 4,
    CSIMDJSON_DECIMAL = 5,
    CSIMDJSON_STRING = 6,
    CSIMDJSON_OBJECT = 7,
    CSIMDJSON_ARRAY = 8,
};

/// Marks on a node.
enum {
    /// `key_start` counts from the start of the document's unescaped strings.
    CSIMDJSON_KEY_UNESCAPED = 1,
    /// The string has escapes; `payload` is the offset of its unescaped copy (upper 32 bits)
    /// among the document's unescaped strings, and its length (lower 32 bits).
    CSIMDJSON_TEXT_UNESCAPED = 2,
    /// The last child of its parent.
    CSIMDJSON_LAST_CHILD = 4,
    /// A member whose name an earlier member of the object has; `key_start` is where the member
    /// before it ends.
    CSIMDJSON_DUPLICATE = 8,
    /// A member of the document's own object.
    CSIMDJSON_OF_ROOT = 16,
};

/// One value of a document. Offsets count from the start of the document, nodes from its first
/// node; the children of a node follow it directly.
typedef struct {
    /// Where the member's name starts, after its quote.
    uint32_t key_start;
    /// The length of the member's name without escapes.
    uint32_t key_length;
    /// Where the value starts; a string starts at its quote.
    uint32_t start;
    /// Where the value ends.
    uint32_t end;
    /// The node after this value and all that is inside it.
    uint32_t next;
    uint8_t kind;
    uint8_t flags;
    /// `csimdjson_hash` of the member's name.
    uint16_t key_hash;
    /// The bits of a number or boolean, where unescaped text lies, or the number of children (lower 32
    /// bits) and of an object which names it may have (upper 32 bits): the bit of each name's
    /// `csimdjson_hash` modulo 32 is set.
    uint64_t payload;
} csimdjson_node;

/// How a call ended.
typedef enum {
    CSIMDJSON_OK = 0,
    /// The text is not JSON, or a number does not fit in 64 bits.
    CSIMDJSON_INVALID,
    /// Objects and arrays are nested deeper than allowed.
    CSIMDJSON_TOO_DEEP,
    /// An object has two members of one name.
    CSIMDJSON_DUPLICATE_KEY,
    CSIMDJSON_NO_MEMORY,
} csimdjson_result;

/// What `csimdjson_index` wrote.
typedef struct {
    uint32_t node_count;
    /// Bytes of unescaped strings.
    uint32_t unescaped_count;
    /// Whether a node is marked as duplicate.
    bool has_duplicates;
    /// Where the document is refused, when the result says that it is.
    uint32_t error_position;
} csimdjson_summary;

typedef struct csimdjson_parser csimdjson_parser;

/// A parser without memory, or NULL when there is none left.
csimdjson_parser *csimdjson_parser_create(void);

void csimdjson_parser_destroy(csimdjson_parser *parser);

/// Gives memory back that was taken for documents larger than `capacity` bytes.
void csimdjson_parser_shrink(csimdjson_parser *parser, size_t capacity);

/// Validates one document. `CSIMDJSON_PADDING` readable bytes must follow it.
///
/// This may let a document through that is nested too deep: `csimdjson_index` counts exactly.
csimdjson_result csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *bytes, size_t length, size_t maximum_depth);

/// The most nodes that the index of the last parsed document can have.
size_t csimdjson_node_bound(const csimdjson_parser *parser);

/// Writes the index of the last parsed document, whose bytes are still where they were.
///
/// There must be room for `csimdjson_node_bound` nodes and for as many bytes of unescaped strings
/// as the document is long.
csimdjson_result csimdjson_index(
    csimdjson_parser *parser, csimdjson_node *nodes, uint8_t *unescaped, bool reject_duplicates,
    csimdjson_summary *summary);

bool csimdjson_is_utf8(const uint8_t *bytes, size_t length);

/// Reads a number that takes all of the text; false, also for one that is too large or too small.
bool csimdjson_read_double(const char *text, size_t length, double *value);

/// Writes the shortest digits that read back as `value`, which is finite; returns their length.
int csimdjson_write_double(double value, char *out);

/// Whether `length` bytes at both places are equal.
static inline bool csimdjson_equal(const void *left, const void *right, size_t length) {
    const uint8_t *a = (const uint8_t *)left, *b = (const uint8_t *)right;
    // Names are short: two loads that may overlap take the place of a call.
    if (length > 16 || length == 0) { return length == 0 || memcmp(a, b, length) == 0; }
    if (length >= 8) {
        uint64_t heads[2], tails[2];
        memcpy(&heads[0], a, 8);
        memcpy(&heads[1], b, 8);
        memcpy(&tails[0], a + length - 8, 8);
        memcpy(&tails[1], b + length - 8, 8);
        return heads[0] == heads[1] && tails[0] == tails[1];
    }
    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i]) { return false; }
    }
    return true;
}

/// How many bytes stand before the first `byte`; all of them when there is none.
static inline size_t csimdjson_find(const void *bytes, size_t length, uint8_t byte) {
    const void *found = memchr(bytes, byte, length);
    return found ? (size_t)((const uint8_t *)found - (const uint8_t *)bytes) : length;
}

/// A number that equal names share and most different names do not.
static inline uint16_t csimdjson_hash(const void *bytes, uint32_t length) {
    const uint8_t *name = (const uint8_t *)bytes;
    uint64_t head = 0, tail = 0;
    if (length >= 8) {
        memcpy(&head, name, 8);
        memcpy(&tail, name + length - 8, 8);
    } else if (length >= 4) {
        memcpy(&head, name, 4);
        memcpy(&tail, name + length - 4, 4);
    } else if (length > 0) {
        head = name[0] | (uint64_t)name[length / 2] << 8 | (uint64_t)name[length - 1] << 16;
    }
    uint64_t mixed = (head ^ (tail * 0x9E3779B97F4A7C15u)) + length;
    return (uint16_t)((mixed * 0xD6E8FEB86659FD93u) >> 48);
}

#ifdef __cplusplus
}
#endif
