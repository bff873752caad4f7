#include "IndexWriter.hpp"
#include "DuplicateNames.hpp"

#include <cstring>

namespace {

/// What the hot loop consists of is inlined into it, and nothing that is not inlined gets to know
/// the object: so its members live in registers. Stores of bytes would force the compiler to
/// reload them otherwise, which doubled the time.
#define HOT [[gnu::always_inline]] inline

HOT bool is_white_space(uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/// Walks simdjson's tape and its list of structural characters side by side. The tape knows what
/// each value is; the list knows where it stands in the source.
class IndexWriter {
public:
    HOT IndexWriter(
        const ParsedDocument &document, csimdjson_node *nodes, uint8_t *unescaped,
        bool reject_duplicates, IndexMemory &memory)
        : source(document.source), strings(document.strings), tape(document.tape),
          // The tape starts with a word about the document itself.
          word(document.tape + 1), structural(document.structurals), nodes(nodes), node(nodes),
          unescaped(unescaped), reject_duplicates(reject_duplicates), memory(memory),
          outside(memory.open.data()), innermost(outside),
          deepest(outside + document.maximum_depth) {
        *outside = {0, 0, 0, false, 0};
    }

    HOT csimdjson_result write() {
        do {
            if (!write_value()) { break; }
        } while (innermost != outside);
        return result;
    }

    HOT csimdjson_summary summary() const {
        return {uint32_t(node - nodes), unescaped_count, has_duplicates, error_position};
    }

private:
    struct Text {
        const uint8_t *bytes;
        uint32_t length;
        bool is_escaped;
    };

    const uint8_t *const source;
    const uint8_t *const strings;
    const uint64_t *const tape;
    const uint64_t *word;
    const uint32_t *structural;
    csimdjson_node *const nodes;
    csimdjson_node *node;
    uint8_t *const unescaped;
    const bool reject_duplicates;
    IndexMemory &memory;
    /// Stands for what the document itself is in.
    OpenContainer *const outside;
    OpenContainer *innermost;
    OpenContainer *const deepest;

    uint32_t unescaped_count = 0;
    uint32_t error_position = 0;
    bool has_duplicates = false;
    csimdjson_result result = CSIMDJSON_OK;

    /// Writes the node of the next value, and closes the containers that end with it.
    HOT bool write_value() {
        node->key_start = 0;
        node->key_length = 0;
        node->key_hash = 0;
        node->flags = 0;
        if (innermost->is_object && !write_name()) { return false; }
        innermost->last_child = uint32_t(node - nodes);
        innermost->children++;
        node->start = *structural;
        switch (char(*word >> 56)) {
        case '{':
            if (open_container(CSIMDJSON_OBJECT)) { return result == CSIMDJSON_OK; }
            break;
        case '[':
            if (open_container(CSIMDJSON_ARRAY)) { return result == CSIMDJSON_OK; }
            break;
        case '"':
            write_string();
            break;
        case 'l':
            write_number(CSIMDJSON_INTEGER);
            break;
        case 'u':
            write_number(CSIMDJSON_UNSIGNED_INTEGER);
            break;
        case 'd':
            write_number(CSIMDJSON_DECIMAL);
            break;
        case 't':
            write_atom(CSIMDJSON_BOOLEAN, 1, 4);
            break;
        case 'f':
            write_atom(CSIMDJSON_BOOLEAN, 0, 5);
            break;
        default:
            write_atom(CSIMDJSON_NULL, 0, 4);
            break;
        }
        node++;
        node[-1].next = uint32_t(node - nodes);
        return close_containers();
    }

    HOT bool write_name() {
        const Text name = read_text(*structural);
        node->flags = innermost->node == 0 ? CSIMDJSON_OF_ROOT : 0;
        node->key_start = *structural + 1;
        if (__builtin_expect(name.is_escaped, 0)) {
            node->flags |= CSIMDJSON_KEY_UNESCAPED;
            node->key_start = keep_unescaped(name);
        }
        node->key_length = name.length;
        node->key_hash = csimdjson_hash(name.bytes, name.length);
        structural += 2;  // the name and its colon
        const uint64_t bit = uint64_t(1) << (node->key_hash & 63);
        const bool may_be_known = (innermost->seen & bit) != 0;
        innermost->seen |= bit;
        return !may_be_known || check_name();
    }

    HOT void write_string() {
        const Text text = read_text(node->start);
        node->kind = CSIMDJSON_STRING;
        if (__builtin_expect(text.is_escaped, 0)) {
            node->flags |= CSIMDJSON_TEXT_UNESCAPED;
            node->payload = uint64_t(keep_unescaped(text)) << 32 | text.length;
            node->end = end_before_next_structural();
        } else {
            node->payload = 0;
            node->end = node->start + text.length + 2;
        }
        structural++;
    }

    HOT void write_number(uint8_t kind) {
        node->kind = kind;
        node->payload = word[1];
        node->end = end_before_next_structural();
        word += 2;
        structural++;
    }

    HOT void write_atom(uint8_t kind, uint64_t payload, uint32_t length) {
        node->kind = kind;
        node->payload = payload;
        node->end = node->start + length;
        word++;
        structural++;
    }

    /// Enters the container; returns false for an empty one, which ends at once.
    HOT bool open_container(uint8_t kind) {
        if (innermost == deepest) {
            fail(CSIMDJSON_TOO_DEEP, node->start);
            return true;
        }
        node->kind = kind;
        node->payload = 0;
        // The low half of the word is the position after the container's last word.
        const bool is_empty = uint32_t(*word) == word - tape + 2;
        if (is_empty) {
            node->end = structural[1] + 1;
            word += 2;
            structural += 2;
            return false;
        }
        word++;
        structural++;
        innermost++;
        *innermost = {uint32_t(node - nodes), 0, 0, kind == CSIMDJSON_OBJECT, 0};
        node++;
        return true;
    }

    /// Steps over the comma after a value, or over the ends of the containers that it was last in.
    HOT bool close_containers() {
        while (innermost != outside) {
            const uint32_t position = *structural++;
            if (source[position] == ',') { return true; }
            csimdjson_node &container = nodes[innermost->node];
            nodes[innermost->last_child].flags |= CSIMDJSON_LAST_CHILD;
            container.end = position + 1;
            container.next = uint32_t(node - nodes);
            const uint32_t names = uint32_t(innermost->seen) | uint32_t(innermost->seen >> 32);
            container.payload = uint64_t(names) << 32 | innermost->children;
            word++;
            if (innermost->children > DuplicateNames::largest_pairwise_object
                && innermost->is_object && !check_many_names()) {
                return false;
            }
            innermost--;
        }
        return true;
    }

    /// Reads the string on the tape whose opening quote stands at `start`.
    ///
    /// An escape is longer than what it stands for. So the source has no escapes if and only if
    /// its closing quote stands right after as many bytes as the unescaped string has: a quote
    /// there that is not the closing one has a backslash before it.
    HOT Text read_text(uint32_t start) {
        const uint8_t *entry = strings + (*word++ & 0x00FFFFFFFFFFFFFF);
        uint32_t length;
        std::memcpy(&length, entry, sizeof length);
        const uint8_t *raw = source + start + 1;
        const bool is_plain = raw[length] == '"' && (length == 0 || raw[length - 1] != '\\');
        return {entry + sizeof length, length, !is_plain};
    }

    HOT uint32_t keep_unescaped(const Text &text) {
        const uint32_t offset = unescaped_count;
        std::memcpy(unescaped + offset, text.bytes, text.length);
        unescaped_count += text.length;
        return offset;
    }

    /// Where the value at the current position ends: after it come white space and a structural
    /// character, or the end of the document.
    HOT uint32_t end_before_next_structural() const {
        uint32_t end = structural[1];
        while (is_white_space(source[end - 1])) { end--; }
        return end;
    }

    // Members of one name

    HOT DuplicateNames duplicates() const { return {nodes, source, unescaped}; }

    HOT bool check_name() {
        if (innermost->children >= DuplicateNames::largest_pairwise_object
            || !duplicates().has_earlier(innermost->node, innermost->children, *node)) {
            return true;
        }
        duplicates().mark(*node, nodes[innermost->last_child].end);
        return found_duplicate(*node);
    }

    HOT bool check_many_names() {
        const uint32_t first =
            duplicates().mark_many(innermost->node, innermost->children, memory.members);
        return first == 0 || found_duplicate(nodes[first]);
    }

    HOT bool found_duplicate(const csimdjson_node &marked) {
        has_duplicates = true;
        return !reject_duplicates
            || fail(CSIMDJSON_DUPLICATE_KEY, duplicates().position_of(marked));
    }

    HOT bool fail(csimdjson_result reason, uint32_t position) {
        result = reason;
        error_position = position;
        return false;
    }
};

}  // namespace

csimdjson_result write_index(
    const ParsedDocument &document, csimdjson_node *nodes, uint8_t *unescaped,
    bool reject_duplicates, IndexMemory &memory, csimdjson_summary *summary) {
    // One more, for what the document is in.
    if (memory.open.size() <= document.maximum_depth) {
        memory.open.resize(document.maximum_depth + 1);
    }
    IndexWriter writer(document, nodes, unescaped, reject_duplicates, memory);
    const csimdjson_result result = writer.write();
    *summary = writer.summary();
    return result;
}
