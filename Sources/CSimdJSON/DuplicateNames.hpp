#pragma once

#include "CSimdJSON.h"

#include <vector>

/// Finds members of one name in an object of an index that is being written.
///
/// A duplicate is marked `CSIMDJSON_DUPLICATE`, and its `key_start` becomes the place where the
/// member before it ends: its own name is not needed any more.
struct DuplicateNames {
    /// Objects with more members are searched by sorting, so that the work does not grow with the
    /// square of what a sender makes up.
    static constexpr uint32_t largest_pairwise_object = 64;

    csimdjson_node *nodes;
    const uint8_t *source;
    const uint8_t *unescaped;

    /// Whether one of the first `count` members of the object has the name of `node`.
    bool has_earlier(uint32_t object, uint32_t count, const csimdjson_node &node) const;

    /// Marks the duplicates among the `count` members of a large object. Returns the first one,
    /// or 0 when there is none. `members` is memory to work in.
    uint32_t mark_many(uint32_t object, uint32_t count, std::vector<uint32_t> &members) const;

    /// Marks `node`, before which a member ends at `previous_end`.
    void mark(csimdjson_node &node, uint32_t previous_end) const;

    /// Where the name of a marked node starts: the quote after the end of the member before it.
    uint32_t position_of(const csimdjson_node &marked) const;

private:
    const uint8_t *name_of(const csimdjson_node &node) const;
    int compare(const csimdjson_node &left, const csimdjson_node &right) const;
    uint32_t tell_previous_ends(uint32_t object, uint32_t count) const;
};
