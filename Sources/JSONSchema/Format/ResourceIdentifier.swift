/// URIs, IRIs, and references to them.
///
/// - Source: RFC 3986, appendix A; RFC 3987, section 2.2.
enum ResourceIdentifier {
    /// Whether a text is one; in an international one, characters beyond ASCII may stand, and in a
    /// whole one, there must be a scheme.
    static func holds(
        _ text: UnsafeRawBufferPointer, isInternational: Bool, isWhole: Bool
    ) -> Bool {
        var reader = unsafe Reader(
            cursor: TextCursor(text), isInternational: isInternational)
        return reader.read(isWhole: isWhole)
    }

    private struct Reader {
        var cursor: TextCursor
        let isInternational: Bool

        mutating func read(isWhole: Bool) -> Bool {
            let hasScheme = takeScheme()
            guard hasScheme || !isWhole else { return false }
            var afterSlashes = cursor
            if afterSlashes.take("/"), afterSlashes.take("/") {
                cursor = afterSlashes
                guard takeAuthority(), takePath() else { return false }
            } else {
                // Without a scheme, a colon in the first segment would be taken for the end of
                // one.
                if !hasScheme, !takeSegment(withColon: false) { return false }
                if !hasScheme, cursor.next == UInt8(ascii: ":") { return false }
                guard takePath(mayStartWithSegment: true) else { return false }
            }
            if cursor.take("?"), !takeTail(isQuery: true) { return false }
            if cursor.take("#"), !takeTail(isQuery: false) { return false }
            return cursor.isAtEnd
        }

        private mutating func takeScheme() -> Bool {
            var ahead = cursor
            guard ASCII.isLetter(ahead.next) else { return false }
            _ = ahead.takeAll { ASCII.isAlphanumeric($0) || $0 == 43 || $0 == 45 || $0 == 46 }
            guard ahead.take(":") else { return false }
            cursor = ahead
            return true
        }

        // MARK: Authority

        private mutating func takeAuthority() -> Bool {
            var ahead = self
            if ahead.takeCharacters(also: ":"), ahead.cursor.take("@") { self = ahead }
            if cursor.take("[") {
                guard takeLiteral() else { return false }
            } else if !takeCharacters(also: "") {
                return false
            }
            if cursor.take(":") { _ = cursor.takeAll(ASCII.isDigit) }
            return cursor.isAtEnd || "/?#".utf8.contains(cursor.next)
        }

        /// An address in brackets, the first bracket taken.
        private mutating func takeLiteral() -> Bool {
            if cursor.take(anyOf: "vV") {
                guard cursor.takeAll(ASCII.isHexadecimal) > 0, cursor.take(".") else {
                    return false
                }
                let count = cursor.takeAll {
                    ASCII.isAlphanumeric($0) || "-._~!$&'()*+,;=:".utf8.contains($0)
                }
                return count > 0 && cursor.take("]")
            }
            return NetworkAddress.takeVersion6(&cursor) && cursor.take("]")
        }

        // MARK: What follows

        /// Segments, each behind its slash.
        private mutating func takePath(mayStartWithSegment: Bool = false) -> Bool {
            if mayStartWithSegment, !takeSegment(withColon: true) { return false }
            while cursor.take("/") {
                guard takeSegment(withColon: true) else { return false }
            }
            return true
        }

        private mutating func takeSegment(withColon: Bool) -> Bool {
            takeCharacters(also: withColon ? ":@" : "@")
        }

        private mutating func takeTail(isQuery: Bool) -> Bool {
            takeCharacters(also: ":@/?", isPrivateAllowed: isQuery)
        }

        /// Passes over what may stand everywhere, and the characters of `others`. Returns false
        /// at a wrong percent sign.
        private mutating func takeCharacters(
            also others: StaticString, isPrivateAllowed: Bool = false
        ) -> Bool {
            while !cursor.isAtEnd {
                let byte = cursor.next
                if byte == UInt8(ascii: "%") {
                    guard cursor.takePercentEncoded() else { return false }
                } else if byte >= 0x80 {
                    var ahead = cursor
                    guard isInternational, let scalar = ahead.scalar(),
                        Self.isAllowed(scalar, isPrivateAllowed)
                    else { return false }
                    cursor = ahead
                } else if ASCII.isAlphanumeric(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) {
                    cursor.skip()
                } else if !cursor.take(anyOf: others) {
                    return true
                }
            }
            return true
        }

        private static func isAllowed(_ scalar: Unicode.Scalar, _ isPrivate: Bool) -> Bool {
            switch scalar.value {
            case 0xA0...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFEF: true
            case 0xE000...0xF8FF, 0xF0000...0xFFFFD, 0x100000...0x10FFFD: isPrivate
            case 0x10000...0xDFFFF: scalar.value & 0xFFFF <= 0xFFFD
            case 0xE1000...0xEFFFD: true
            default: false
            }
        }
    }
}

/// Templates of URIs.
///
/// - Source: RFC 6570, section 2.
enum URITemplate {
    static func holds(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = unsafe TextCursor(text)
        while !cursor.isAtEnd {
            if cursor.take("{") {
                guard takeExpression(&cursor) else { return false }
            } else if cursor.next == UInt8(ascii: "%") {
                guard cursor.takePercentEncoded() else { return false }
            } else {
                let byte = cursor.next
                guard byte > 32, byte != 127, !"\"<>\\^`|}".utf8.contains(byte) else {
                    return false
                }
                cursor.skip()
            }
        }
        return true
    }

    private static func takeExpression(_ cursor: inout TextCursor) -> Bool {
        _ = cursor.take(anyOf: "+#./;?&")
        repeat {
            guard takeName(&cursor), takeModifier(&cursor) else { return false }
        } while cursor.take(",")
        return cursor.take("}")
    }

    private static func takeName(_ cursor: inout TextCursor) -> Bool {
        repeat {
            var count = 0
            while true {
                if cursor.next == UInt8(ascii: "%") {
                    guard cursor.takePercentEncoded() else { return false }
                    count += 1
                }
                let taken = cursor.takeAll { ASCII.isAlphanumeric($0) || $0 == 95 }
                count += taken
                if taken == 0, cursor.next != UInt8(ascii: "%") { break }
            }
            guard count > 0 else { return false }
        } while cursor.take(".")
        return true
    }

    private static func takeModifier(_ cursor: inout TextCursor) -> Bool {
        if cursor.take("*") { return true }
        guard cursor.take(":") else { return true }
        guard cursor.next != UInt8(ascii: "0") else { return false }
        return (1...4).contains(cursor.takeAll(ASCII.isDigit))
    }
}
