#pragma once

#include <algorithm>
#include <cstddef>
#include <streambuf>

/// A text as one line: line breaks are read as spaces, and one line break follows.
///
/// It is read piece by piece, so that the text is not copied to the heap.
class LineBuffer : public std::streambuf {
public:
    LineBuffer(const char *bytes, size_t length) : next(bytes), end(bytes + length) {}

    /// Whether everything was read.
    bool is_at_end() const { return is_done && gptr() == egptr(); }

protected:
    int_type underflow() override {
        if (is_done) { return traits_type::eof(); }
        const size_t count = std::min(sizeof piece - 1, static_cast<size_t>(end - next));
        std::replace_copy(next, next + count, piece, '\n', ' ');
        next += count;
        size_t filled = count;
        if (next == end) {
            piece[filled++] = '\n';
            is_done = true;
        }
        setg(piece, piece, piece + filled);
        return traits_type::to_int_type(piece[0]);
    }

private:
    const char *next;
    const char *const end;
    bool is_done = false;
    char piece[1024];
};
