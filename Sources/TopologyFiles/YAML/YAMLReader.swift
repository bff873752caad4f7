internal import StreamCore
internal import Yams

/// Reads the YAML of a topology file into values with their places.
///
/// Anchors and aliases work, and `<<` merges maps; a value that an alias repeats has the place of
/// its anchor. `${NAME}` is filled in after the YAML was read, so what a variable holds is never
/// read as YAML.
struct YAMLReader {
    /// Deeper or larger than this, by repeated aliases, is no topology but an attack or a slip.
    static let maximumDepth = 64
    static let maximumValues = 200_000

    private var composer: YAMLComposer
    private let environment: [String: String]
    private var valueCount = 0
    private(set) var diagnostics = Diagnostics()
    private(set) var substitutions = Substitutions()
    /// Scalars whose variables could not be filled in: what else is said about them is noise.
    private(set) var unresolved: Set<SourceLocation> = []

    init(_ source: SourceText, environment: [String: String]) {
        composer = YAMLComposer(source)
        self.environment = environment
    }

    /// The file's one document; `nil` when it can't be read at all.
    mutating func read() -> ConfigurationValue? {
        do {
            guard let root = try composer.compose() else {
                report("the file is empty", at: composer.location(of: nil))
                return nil
            }
            return value(of: root, depth: 0)
        } catch {
            diagnostics.append(contentsOf: error)
            return nil
        }
    }

    private mutating func value(of node: Node, depth: Int) -> ConfigurationValue {
        let location = composer.location(of: node.mark)
        guard admit(at: location, depth: depth) else {
            return ConfigurationValue(.null, at: location)
        }
        switch node {
        case .scalar(let scalar): return value(of: scalar, at: location)
        case .sequence(let sequence):
            checkTag(sequence.tag, isKnown: [.implicit, .seq], at: location)
            let values = sequence.map { value(of: $0, depth: depth + 1) }
            return ConfigurationValue(.list(values), at: location)
        case .mapping(let mapping):
            checkTag(mapping.tag, isKnown: [.implicit, .map], at: location)
            return ConfigurationValue(.map(entries(of: mapping, depth: depth)), at: location)
        case .alias(let alias):
            report("'*\(alias.anchor)' has no anchor", at: location)
            return ConfigurationValue(.null, at: location)
        }
    }

    private mutating func admit(at location: SourceLocation, depth: Int) -> Bool {
        valueCount += 1
        if valueCount == Self.maximumValues + 1 {
            report("the file holds more than \(Self.maximumValues) values", at: location)
        }
        if depth == Self.maximumDepth {
            report("nested more than \(Self.maximumDepth) deep", at: location)
        }
        return valueCount <= Self.maximumValues && depth < Self.maximumDepth
    }

    private mutating func checkTag(
        _ tag: Tag, isKnown known: [Tag.Name], at location: SourceLocation
    ) {
        if !known.contains(where: { $0.rawValue == tag.rawValue }) {
            report(
                "tag '\(tag.rawValue)' means nothing here", at: location, remedy: "leave it out")
        }
    }

    private mutating func report(
        _ message: String, at location: SourceLocation, remedy: String? = nil
    ) {
        diagnostics.append(Diagnostic(message, at: location, remedy: remedy))
    }
}

// MARK: - Maps

extension YAMLReader {
    private mutating func entries(
        of mapping: Node.Mapping, depth: Int
    ) -> [ConfigurationValue.Entry] {
        var own: [ConfigurationValue.Entry] = []
        var merged: [ConfigurationValue.Entry] = []
        var places: [String: SourceLocation] = [:]
        for (keyNode, valueNode) in mapping {
            guard let (key, isPlain) = key(of: keyNode) else { continue }
            let location = composer.location(of: keyNode.mark)
            let value = value(of: valueNode, depth: depth + 1)
            if let first = places.updateValue(location, forKey: key) {
                places[key] = first
                report(
                    "key '\(key)' stands twice in one map", at: location,
                    remedy: "the first one is at \(first); take one of them out")
            } else if key == "<<", isPlain {
                merged = entries(toMerge: value)
            } else {
                own.append(.init(key: key, keyLocation: location, value: value))
            }
        }
        return own + merged.filter { places[$0.key] == nil }
    }

