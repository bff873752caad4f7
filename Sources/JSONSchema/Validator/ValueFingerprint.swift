internal import Events

/// A number that equal values share: numbers by value, objects without regard to order.
///
/// It need not look at everything, so it goes only a few levels deep.
enum ValueFingerprint {
    private static let deepest = 4

    static func of(_ node: Int32, in reader: DocumentReader, depth: Int = 0) -> UInt64 {
        let kind = FieldValue.Kind(rawValue: reader.kindCode(of: node)) ?? .missing
        switch kind {
        case .missing, .null: return 1
        case .boolean: return reader.payload(of: node) == 0 ? 2 : 3
        case .integer, .unsignedInteger, .decimal: return ofNumber(node, in: reader)
        case .string: return unsafe ofBytes(reader.textBytes(of: node), seed: 5)
        case .array, .object:
            let count = UInt64(reader.childCount(of: node))
            var sum = mix(count &+ (kind == .array ? 7 : 11))
            guard depth < deepest else { return sum }
            var child = node + 1
            for position in 0..<count {
                var part = of(child, in: reader, depth: depth + 1)
                if kind == .array {
                    part ^= position
                } else {
                    part ^= unsafe ofBytes(reader.nameBytes(of: child), seed: 13)
                }
                sum &+= mix(part)
                child = reader.following(child)
            }
            return sum
        }
    }

    private static func ofNumber(_ node: Int32, in reader: DocumentReader) -> UInt64 {
        guard let number = unsafe DecimalText(reader.rawBytes(of: node)) else { return 0 }
        return mix(number.fingerprint)
    }

    private static func ofBytes(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var sum = mix(seed &+ UInt64(bytes.count))
        for index in 0..<bytes.count { sum = mix(sum ^ UInt64(unsafe bytes[index])) }
        return sum
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
