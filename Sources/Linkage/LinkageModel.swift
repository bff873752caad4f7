/// How records are compared, and what each outcome says: the parameters of a Fellegi-Sunter model.
public struct LinkageModel: Hashable, Sendable, Codable {
    public internal(set) var fields: [LinkageField]
    /// How likely two records taken at random are of the same thing.
    public internal(set) var prior: Double

    public init(fields: [LinkageField], prior: Double = 1e-4) {
        self.fields = fields
        self.prior = prior
    }

    /// What is wrong with a model that was read from a file, `nil` when it can be used.
    public var problem: String? {
        if fields.isEmpty { return "it has no fields" }
        if !(prior > 0 && prior < 1) { return "'prior' is not between 0 and 1" }
        for field in fields {
            for (name, shares) in [
                ("matches", field.matches), ("nonMatches", field.nonMatches),
            ] {
                guard shares.count == field.kind.levelCount else {
                    return "the field '\(field.name)' has \(shares.count) '\(name)', and a "
                        + "\(field.kind.rawValue) has \(field.kind.levelCount) levels"
                }
                guard shares.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
                    return "'\(name)' of the field '\(field.name)' are not between 0 and 1"
                }
            }
            if let frequencies = field.frequencies,
                !([frequencies.others] + frequencies.values.values).allSatisfy({ $0 > 0 && $0 <= 1 }
                )
            {
                return "'frequencies' of the field '\(field.name)' are not between 0 and 1"
            }
        }
        return nil
    }
}

/// Records with the values of a model's fields.
public struct LinkageRecords: Sendable {
    /// What the records are called; each once.
    public let names: [String]
    /// The values in the form in which they are compared, by record and field.
    let values: [[[UInt8]?]]
    /// How often each value is there, by field.
    let counts: [[[UInt8]: Int]]

    /// The records in the order of their names, so that nothing depends on how they came.
    public init(
        _ records: [(name: String, values: [String?])], fields: [LinkageField]
    ) {
        let sorted = records.sorted { $0.name < $1.name }
        names = sorted.map(\.name)
        values = sorted.map { record in
            fields.enumerated().map { place, field in
                place < record.values.count
                    ? record.values[place].flatMap { field.kind.normalized($0.utf8) } : nil
            }
        }
        var counts = fields.map { _ in [[UInt8]: Int]() }
        for record in values {
            for (place, value) in record.enumerated() {
                if let value { counts[place][value, default: 0] += 1 }
            }
        }
        self.counts = counts
    }

    public var count: Int { names.count }

    /// The level of each field for two records; -1 where one has no value, which says nothing.
    package func levels(
        _ left: Int, _ right: Int, of fields: [LinkageField], into levels: inout [Int8]
    ) {
        Self.levels(values[left], values[right], of: fields, into: &levels)
    }

    static func levels(
        _ a: [[UInt8]?], _ b: [[UInt8]?], of fields: [LinkageField], into levels: inout [Int8]
    ) {
        for place in fields.indices {
            guard let x = a[place], let y = b[place] else {
                levels[place] = -1
                continue
            }
            var level = fields[place].kind.level(x, y)
            if fields[place].kind == .name, level > 1, isElsewhere(x, b, y, a, place, fields) {
                level = 3
            }
            levels[place] = Int8(level)
        }
    }

    /// Whether a name stands in another column of names of the other record.
    private static func isElsewhere(
        _ x: [UInt8], _ b: [[UInt8]?], _ y: [UInt8], _ a: [[UInt8]?], _ place: Int,
        _ fields: [LinkageField]
    ) -> Bool {
        for other in fields.indices where other != place && fields[other].kind == .name {
            if b[other] == x || a[other] == y { return true }
        }
        return false
    }
}
