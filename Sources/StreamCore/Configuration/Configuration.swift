public import Events

/// The settings of one part of a topology file, read by an operator's `make`.
///
/// Each accessor returns the value, or the given default, and records a diagnostic with file,
/// line and column when the value can't be read. The loader has checked names and kinds against
/// the spec before, so an operator reports only what a spec can't say.
public struct Configuration: Sendable {
    /// The name that the topology gives the operator.
    public let name: String
    public let value: ConfigurationValue
    public private(set) var diagnostics = Diagnostics()
    /// Reads a file that the topology names, relative to it.
    public let readFile: @Sendable (String) throws -> [UInt8]

    /// The value of an environment variable, for secrets that must not stand in a topology.
    public let environment: @Sendable (String) -> String?

    /// The file of the JSON Schema that the events at this place were checked with, if they were.
    public let eventSchema: String?
    /// The schema registries that the topology declares, by name.
    public let registries: [String: any SchemaSource]

    public init(
        name: String, value: ConfigurationValue, eventSchema: String? = nil,
        environment: @escaping @Sendable (String) -> String? = { _ in nil },
        registries: [String: any SchemaSource] = [:],
        readFile: @escaping @Sendable (String) throws -> [UInt8]
    ) {
        self.name = name
        self.value = value
        self.eventSchema = eventSchema
        self.registries = registries
        self.readFile = readFile
        self.environment = environment
    }

    public mutating func report(
        _ message: String, at location: SourceLocation? = nil, remedy: String? = nil
    ) {
        diagnostics.append(Diagnostic(message, at: location ?? value.location, remedy: remedy))
    }

    /// The settings below `key`, or `nil` when it is not there.
    public func nested(_ key: String) -> Configuration? {
        value[key].map {
            Configuration(
                name: name, value: $0, eventSchema: eventSchema, environment: environment,
                registries: registries,
                readFile: readFile)
        }
    }

    /// Takes over what a nested configuration reported.
    public mutating func absorb(_ nested: Configuration) {
        diagnostics.append(contentsOf: nested.diagnostics)
    }

    public func has(_ key: String) -> Bool { value[key] != nil }

    public mutating func string(_ key: String) -> String? {
        guard let found = value[key] else { return nil }
        switch found.content {
        case .string(let string): return string
        case .integer, .number, .boolean: return found.text
        case .null, .list, .map:
            report("'\(key)' must be a string, not \(found.kindName)", at: found.location)
            return nil
        }
    }

    public mutating func boolean(_ key: String, default fallback: Bool) -> Bool {
        guard let found = value[key] else { return fallback }
        if case .boolean(let boolean) = found.content { return boolean }
        report("'\(key)' must be true or false, not \(found.kindName)", at: found.location)
        return fallback
    }

    public mutating func integer(_ key: String, default fallback: Int64) -> Int64 {
        guard let found = value[key] else { return fallback }
        if case .integer(let integer) = found.content { return integer }
        report("'\(key)' must be an integer, not \(found.kindName)", at: found.location)
        return fallback
    }

    public mutating func number(_ key: String, default fallback: Double) -> Double {
        guard let found = value[key] else { return fallback }
        switch found.content {
        case .integer(let integer): return Double(integer)
        case .number(let number): return number
        case .null, .boolean, .string, .list, .map:
            report("'\(key)' must be a number, not \(found.kindName)", at: found.location)
            return fallback
        }
    }

    /// - Units: `500ms`, `30s`, `10m`, `24h`, `7d`, or combined as in `1h30m`.
    public mutating func duration(_ key: String, default fallback: Duration) -> Duration {
        value[key].flatMap { duration(of: $0, named: key) } ?? fallback
    }

    public mutating func optionalDuration(_ key: String) -> Duration? {
        value[key].flatMap { duration(of: $0, named: key) }
    }

    public mutating func duration(of found: ConfigurationValue, named key: String) -> Duration? {
        guard let duration = DurationText.parse(found.text) else {
            report(
                "'\(key)' is not a duration: '\(found.text)'", at: found.location,
                remedy: DurationText.remedy(for: found.text))
            return nil
        }
        return duration
    }

    /// - Units: bytes: `512B`, `64KiB`, `8MiB`, `1GiB`, or `kB`, `MB`, `GB` for powers of ten.
    public mutating func size(_ key: String, default fallback: Int) -> Int {
        guard let found = value[key] else { return fallback }
        guard let size = SizeText.parse(found.text) else {
            report(
                "'\(key)' is not a size: '\(found.text)'", at: found.location,
                remedy: "write a number and a unit, such as 64KiB, 8MiB or 1GB")
            return fallback
        }
        return size
    }

    public mutating func fieldPath(_ key: String) -> FieldPath? {
        value[key].flatMap { fieldPath(of: $0, named: key) }
    }

    public mutating func fieldPath(of found: ConfigurationValue, named key: String) -> FieldPath? {
        do {
            return try FieldPath(found.text)
        } catch {
            report("'\(key)' is not a field path: \(error)", at: found.location)
            return nil
        }
    }

    /// The values of a `oneOrMore` or `list` setting.
    public func values(_ key: String) -> [ConfigurationValue] {
        guard let found = value[key] else { return [] }
        if case .list(let values) = found.content { return values }
        return [found]
    }
}
