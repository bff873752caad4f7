/// Names of hosts, with and without characters beyond ASCII.
///
/// - Source: RFC 1123, section 2.1; RFC 5890 to 5893.
enum HostName {
    private static let longestLabel = 63
    private static let longestName = 253

    static func isHostName(_ text: UnsafeRawBufferPointer) -> Bool {
        guard (1...longestName).contains(text.count) else { return false }
        var cursor = unsafe TextCursor(text)
        repeat {
            let start = cursor.position
            guard cursor.takeAll({ ASCII.isAlphanumeric($0) || $0 == 45 }) > 0 else {
                return false
            }
            let label = unsafe UnsafeRawBufferPointer(rebasing: text[start..<cursor.position])
            guard unsafe isLabel(label) else { return false }
            if unsafe hasPrefix(label) {
                let scalars = unsafe Array(label).map { Unicode.Scalar($0) }
                guard let decoded = decodedLabel(scalars), InternationalLabel.isLabel(decoded),
                    !InternationalLabel.isBidirectional(decoded)
                        || InternationalLabel.meetsBidirectionalRule(decoded)
                else { return false }
            }
        } while cursor.take(".")
        return cursor.isAtEnd
    }

    /// Letters, digits and hyphens are known to be all there is.
    private static func isLabel(_ label: UnsafeRawBufferPointer) -> Bool {
        guard (1...longestLabel).contains(label.count) else { return false }
        return unsafe label[0] != 45 && label[label.count - 1] != 45
    }

    /// Whether a label starts with what marks one that stands for other characters.
    private static func hasPrefix(_ label: UnsafeRawBufferPointer) -> Bool {
        guard label.count >= 4 else { return false }
        return unsafe label[0] | 0x20 == UInt8(ascii: "x") && label[1] | 0x20 == UInt8(ascii: "n")
            && label[2] == 45 && label[3] == 45
    }

    /// The characters that a label with the prefix stands for, when it is the one way to write
    /// them.
    private static func decodedLabel(_ label: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        let encoded = label.dropFirst(4).map { Unicode.Scalar(lowercased($0)) }
        guard let decoded = Punycode.decode(encoded), decoded.contains(where: { !$0.isASCII }),
            Punycode.encode(decoded) == encoded
        else { return nil }
        return decoded
    }

    private static func lowercased(_ scalar: Unicode.Scalar) -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: scalar.value)
        return (65...90).contains(byte) ? byte | 0x20 : byte
    }

    // MARK: International names

    static func isInternationalHostName(_ text: UnsafeRawBufferPointer) -> Bool {
        // Each character is at least one byte of the name that is sent.
        guard text.count <= longestName * 4 else { return false }
        let scalars = Array(unsafe String(decoding: text, as: UTF8.self).unicodeScalars)
        let labels = scalars.split(omittingEmptySubsequences: false) {
            [0x2E, 0x3002, 0xFF0E, 0xFF61].contains($0.value)
        }
        var count = labels.count - 1
        var decoded: [[Unicode.Scalar]] = []
        for label in labels {
            guard let (characters, length) = international(Array(label)) else { return false }
            count += length
            decoded.append(characters)
        }
        guard count <= longestName else { return false }
        return !decoded.contains(where: InternationalLabel.isBidirectional)
            || decoded.allSatisfy(InternationalLabel.meetsBidirectionalRule)
    }

    /// The characters of a label, and the bytes that it has when it is sent.
    private static func international(
        _ label: [Unicode.Scalar]
    ) -> (characters: [Unicode.Scalar], length: Int)? {
        guard label.allSatisfy(\.isASCII) else {
            guard InternationalLabel.isLabel(label), let encoded = Punycode.encode(label),
                encoded.count + 4 <= longestLabel
            else { return nil }
            return (label, encoded.count + 4)
        }
        let bytes = label.map { UInt8($0.value) }
        let isPlain = unsafe bytes.withUnsafeBytes {
            unsafe isLabel($0) && $0.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 45 }
        }
        guard isPlain else { return nil }
        guard unsafe bytes.withUnsafeBytes({ unsafe hasPrefix($0) }) else {
            return (label, bytes.count)
        }
        guard let decoded = decodedLabel(label), InternationalLabel.isLabel(decoded) else {
            return nil
        }
        return (decoded, bytes.count)
    }
}
