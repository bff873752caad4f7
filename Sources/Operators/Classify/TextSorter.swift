internal import Events
internal import StreamCore
internal import TextModels

/// The `classify` operator at work in one task.
final class TextSorter: Operator {
    private static let failed = 1

    private var settings: ClassifySettings
    private var predictions: [TextClassifier.Prediction] = []
    private var buffer = ByteBuffer()

    init(settings: ClassifySettings) { self.settings = settings }

    func adopt(_ definition: any OperatorDefinition) -> Bool {
        guard let changed = (definition as? ClassifyOperator)?.settings else { return false }
        settings = changed
        return true
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        try unsafe context.emit(
            events, tagging: settings.text, into: settings.target, failed: Self.failed
        ) { text, _ in
            unsafe render(text)
            return unsafe buffer.bytes
        }
    }

    // MARK: Rendering

    private func render(_ text: UnsafeRawBufferPointer) {
        predictions.removeAll(keepingCapacity: true)
        // Of an empty text the model tells what is most frequent, which says nothing of the text.
        let isEmpty = unsafe text.allSatisfy { $0 <= UInt8(ascii: " ") }
        if !isEmpty {
            unsafe settings.classifier.predict(
                text, atMost: settings.top, atLeast: 0, into: &predictions)
        }
        let probability = Self.rounded(predictions.first?.probability ?? 0)

        buffer.removeAll()
        buffer.append("{\"label\":")
        if let best = predictions.first, isTold(best) {
            buffer.append(jsonString: settings.classifier.labels[best.label])
        } else {
            // Null, so that a rule that compares it has a value.
            buffer.append("null,\"reason\":")
            buffer.append(reason(isEmpty))
        }
        buffer.append(",\"probability\":")
        buffer.append(double: probability)
        if settings.top > 1 { appendLabels() }
        buffer.append(",\"version\":")
        buffer.append(jsonString: settings.version)
        buffer.append("}")
    }

    private func appendLabels() {
        buffer.append(",\"labels\":[")
        var isFirst = true
        for prediction in predictions where isTold(prediction) {
            buffer.append(isFirst ? "{\"label\":" : ",{\"label\":")
            buffer.append(jsonString: settings.classifier.labels[prediction.label])
            buffer.append(",\"probability\":")
            buffer.append(double: Self.rounded(prediction.probability))
            buffer.append("}")
            isFirst = false
        }
        buffer.append("]")
    }

    /// Why no label is told.
    private func reason(_ isEmpty: Bool) -> StaticString {
        if isEmpty { return "\"empty\"" }
        return predictions.isEmpty ? "\"unknown_words\"" : "\"threshold\""
    }

    private func isTold(_ prediction: TextClassifier.Prediction) -> Bool {
        Double(prediction.probability) >= settings.threshold
    }

    /// With four digits behind the point.
    private static func rounded(_ probability: Float) -> Double {
        (Double(probability) * 10_000).rounded(.toNearestOrEven) / 10_000
    }
}
