#include "CSimdJSON.h"
#include "IndexWriter.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>

#include <simdjson.h>

static_assert(CSIMDJSON_PADDING >= simdjson::SIMDJSON_PADDING, "documents need more padding");

struct csimdjson_parser {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
    simdjson::dom::document document;
    const uint8_t *source = nullptr;
    size_t maximum_depth = 0;
    IndexMemory memory;
};

namespace {

/// Most events fit, so that most parsers are sized once.
constexpr size_t smallest_capacity = 4096;

/// The nesting that a parser takes before it needs more memory.
constexpr size_t usual_depth = 1025;

/// The capacity for a document: a power of two, so that growing is rare.
size_t capacity_for(size_t length) {
    size_t capacity = smallest_capacity;
    while (capacity <= length) { capacity *= 2; }
    return capacity;
}

bool resize(csimdjson_parser &parser, size_t capacity, size_t depth) {
    return parser.implementation->allocate(capacity, depth) == simdjson::SUCCESS
        && (parser.document.capacity() == capacity
            || parser.document.allocate(capacity) == simdjson::SUCCESS);
}

csimdjson_result result_of(simdjson::error_code code) {
    switch (code) {
    case simdjson::SUCCESS:
        return CSIMDJSON_OK;
    case simdjson::DEPTH_ERROR:
        return CSIMDJSON_TOO_DEEP;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
        return CSIMDJSON_NO_MEMORY;
    default:
        return CSIMDJSON_INVALID;
    }
}

}  // namespace

csimdjson_parser *csimdjson_parser_create(void) {
    std::unique_ptr<csimdjson_parser> parser(new (std::nothrow) csimdjson_parser);
    if (!parser) { return nullptr; }
    const auto code = simdjson::get_active_implementation()->create_dom_parser_implementation(
        smallest_capacity, usual_depth, parser->implementation);
    return code == simdjson::SUCCESS ? parser.release() : nullptr;
}

void csimdjson_parser_destroy(csimdjson_parser *parser) {
    delete parser;
}

void csimdjson_parser_shrink(csimdjson_parser *parser, size_t capacity) {
    const size_t kept = capacity_for(capacity);
    if (parser->implementation->capacity() <= kept) { return; }
    // When there is no memory for less, the next document asks again.
    (void)resize(*parser, kept, parser->implementation->max_depth());
    parser->memory = IndexMemory();
}

csimdjson_result csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *bytes, size_t length, size_t maximum_depth) {
    const size_t capacity =
        std::max(capacity_for(length), parser->implementation->capacity());
    // simdjson refuses the level at which its own limit is reached. That limit only grows, so that
    // callers of several limits do not make it allocate each time; the index has the exact one.
    const size_t depth = std::max(maximum_depth + 1, parser->implementation->max_depth());
    if (!resize(*parser, capacity, depth)) { return CSIMDJSON_NO_MEMORY; }
    parser->source = bytes;
    parser->maximum_depth = maximum_depth;
    return result_of(parser->implementation->parse(bytes, length, parser->document));
}

size_t csimdjson_node_bound(const csimdjson_parser *parser) {
    return parser->implementation->n_structural_indexes;
}

csimdjson_result csimdjson_index(
    csimdjson_parser *parser, csimdjson_node *nodes, uint8_t *unescaped, bool reject_duplicates,
    csimdjson_summary *summary) {
    const ParsedDocument document = {
        parser->source, parser->document.tape.get(), parser->document.string_buf.get(),
        parser->implementation->structural_indexes.get(), parser->maximum_depth};
    return write_index(
        document, nodes, unescaped, reject_duplicates, parser->memory, summary);
}

bool csimdjson_is_utf8(const uint8_t *bytes, size_t length) {
    return simdjson::validate_utf8(reinterpret_cast<const char *>(bytes), length);
}

bool csimdjson_read_double(const char *text, size_t length, double *value) {
    auto result = std::from_chars(text, text + length, *value);
    return result.ec == std::errc() && result.ptr == text + length;
}

int csimdjson_write_double(double value, char *out) {
    return int(std::to_chars(out, out + CSIMDJSON_DOUBLE_LENGTH, value).ptr - out);
}
