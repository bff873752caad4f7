/// Compact Language Detector 2 behind a C interface: which language a text is written in.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The most bytes of a text that are looked at.
#define CCLD2_TEXT_LENGTH 16384

typedef struct {
    /// The ISO 639-1 code, as in "de"; a longer BCP 47 tag for the few languages without one and
    /// for "zh-Hant"; "un" when the language is unknown. Ends with NUL.
    char code[16];
    /// How much of the text is in that language, 0 to 100; 0 when the language is unknown.
    int percent;
    /// Whether the language is clearly more likely than the next one.
    bool is_reliable;
} ccld2_language;

/// Finds the language of a text from its first `CCLD2_TEXT_LENGTH` bytes.
///
/// A text that is not UTF-8 there, is empty, or says too little has an unknown language. Any
/// number of threads may call this at once.
ccld2_language ccld2_detect(const char *bytes, size_t length);

/// The version of the library and its tables, as in "V2.0 - 20141016"; ends with NUL.
const char *ccld2_version(void);

#ifdef __cplusplus
}
#endif
