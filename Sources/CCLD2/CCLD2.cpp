#include "CCLD2.h"

// The library's header uses FILE without including it.
#include <cstdio>
#include <cstring>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace {

/// The library reads one byte beyond the text.
constexpr size_t padding = 8;

constexpr ccld2_language unknown = {"un", 0, false};

/// How much of the text is looked at: whole characters only.
size_t looked_at(const char *bytes, size_t length) {
    if (length <= CCLD2_TEXT_LENGTH) { return length; }
    size_t end = CCLD2_TEXT_LENGTH;
    // A character is four bytes at most; what has more continuations is no UTF-8 anyway.
    while (end > CCLD2_TEXT_LENGTH - 3 && (bytes[end] & 0xC0) == 0x80) { end--; }
    return end;
}

/// Copies the text with its control characters as spaces: the library takes them for damage.
void copy_text(const char *bytes, size_t length, char *text) {
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = static_cast<unsigned char>(bytes[i]);
        text[i] = byte < ' ' || byte == 0x7F ? ' ' : bytes[i];
    }
    std::memset(text + length, 0, padding);
}

/// The language's code of today; NULL for the library's jokes and for scripts that are no
/// language.
const char *code_of(CLD2::Language language) {
    const char *code = CLD2::LanguageCode(language);
    if (std::strcmp(code, "iw") == 0) { return "he"; }
    if (std::strcmp(code, "jw") == 0) { return "jv"; }
    const bool is_none = code[0] == 0 || std::strncmp(code, "xx", 2) == 0
        || std::strncmp(code, "zz", 2) == 0 || std::strlen(code) >= sizeof unknown.code;
    return is_none ? nullptr : code;
}

ccld2_language detect(const char *bytes, size_t length) {
    char text[CCLD2_TEXT_LENGTH + padding];
    length = looked_at(bytes, length);
    copy_text(bytes, length, text);

    const CLD2::CLDHints hints = {
        nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    const int count = static_cast<int>(length);
    CLD2::Language languages[3];
    int percents[3];
    double scores[3];
    int text_bytes = 0, valid_bytes = 0;
    bool is_reliable = false;
    const CLD2::Language language = CLD2::ExtDetectLanguageSummaryCheckUTF8(
        text, count, true, &hints, 0, languages, percents, scores, nullptr, &text_bytes,
        &is_reliable, &valid_bytes);
    const char *code = code_of(language);
    if (valid_bytes < count || language == CLD2::UNKNOWN_LANGUAGE || code == nullptr) {
        return unknown;
    }
    ccld2_language result = {"", 0, is_reliable};
    std::strcpy(result.code, code);
    for (int i = 0; i < 3; i++) {
        if (languages[i] == language) { result.percent = percents[i]; }
    }
    return result;
}

}  // namespace

ccld2_language ccld2_detect(const char *bytes, size_t length) {
    if (bytes == nullptr || length == 0) { return unknown; }
    try {
        return detect(bytes, length);
    } catch (...) {
        return unknown;  // There is no memory left.
    }
}

const char *ccld2_version(void) {
    return CLD2::DetectLanguageVersion();
}