    private mutating func key(of node: Node) -> (text: String, isPlain: Bool)? {
        let location = composer.location(of: node.mark)
        guard case .scalar(let scalar) = node else {
            report("a key must be a text", at: location, remedy: "put it in quotes")
            return nil
        }
        let text = composer.maskedKeys[location] ?? scalar.string
        if text.contains("${") {
            report(
                "a key can't hold '${'", at: location,
                remedy: "variables are filled in where values stand")
        }
        return (text, scalar.style == .plain)
    }

    /// What `<<` brings in: the entries of a map, or of several, where the first one wins.
    private mutating func entries(
        toMerge value: ConfigurationValue
    ) -> [ConfigurationValue.Entry] {
        switch value.content {
        case .map(let entries): return entries
        case .list(let values) where values.allSatisfy({ $0.entries != nil }):
            var seen: Set<String> = []
            return values.flatMap { $0.entries ?? [] }.filter { seen.insert($0.key).inserted }
        default:
            report(
                "'<<' merges a map, or a list of maps, not \(value.kindName)", at: value.location,
                remedy: "write '<<: *anchor'")
            return []
        }
    }
}

// MARK: - Scalars

extension YAMLReader {
    private mutating func value(
        of scalar: Node.Scalar, at location: SourceLocation
    ) -> ConfigurationValue {
        checkTag(scalar.tag, isKnown: [.implicit, .str, .nonSpecific], at: location)
        let isPlain = scalar.style == .plain && scalar.tag.rawValue == Tag.Name.implicit.rawValue
        guard scalar.string.contains("${") else {
            let content =
                isPlain ? PlainScalar.content(of: scalar.string) : .string(scalar.string)
            let places = ScalarPlaces(of: scalar, at: location, in: composer.source)
            return ConfigurationValue(content, text: scalar.string, at: location) {
                places.location(ofLine: $0, column: $1)
            }
        }
        let text = substitute(in: scalar.string, at: location)
        let isTyped = isPlain || Self.isQuotedVariable(scalar)
        let content = isTyped ? PlainScalar.substitutedContent(of: text) : .string(text)
        return ConfigurationValue(content, text: text, at: location)
    }

    /// Between `{ }` and `[ ]` YAML wants quotes around `${NAME}`, so a variable that stands alone
    /// in double quotes has the type of its value as well. In single quotes it is a text.
    private static func isQuotedVariable(_ scalar: Node.Scalar) -> Bool {
        guard scalar.style == .doubleQuoted, let parts = try? VariableText(scalar.string).parts,
            case .variable? = parts.first
        else { return false }
        return parts.count == 1
    }

    private mutating func substitute(in written: String, at location: SourceLocation) -> String {
        do {
            let parts = try VariableText(written).parts
            var isFromEnvironment = false
            let text = parts.map {
                resolve($0, at: location, fromEnvironment: &isFromEnvironment)
            }.joined()
            if isFromEnvironment { substitutions.add(text, for: written, at: location) }
            return text
        } catch {
            unresolved.insert(location)
            report(
                error.message, at: composer.source.locate(error.excerpt, from: location),
                remedy: error.remedy)
            return written
        }
    }

    private mutating func resolve(
        _ part: VariableText.Part, at location: SourceLocation, fromEnvironment: inout Bool
    ) -> String {
        switch part {
        case .text(let text): return text
        case .variable(let name, let fallback):
            let value = environment[name]
            if let value, !value.isEmpty || fallback == nil {
                substitutions.add(value, for: "${\(name)}", at: location)
                fromEnvironment = true
                return value
            }
            if let fallback { return fallback }
            unresolved.insert(location)
            report(
                "variable '\(name)' is not set and has no default",
                at: composer.source.locate("${\(name)}", from: location),
                remedy: "set it, or write '${\(name):-default}'")
            return "${\(name)}"
        }
    }
}
