#pragma once

#include "CSimdJSON.h"

#include <vector>

/// What simdjson knows about a document that it found valid.
struct ParsedDocument {
    const uint8_t *source;
    const uint64_t *tape;
    const uint8_t *strings;
    const uint32_t *structurals;
    size_t maximum_depth;
};

/// An object or array whose end has not been met.
struct OpenContainer {
    uint32_t node;
    uint32_t last_child;
    uint32_t children;
    bool is_object;
    /// One bit per hash of a name; a name whose bit is clear is new in the object.
    uint64_t seen;
};

/// Memory that one index after the other is written with.
struct IndexMemory {
    std::vector<OpenContainer> open;
    std::vector<uint32_t> members;
};

/// Writes the index of a document; see `csimdjson_index`.
csimdjson_result write_index(
    const ParsedDocument &document, csimdjson_node *nodes, uint8_t *unescaped,
    bool reject_duplicates, IndexMemory &memory, csimdjson_summary *summary);
