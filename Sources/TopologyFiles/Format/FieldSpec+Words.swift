internal import StreamCore

extension FieldSpec.Kind {
    /// What a value of this kind is, for messages: "a duration", "json, ndjson or csv".
    var words: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "an integer" + Self.words(range.lowerBound, range.upperBound)
        case .number(let range): "a number" + Self.words(range.lowerBound, range.upperBound)
        case .string: "a string"
        case .duration: "a duration such as 500ms, 30s, 10m, 24h or 7d"
        case .size: "a size such as 64KiB, 8MiB or 1GB"
        case .fieldPath: "a field path such as page.url or items[0].sku"
        case .choice(let choices): choices.alternatives
        case .file: "a file, relative to the topology file"
        case .json: "any value"
        case .expression: "an expression"
        case .condition: "a condition"
        case .list(let kind): "a list, each \(kind.words)"
        case .oneOrMore(let kind): "\(kind.words), or a list of such"
        case .map(let key, let kind): "a map by \(key), each \(kind.words)"
        case .object: "a map"
        }
    }

    private static func words(_ lower: Int64, _ upper: Int64) -> String {
        words(lower == .min ? nil : "\(lower)", upper == .max ? nil : "\(upper)")
    }

    private static func words(_ lower: Double, _ upper: Double) -> String {
        let largest = Double.greatestFiniteMagnitude
        return words(
            lower <= -largest ? nil : Self.words(lower), upper >= largest ? nil : Self.words(upper))
    }

    private static func words(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    private static func words(_ lower: String?, _ upper: String?) -> String {
        switch (lower, upper) {
        case (nil, nil): ""
        case (let lower?, nil): " of at least \(lower)"
        case (nil, let upper?): " of at most \(upper)"
        case (let lower?, let upper?): " from \(lower) to \(upper)"
        }
    }
}

extension Collection<String> {
    /// `a, b or c`.
    var alternatives: String {
        guard let last = Array(self).last, count > 1 else { return joined() }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}

extension String {
    /// A sentence as a clause: without its full stop, and without its capital unless that belongs
    /// to a name.
    var clause: String {
        let text = hasSuffix(".") ? String(dropLast()) : self
        let isName = text.dropFirst().first?.isLowercase != true
        return isName ? text : text.prefix(1).lowercased() + text.dropFirst()
    }
}
