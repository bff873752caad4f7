#if canImport(CFastText)
internal import CFastText
#endif

/// Sorts texts with a model that `fasttext supervised` trained or `fasttext quantize` made small.
///
///     let classifier = try TextClassifier(bytesOfFile)
///     var predictions: [TextClassifier.Prediction] = []
///     classifier.predict(text, atMost: 2, atLeast: 0.5, into: &predictions)
///     predictions.map { classifier.labels[$0.label] }  // ["refund"]
///
/// Labels and probabilities are those of `fasttext predict-prob`. A text is one line, whatever
/// line breaks it has; an empty one has the predictions of an empty line.
///
/// Source: fastText 0.9.2. Predicting only reads the model, so many threads may do it at once.
@safe public final class TextClassifier: Sendable {
    /// A label that a text may have.
    public struct Prediction: Equatable, Sendable {
        /// Which one of the classifier's labels it is.
        public let label: Int

        /// How likely it is, 0 to 1.
        public let probability: Float

        public init(label: Int, probability: Float) {
            self.label = label
            self.probability = probability
        }
    }

    /// Whether this build has the library.
    public static var isAvailable: Bool {
        #if canImport(CFastText)
        true
        #else
        false
        #endif
    }

    /// Why there is no classifier in a build without the library.
    public static let missingLibrary = TextModelError.missingLibrary(
        "fastText", package: "libfasttext-dev")

    /// What a text can be, without the prefix `__label__`.
    public let labels: [String]

    #if canImport(CFastText)
    // The model is not changed after it was opened, and is closed with its only owner.
    nonisolated(unsafe) private let model: OpaquePointer

    /// Reads a model from the bytes of its file; throws when they are none, or damaged.
    public init(_ file: [UInt8]) throws(TextModelError) {
        var reason: [CChar] = Array(repeating: 0, count: 256)
        let model = unsafe file.withUnsafeBytes {
            unsafe cfasttext_model_read(
                $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &reason,
                reason.count)
        }
        guard let model = unsafe model else {
            let text = reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw .unusableModel(String(decoding: text, as: UTF8.self))
        }
        unsafe self.model = model
        labels = unsafe (0..<cfasttext_label_count(model)).map {
            unsafe Self.label($0, of: model)
        }
    }

    deinit { unsafe cfasttext_model_close(model) }

    private static func label(_ index: Int32, of model: OpaquePointer) -> String {
        var length = 0
        let bytes = unsafe cfasttext_label(model, index, &length)
        let label = unsafe String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
        let prefix = "__label__"
        return label.hasPrefix(prefix) ? String(label.dropFirst(prefix.count)) : label
    }
    #else
    /// Throws, because this build lacks the library.
    public init(_ file: [UInt8]) throws(TextModelError) {
        throw Self.missingLibrary
    }
    #endif

    /// Replaces `predictions` with the most likely labels of a text, best first: at most `count`,
    /// and only those with at least the probability `threshold`.
    public func predict(
        _ text: UnsafeRawBufferPointer, atMost count: Int, atLeast threshold: Float,
        into predictions: inout [Prediction]
    ) {
        predictions.removeAll(keepingCapacity: true)
        #if canImport(CFastText)
        let capacity = max(0, min(count, labels.count))
        unsafe withUnsafeTemporaryAllocation(of: cfasttext_prediction.self, capacity: capacity) {
            let found = unsafe cfasttext_predict(
                model, text.baseAddress, text.count, threshold, $0.baseAddress, Int32(capacity))
            for index in 0..<max(0, Int(found)) {
                let (label, probability) = unsafe ($0[index].label, $0[index].probability)
                predictions.append(Prediction(label: Int(label), probability: probability))
            }
        }
        #endif
    }
}
