/// The capturing groups of a pattern, found before it is translated, since a back reference may
/// stand before its group.
struct PatternGroups {
    /// The longest name that a group may have.
    static let longestName = 200

    private(set) var count = 0
    private(set) var numbers: [String: Int] = [:]

    init(_ scalars: [Unicode.Scalar]) throws(PatternError) {
        var position = 0
        var isInClass = false
        while position < scalars.count {
            switch scalars[position] {
            case "\\": position += 1
            case "[": isInClass = true
            case "]": isInClass = false
            case "(" where !isInClass: try addGroup(scalars, at: position)
            default: break
            }
            position += 1
        }
    }

    private mutating func addGroup(
        _ scalars: [Unicode.Scalar], at position: Int
    ) throws(PatternError) {
        let rest = scalars[(position + 1)...]
        guard rest.first == "?" else {
            count += 1
            return
        }
        let marks = Array(rest.prefix(3))
        guard marks.count == 3, marks[1] == "<", marks[2] != "=", marks[2] != "!" else { return }
        count += 1
        let start = rest.dropFirst(2).prefix(Self.longestName)
        let name = String(String.UnicodeScalarView(start.prefix { $0 != ">" }))
        guard numbers.updateValue(count, forKey: name) == nil else {
            throw PatternError("two groups are named '\(name)'", column: position + 1)
        }
    }
}
