internal import Events
internal import Models
internal import StreamCore

/// Writes the scores of an event as JSON.
final class ScoreWriter {
    private let settings: ScoreSettings
    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var buffer = ByteBuffer(capacity: 1024)
    @safe @exclusivity(unchecked) private var contributions: [Double] = []

    /// What stands before the values of features, one behind the other: `{"name":` or `,"name":`.
    private let featureNames: [UInt8]
    /// By feature, where that ends.
    private let nameEnds: [Int]

    init(_ settings: ScoreSettings) {
        self.settings = settings
        var text = ByteBuffer()
        nameEnds = settings.features.enumerated().map { index, feature in
            text.append(index == 0 ? "{" : ",")
            text.append(jsonString: feature.name)
            text.append(":")
            return text.count
        }
        featureNames = unsafe Array(text.bytes)
    }

    func begin() {
        buffer.removeAll()
        buffer.append("{")
    }

    /// Appends the scores of one model.
    func append(
        _ model: ModelDefinition, _ results: ArraySlice<Double>,
        explain: (inout [Double]) -> Void
    ) {
        if buffer.count > 1 { buffer.append(",") }
        buffer.append(jsonString: model.name)
        buffer.append(":{")
        var best = 0
        switch model.form {
        case .expression: appendScore(results)
        case .file(let compiled, _):
            switch compiled.outputs {
            case .score: appendScore(results)
            case .probabilities(let names): best = appendClasses(results, names)
            case .named(let names): appendNamed(results, names)
            }
        }
        if let shadowed = model.shadowed {
            buffer.append(",\"shadow_of\":")
            buffer.append(jsonString: shadowed)
        }
        buffer.append(",\"version\":")
        buffer.append(jsonString: model.version)
        if model.explains, case .file(let compiled, let inputs) = model.form {
            contributions.removeAll(keepingCapacity: true)
            for _ in 0..<compiled.contributionCount { contributions.append(0) }
            explain(&contributions)
            // A model that tells the class alone has contributions for each all the same.
            if results.count == 1, compiled.contributionCount > compiled.featureCount + 1,
                let only = results.first, only.isFinite
            {
                best = Int(only)
            }
            appendContributions(compiled, inputs, best)
        }
        buffer.append("}")
    }

    private func appendScore(_ results: ArraySlice<Double>) {
        buffer.append("\"score\":")
        buffer.append(double: results.first ?? .nan)
    }

    /// Appends the most probable class, and returns its index.
    private func appendClasses(_ results: ArraySlice<Double>, _ names: [String]) -> Int {
        var best = results.startIndex
        for index in results.indices where results[index] > results[best] { best = index }
        let place = best - results.startIndex
        buffer.append("\"score\":")
        buffer.append(double: results[best])
        buffer.append(",\"class\":")
        if names.indices.contains(place) {
            buffer.append(jsonString: names[place])
        } else {
            buffer.append(integer: Int64(place))
        }
        buffer.append(",\"probabilities\":[")
        for index in results.indices {
            if index > results.startIndex { buffer.append(",") }
            buffer.append(double: results[index])
        }
        buffer.append("]")
        return place
    }

    private func appendNamed(_ results: ArraySlice<Double>, _ names: [String]) {
        appendScore(results)
        for (name, value) in zip(names, results) {
            buffer.append(",")
            buffer.append(jsonString: name)
            buffer.append(":")
            buffer.append(double: value)
        }
    }

    private func appendContributions(_ compiled: Model, _ inputs: [Int], _ group: Int) {
        let width = compiled.featureCount + 1
        guard contributions.count >= (group + 1) * width else { return }
        buffer.append(",\"contributions\":{")
        for (place, input) in inputs.enumerated() {
            buffer.append(jsonString: settings.features[input].name)
            buffer.append(":")
            buffer.append(double: contributions[group * width + place])
            buffer.append(",")
        }
        buffer.append("\"bias\":")
        buffer.append(double: contributions[group * width + width - 1])
        buffer.append("}")
    }

    /// Sets the event's scores to what was written so far.
    func set(_ event: inout Event, in arena: EventArena) -> Bool {
        let count = buffer.count
        buffer.append("}")
        defer { buffer.truncate(to: count) }
        return unsafe arena.set(
            settings.output, of: &event, toCopyOf: arena.value(ofWritten: buffer.bytes))
    }

    /// Sets the event's scores to what was written so far, and `path` to the values of the features;
    /// missing ones are null.
    func set(
        _ event: inout Event, _ path: FieldPath, to features: ArraySlice<Double>,
        in arena: EventArena
    ) -> Bool {
        let isSet = set(&event, in: arena)
        let count = buffer.count
        defer { buffer.truncate(to: count) }
        unsafe featureNames.withUnsafeBytes { names in
            var start = 0
            for (feature, value) in features.enumerated() {
                let end = nameEnds[feature]
                unsafe buffer.append(UnsafeRawBufferPointer(rebasing: names[start..<end]))
                buffer.append(double: value)
                start = end
            }
        }
        buffer.append(featureNames.isEmpty ? "{}" : "}")
        return unsafe isSet
            && arena.set(
                path, of: &event,
                toCopyOf: arena.value(
                    ofWritten: UnsafeRawBufferPointer(rebasing: buffer.bytes[count...])))
    }
}
