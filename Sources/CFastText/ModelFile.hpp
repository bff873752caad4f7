#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <stdexcept>
#include <streambuf>

/// Why a file is not taken for a model.
class DamagedModel : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Bytes in memory, to be read as a stream. They are not changed.
class ByteStream : public std::streambuf {
public:
    ByteStream(const char *bytes, size_t length)
        : start(const_cast<char *>(bytes)), end(start + length) {
        rewind();
    }

    void rewind() { setg(start, start, end); }

private:
    char *const start, *const end;
};

/// The bytes of a model file, and whether the library may read it.
///
/// The library believes what a file says about itself: it asks for that much memory, searches for
/// the end of a word beyond the file's end, and reads rows and buckets that do not exist. Here
/// each number is compared with those it depends on and with the file's size.
class ModelFile {
public:
    ModelFile(const char *bytes, size_t length)
        : buffer(bytes, length), file(&buffer), remaining(length) {}

    /// Throws what is wrong with the file.
    void check();

    /// The file from its start.
    std::istream &rewound();

private:
    ByteStream buffer;
    std::istream file;
    uint64_t remaining;

    int32_t dimension = 0;
    int32_t bucket_count = 0;
    int32_t word_count = 0;
    int32_t label_count = 0;
    /// How many buckets a quantized model kept; negative when all of them.
    int64_t kept_bucket_count = 0;

    void check_arguments();
    void check_dictionary();
    void check_entry(bool is_label);
    void check_kept_buckets();
    void check_matrix(bool is_quantized, int64_t least_rows, int64_t most_rows);
    void check_quantizer(int64_t dimension, int64_t codes_per_row);
    void check_weights(uint64_t count);

    template <typename Value> Value read();
    bool read_flag();
    void skip(uint64_t count);
};
