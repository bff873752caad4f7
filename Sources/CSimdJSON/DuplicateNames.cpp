#include "DuplicateNames.hpp"

#include <algorithm>
#include <cstring>

bool DuplicateNames::has_earlier(
    uint32_t object, uint32_t count, const csimdjson_node &node) const {
    uint32_t earlier = object + 1;
    for (uint32_t i = 0; i < count; i++) {
        const csimdjson_node &other = nodes[earlier];
        if (other.key_hash == node.key_hash && (other.flags & CSIMDJSON_DUPLICATE) == 0
            && compare(other, node) == 0) {
            return true;
        }
        earlier = other.next;
    }
    return false;
}

uint32_t DuplicateNames::mark_many(
    uint32_t object, uint32_t count, std::vector<uint32_t> &members) const {
    members.clear();
    uint32_t child = object + 1;
    for (uint32_t i = 0; i < count; i++) {
        if ((nodes[child].flags & CSIMDJSON_DUPLICATE) == 0) { members.push_back(child); }
        child = nodes[child].next;
    }
    std::sort(members.begin(), members.end(), [this](uint32_t left, uint32_t right) {
        const int order = compare(nodes[left], nodes[right]);
        return order != 0 ? order < 0 : left < right;
    });
    bool is_unique = true;
    for (size_t i = 1; i < members.size(); i++) {
        if (compare(nodes[members[i - 1]], nodes[members[i]]) == 0) {
            nodes[members[i]].flags |= CSIMDJSON_DUPLICATE;
            is_unique = false;
        }
    }
    return is_unique ? 0 : tell_previous_ends(object, count);
}

void DuplicateNames::mark(csimdjson_node &node, uint32_t previous_end) const {
    node.flags |= CSIMDJSON_DUPLICATE;
    node.key_start = previous_end;
}

uint32_t DuplicateNames::position_of(const csimdjson_node &marked) const {
    uint32_t position = marked.key_start;
    while (source[position] != '"') { position++; }
    return position;
}

/// Completes the marks of an object's members. Returns the first member that is marked.
uint32_t DuplicateNames::tell_previous_ends(uint32_t object, uint32_t count) const {
    uint32_t first = 0;
    uint32_t previous = object + 1;
    for (uint32_t i = 1; i < count; i++) {
        const uint32_t child = nodes[previous].next;
        if ((nodes[child].flags & CSIMDJSON_DUPLICATE) != 0) {
            mark(nodes[child], nodes[previous].end);
            if (first == 0) { first = child; }
        }
        previous = child;
    }
    return first;
}

const uint8_t *DuplicateNames::name_of(const csimdjson_node &node) const {
    const bool is_unescaped = (node.flags & CSIMDJSON_KEY_UNESCAPED) != 0;
    return (is_unescaped ? unescaped : source) + node.key_start;
}

/// Any total order of names will do; lengths are compared first because that is cheap.
int DuplicateNames::compare(const csimdjson_node &left, const csimdjson_node &right) const {
    if (left.key_length != right.key_length) {
        return left.key_length < right.key_length ? -1 : 1;
    }
    return std::memcmp(name_of(left), name_of(right), left.key_length);
}
