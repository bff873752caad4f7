internal import StreamCore
internal import Yams

/// Text to YAML nodes, by libyaml, with duplicate keys let through.
///
/// Yams stops at the first map that has a key twice and names one place of it. To report both
/// places, and everything else that is wrong with the file, the first of the two is masked with
/// characters for private use, as many as it has, and the text is read again: no other place
/// moves. What really stands there is kept in ``maskedKeys``.
struct YAMLComposer {
    private static let maximumMasks = 100

    private(set) var source: SourceText
    /// Keys that the text had to hide, by their places.
    private(set) var maskedKeys: [SourceLocation: String] = [:]

    init(_ source: SourceText) { self.source = source }

    /// The document's root; `nil` when there is none.
    mutating func compose() throws(Diagnostics) -> Node? {
        while true {
            do {
                let parser = try Parser(yaml: source.text, resolver: .basic, encoding: .utf8)
                return try parser.singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let place = location(of: context.mark)
                guard let key = keys.first, mask(key, at: place) else {
                    throw Diagnostics([
                        Diagnostic("key '\(keys.first ?? "")' stands twice in one map", at: place)
                    ])
                }
            } catch let error as YamlError {
                throw Diagnostics([YAMLFailure(error, in: source).diagnostic])
            } catch {
                throw Diagnostics([
                    Diagnostic("not valid YAML: \(error)", at: location(of: nil))
                ])
            }
        }
    }

    func location(of mark: Mark?) -> SourceLocation {
        SourceLocation(file: source.path, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private mutating func mask(_ key: String, at place: SourceLocation) -> Bool {
        guard !key.isEmpty, maskedKeys.count < Self.maximumMasks, maskedKeys[place] == nil else {
            return false
        }
        let cover = Unicode.Scalar(0xF0000 + UInt32(maskedKeys.count)).map(Character.init)
        let mask = String(repeating: cover ?? "?", count: key.unicodeScalars.count)
        for quote in ["", "\"", "'"] {
            let (old, new) = (quote + key + quote, quote + mask + quote)
            if let masked = source.replacing(old, at: place, with: new) {
                source = masked
                maskedKeys[place] = key
                return true
            }
        }
        return false
    }
}
