#include "CFastText.h"
#include "LineBuffer.hpp"
#include "ModelFile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include <fasttext/fasttext.h>

namespace {

/// The library opens models by path only; this one reads the bytes that were checked.
class Classifier : public fasttext::FastText {
public:
    void load(std::istream &file) {
        if (!checkModel(file)) { throw DamagedModel("it is no model"); }
        loadModel(file);
    }
};

}  // namespace

struct cfasttext_model {
    Classifier classifier;
    std::shared_ptr<const fasttext::Dictionary> dictionary;
    std::vector<std::string> labels;

    cfasttext_model(const char *bytes, size_t length) {
        ModelFile file(bytes, length);
        file.check();
        classifier.load(file.rewound());
        dictionary = classifier.getDictionary();
        for (int32_t label = 0; label < dictionary->nlabels(); label++) {
            labels.push_back(dictionary->getLabel(label));
        }
    }

    int32_t predict(
        const char *bytes, size_t length, float threshold, cfasttext_prediction *predictions,
        int32_t capacity) const {
        LineBuffer buffer(bytes, length);
        std::istream line(&buffer);
        std::vector<int32_t> words, part, ignored;
        dictionary->getLine(line, words, ignored);
        // The library takes the word "</s>" for a line's end, which in HTML it is not.
        while (!buffer.is_at_end()) {
            dictionary->getLine(line, part, ignored);
            words.insert(words.end(), part.begin(), part.end());
        }
        fasttext::Predictions found;
        classifier.predict(capacity, words, found, threshold);
        int32_t count = 0;
        for (const auto &[logarithm, label] : found) {
            // The library adds a little before it takes the logarithm.
            predictions[count++] = {label, std::min(std::exp(logarithm), 1.0f)};
        }
        return count;
    }
};

cfasttext_model *cfasttext_model_read(
    const char *bytes, size_t length, char *error, size_t error_capacity) {
    try {
        return new cfasttext_model(bytes, length);
    } catch (const std::bad_alloc &) {
        std::snprintf(error, error_capacity, "there is not enough memory for it");
    } catch (const std::exception &exception) {
        std::snprintf(error, error_capacity, "%s", exception.what());
    } catch (...) {
        std::snprintf(error, error_capacity, "it cannot be read");
    }
    return nullptr;
}

void cfasttext_model_close(cfasttext_model *model) {
    delete model;
}

int32_t cfasttext_label_count(const cfasttext_model *model) {
    return static_cast<int32_t>(model->labels.size());
}

const char *cfasttext_label(const cfasttext_model *model, int32_t label, size_t *length) {
    const std::string &text = model->labels[static_cast<size_t>(label)];
    *length = text.size();
    return text.data();
}

int32_t cfasttext_predict(
    const cfasttext_model *model, const char *bytes, size_t length, float threshold,
    cfasttext_prediction *predictions, int32_t capacity) {
    // The library asks for memory for as many predictions as it may return.
    capacity = std::min(capacity, cfasttext_label_count(model));
    if (capacity <= 0) { return 0; }
    try {
        return model->predict(bytes, length, threshold, predictions, capacity);
    } catch (...) {
        return -1;
    }
}
