#include "ModelFile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

constexpr int32_t magic = 793712314;
constexpr int32_t oldest_version = 11, newest_version = 12;
constexpr int32_t supervised = 3;
constexpr int32_t centroids_per_code = 256;

/// What the library does for each word grows with the square of this.
constexpr int32_t longest_ngram = 64;

/// The library keeps all n-grams of a word in memory.
constexpr uint32_t longest_word = 1 << 20;

/// A training diverges long before; a sum of products of such weights is still a number.
constexpr float largest_weight = 1e7f;

/// The tree of labels is built with this as infinity.
constexpr int64_t largest_label_count = 1000000000000000;

void require(bool condition, const char *problem) {
    if (!condition) { throw DamagedModel(problem); }
}

}  // namespace

std::istream &ModelFile::rewound() {
    file.clear();
    buffer.rewind();
    return file;
}

void ModelFile::check() {
    require(remaining >= 8 && read<int32_t>() == magic, "it is no fastText model");
    const int32_t version = read<int32_t>();
    require(
        version >= oldest_version && version <= newest_version,
        "it is a fastText model of another version");
    check_arguments();
    check_dictionary();

    const bool is_quantized = read_flag();
    const bool is_pruned = kept_bucket_count >= 0;
    require(is_quantized || !is_pruned, "it is damaged: it lacks buckets");
    const int64_t rows = word_count + (is_pruned ? kept_bucket_count : int64_t(bucket_count));
    check_matrix(is_quantized, rows, std::numeric_limits<int32_t>::max());

    const bool is_output_quantized = read_flag();
    check_matrix(is_quantized && is_output_quantized, label_count, label_count);
    require(remaining == 0, "it is damaged: it is longer than its model");
}

void ModelFile::check_arguments() {
    dimension = read<int32_t>();
    skip(4 * sizeof(int32_t));  // ws, epoch, minCount, neg
    const int32_t word_ngrams = read<int32_t>();
    const int32_t loss = read<int32_t>();
    const int32_t model = read<int32_t>();
    bucket_count = read<int32_t>();
    const int32_t shortest = read<int32_t>();
    const int32_t longest = read<int32_t>();
    skip(sizeof(int32_t) + sizeof(double));  // lrUpdateRate, t

    require(model >= 1 && model <= supervised, "it is damaged: its kind of model");
    require(
        model == supervised,
        "it has word vectors only, and no labels");
    require(loss >= 1 && loss <= 4, "it is damaged: its loss");
    require(dimension >= 1 && dimension <= 1000000, "it is damaged: its dimension");
    const auto is_ngram = [](int32_t length) { return length >= 0 && length <= longest_ngram; };
    require(
        is_ngram(word_ngrams) && is_ngram(shortest) && is_ngram(longest),
        "it is damaged: its n-grams");
    const bool has_ngrams = word_ngrams > 1 || longest > 0;
    require(bucket_count >= (has_ngrams ? 1 : 0), "it is damaged: its buckets");
}

void ModelFile::check_dictionary() {
    const int32_t size = read<int32_t>();
    word_count = read<int32_t>();
    label_count = read<int32_t>();
    skip(sizeof(int64_t));  // the number of tokens
    kept_bucket_count = read<int64_t>();
    require(
        word_count >= 0 && label_count >= 1 && int64_t(word_count) + label_count == size,
        "it is damaged: its number of words and labels");
    for (int32_t i = 0; i < size; i++) { check_entry(i >= word_count); }
    check_kept_buckets();
}

/// The library expects all words before the labels.
void ModelFile::check_entry(bool is_label) {
    uint32_t length = 0;
    while (read<char>() != 0) { length++; }
    require(length <= longest_word, "it is damaged: its words and labels");
    const int64_t count = read<int64_t>();
    const int8_t type = read<int8_t>();
    require(type == (is_label ? 1 : 0), "it is damaged: its words and labels");
    require(
        !is_label || (count >= 1 && count < largest_label_count),
        "it is damaged: how often it saw a label");
}

void ModelFile::check_kept_buckets() {
    if (kept_bucket_count < 0) { return; }
    require(
        kept_bucket_count <= std::numeric_limits<int32_t>::max(), "it is damaged: its buckets");
    for (int64_t i = 0; i < kept_bucket_count; i++) {
        skip(sizeof(int32_t));  // the bucket, which may be any number
        const int32_t row = read<int32_t>();
        require(row >= 0 && row < kept_bucket_count, "it is damaged: its buckets");
    }
}

void ModelFile::check_matrix(bool is_quantized, int64_t least_rows, int64_t most_rows) {
    const bool has_norms = is_quantized && read_flag();
    const int64_t rows = read<int64_t>();
    const int64_t columns = read<int64_t>();
    require(
        rows >= least_rows && rows <= most_rows && columns == dimension,
        "it is damaged: the size of a matrix");
    if (!is_quantized) {
        check_weights(static_cast<uint64_t>(rows) * static_cast<uint64_t>(columns));
        return;
    }
    const int32_t code_count = read<int32_t>();
    require(
        code_count >= 0 && (rows == 0 ? code_count == 0 : code_count % rows == 0),
        "it is damaged: the size of a matrix");
    skip(static_cast<uint64_t>(code_count));
    check_quantizer(columns, rows == 0 ? -1 : code_count / rows);
    if (has_norms) {
        skip(static_cast<uint64_t>(rows));
        check_quantizer(1, 1);
    }
}

/// Each row has one code per part; a part has as many columns as the next one, but for the last.
void ModelFile::check_quantizer(int64_t columns, int64_t codes_per_row) {
    const int32_t quantized = read<int32_t>();
    const int32_t parts = read<int32_t>();
    const int32_t part = read<int32_t>();
    const int32_t last_part = read<int32_t>();
    const bool is_sound = quantized == columns && part >= 1 && last_part >= 1 && last_part <= part
        && parts >= 1 && int64_t(parts - 1) * part + last_part == columns
        && (codes_per_row < 0 || parts == codes_per_row);
    require(is_sound, "it is damaged: how a matrix is quantized");
    check_weights(static_cast<uint64_t>(columns) * centroids_per_code);
}

/// The library looks up a table with what comes out, and no entry is for "not a number".
void ModelFile::check_weights(uint64_t count) {
    float weights[4096];
    require(count <= remaining / sizeof(float), "it is damaged: it ends too early");
    while (count > 0) {
        const uint64_t portion = std::min<uint64_t>(count, sizeof weights / sizeof(float));
        const uint64_t size = portion * sizeof(float);
        require(
            bool(file.read(reinterpret_cast<char *>(weights), static_cast<std::streamsize>(size))),
            "it is damaged: it ends too early");
        remaining -= size;
        count -= portion;
        const bool is_sound = std::all_of(weights, weights + portion, [](float weight) {
            return std::fabs(weight) <= largest_weight;
        });
        require(is_sound, "it is damaged: a weight is no number");
    }
}

template <typename Value>
Value ModelFile::read() {
    Value value = 0;
    require(
        remaining >= sizeof value
            && bool(file.read(reinterpret_cast<char *>(&value), sizeof value)),
        "it is damaged: it ends too early");
    remaining -= sizeof value;
    return value;
}

bool ModelFile::read_flag() {
    const uint8_t value = read<uint8_t>();
    require(value <= 1, "it is damaged: a flag");
    return value == 1;
}

void ModelFile::skip(uint64_t count) {
    // Not sought, because that would fill the stream's buffer anew each time.
    const auto size = static_cast<std::streamsize>(count);
    require(
        count <= remaining && file.ignore(size).gcount() == size,
        "it is damaged: it ends too early");
    remaining -= count;
}
