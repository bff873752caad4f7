/// fastText's classifiers behind a C interface. No C++ exception leaves it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cfasttext_model cfasttext_model;

/// A label that a text may have.
typedef struct {
    /// Which label it is, from 0.
    int32_t label;
    /// How likely it is, 0 to 1.
    float probability;
} cfasttext_prediction;

/// Reads a model from the bytes of a file of `fasttext supervised` or `fasttext quantize`, which
/// may be freed after that.
///
/// Returns NULL, and writes why as a text that ends with NUL, when the file is no such model or is
/// damaged. Everything that would make the library read beyond its memory or ask for too much of
/// it is checked before the library sees the bytes.
cfasttext_model *cfasttext_model_read(
    const char *bytes, size_t length, char *error, size_t error_capacity);

void cfasttext_model_close(cfasttext_model *model);

int32_t cfasttext_label_count(const cfasttext_model *model);

/// The label as it stands in the file, with its prefix, until the model is closed; it does not end
/// with NUL.
const char *cfasttext_label(const cfasttext_model *model, int32_t label, size_t *length);

/// Writes the most likely labels of a text, best first: at most `capacity`, and only those with at
/// least the probability `threshold`. Returns how many; -1 when there is no memory left.
///
/// The text is one line: its line breaks count as spaces. An empty text has the labels of an empty
/// line, which `fasttext predict` gives it too. Any number of threads may call this at once with
/// one model.
int32_t cfasttext_predict(
    const cfasttext_model *model, const char *bytes, size_t length, float threshold,
    cfasttext_prediction *predictions, int32_t capacity);

#ifdef __cplusplus
}
#endif
