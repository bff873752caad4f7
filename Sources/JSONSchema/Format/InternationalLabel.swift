/// Labels of host names with characters beyond ASCII.
///
/// - Source: RFC 5891, section 4.2.3; RFC 5892; RFC 5893, section 2. Whether the label is
///   normalised is not looked at, and joiners between letters are known in Arabic script only.
enum InternationalLabel {
    static func isLabel(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, first != "-", label.last != "-" else { return false }
        if label.count >= 4, label[2] == "-", label[3] == "-" { return false }
        if isMark(first) { return false }
        return label.indices.allSatisfy { isAllowed(at: $0, in: label) } && digitsAgree(label)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    // MARK: Single characters

    private static func isAllowed(at index: Int, in label: [Unicode.Scalar]) -> Bool {
        let scalar = label[index]
        switch scalar.value {
        // What the derivation below would get wrong, because it is used in a language.
        case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
        case 0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, 0x200C, 0x200D:
            return fits(at: index, in: label)
        case 0x2D, 0x30...0x39, 0x61...0x7A: return true
        // Old Hangul, and blocks of marks for symbols and music.
        case 0x1100...0x11FF, 0xA960...0xA97C, 0xD7B0...0xD7FB, 0x20D0...0x20FF,
            0x1D100...0x1D24F:
            return false
        default: return isLetterOrDigit(scalar)
        }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if properties.changesWhenNFKCCaseFolded || properties.isDefaultIgnorableCodePoint {
            return false
        }
        switch properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .otherLetter, .decimalNumber, .modifierLetter,
            .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }

    /// Whether a character that is allowed between certain others stands there.
    private static func fits(at index: Int, in label: [Unicode.Scalar]) -> Bool {
        let before = index > 0 ? label[index - 1].value : 0
        let after = index + 1 < label.count ? label[index + 1].value : 0
        switch label[index].value {
        case 0xB7: return before == 0x6C && after == 0x6C
        case 0x375: return isGreek(after)
        case 0x5F3, 0x5F4: return isHebrew(before)
        case 0x30FB: return label.contains { isJapanese($0.value) }
        case 0x200D: return index > 0 && isVirama(label[index - 1])
        default: return index > 0 && (isVirama(label[index - 1]) || joins(at: index, in: label))
        }
    }

    private static func isVirama(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.canonicalCombiningClass == .virama
    }

    private static func isGreek(_ value: UInt32) -> Bool {
        (0x370...0x3FF).contains(value) || (0x1F00...0x1FFF).contains(value)
    }

    private static func isHebrew(_ value: UInt32) -> Bool {
        (0x591...0x5F4).contains(value) || (0xFB1D...0xFB4F).contains(value)
    }

    /// Hiragana, Katakana and Han.
    private static func isJapanese(_ value: UInt32) -> Bool {
        switch value {
        case 0x3041...0x309F, 0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF,
            0x2E80...0x2FD5, 0x3005, 0x3007, 0x3021...0x3029, 0x3038...0x303B, 0x3400...0x4DBF,
            0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    /// Arabic digits and their Persian forms do not go together.
    private static func digitsAgree(_ label: [Unicode.Scalar]) -> Bool {
        !(label.contains { (0x660...0x669).contains($0.value) }
            && label.contains { (0x6F0...0x6F9).contains($0.value) })
    }

    // MARK: Letters that are joined

    /// Whether a mark that keeps letters apart stands between two that would be joined.
    private static func joins(at index: Int, in label: [Unicode.Scalar]) -> Bool {
        let before = label[..<index].last { !isMark($0) }
        let after = label[(index + 1)...].first { !isMark($0) }
        guard let before, let after else { return false }
        return isArabicLetter(before) && !joinsBackwardOnly(before) && isArabicLetter(after)
    }

    private static func isArabicLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x621, 0x674, 0x6D5: false
        case 0x620...0x6FF, 0x750...0x77F: scalar.properties.generalCategory == .otherLetter
        default: false
        }
    }

    /// Whether a letter is never joined with the next one.
    private static func joinsBackwardOnly(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x622...0x625, 0x627, 0x629, 0x62F...0x632, 0x648, 0x671...0x673, 0x675...0x677,
            0x688...0x699, 0x6C0, 0x6C3...0x6CB, 0x6CD, 0x6CF, 0x6D2, 0x6D3, 0x6EE, 0x6EF,
            0x759...0x75B, 0x76B, 0x76C, 0x771, 0x773, 0x774, 0x778, 0x779:
            true
        default: false
        }
    }
}

// MARK: - Both directions

extension InternationalLabel {
    private enum Direction {
        case leftToRight, rightToLeft, arabicNumber, europeanNumber, mark, neutral
    }

    private static func direction(of scalar: Unicode.Scalar) -> Direction {
        if scalar.properties.generalCategory == .nonspacingMark { return .mark }
        switch scalar.value {
        case 0x30...0x39, 0x6F0...0x6F9: return .europeanNumber
        case 0x660...0x669, 0x66B, 0x66C, 0x6DD: return .arabicNumber
        case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF,
            0x1E800...0x1EFFF:
            return .rightToLeft
        case 0x2D, 0xB7, 0x375, 0x30FB, 0x200C, 0x200D: return .neutral
        default: return .leftToRight
        }
    }

    /// Whether a label has something that is written from right to left.
    static func isBidirectional(_ label: [Unicode.Scalar]) -> Bool {
        label.contains {
            let direction = direction(of: $0)
            return direction == .rightToLeft || direction == .arabicNumber
        }
    }

    /// Whether a label may stand in a name of which one label is written from right to left.
    static func meetsBidirectionalRule(_ label: [Unicode.Scalar]) -> Bool {
        let directions = label.map { direction(of: $0) }
        guard let last = directions.last(where: { $0 != .mark }) else { return false }
        switch directions.first {
        case .leftToRight:
            return !directions.contains(.rightToLeft) && !directions.contains(.arabicNumber)
                && (last == .leftToRight || last == .europeanNumber)
        case .rightToLeft:
            return !directions.contains(.leftToRight) && last != .neutral
                && !(directions.contains(.europeanNumber) && directions.contains(.arabicNumber))
        default: return false
        }
    }
}
