/// JSON pointers, RFC 6901.
enum JSONPointer {
    /// One more step of a pointer, with its slash.
    static func step(_ name: some Collection<UInt8>) -> String {
        var bytes = [UInt8(ascii: "/")]
        for byte in name {
            switch byte {
            case UInt8(ascii: "~"): bytes += [UInt8(ascii: "~"), UInt8(ascii: "0")]
            case UInt8(ascii: "/"): bytes += [UInt8(ascii: "~"), UInt8(ascii: "1")]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pointer in the fragment of a URI, its percent signs resolved.
    static func decode(fragment: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = fragment.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The names and numbers of a pointer, their escapes resolved.
    static func steps(of pointer: String) -> [[UInt8]] {
        pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .dropFirst().map { step in
                var name: [UInt8] = []
                var isEscaped = false
                for byte in step {
                    if isEscaped {
                        name.append(UInt8(ascii: byte == UInt8(ascii: "1") ? "/" : "~"))
                        isEscaped = false
                    } else if byte == UInt8(ascii: "~") {
                        isEscaped = true
                    } else {
                        name.append(byte)
                    }
                }
                return name
            }
    }

    /// The number that a step is in an array.
    static func index(_ step: [UInt8]) -> Int? {
        guard step == [UInt8(ascii: "0")] || step.first != UInt8(ascii: "0") else { return nil }
        guard step.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(String(decoding: step, as: UTF8.self))
    }
}
