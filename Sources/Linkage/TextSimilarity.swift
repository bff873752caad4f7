/// How alike two texts are, by their bytes: for ASCII by their letters.
package enum TextSimilarity {
    /// Jaro-Winkler, from 0 to 1: shared letters near the same place, and a shared beginning.
    ///
    /// - Source: W. E. Winkler (1990), with a weight of 0.1 for up to four letters.
    package static func jaroWinkler(_ a: [UInt8], _ b: [UInt8]) -> Double {
        let jaro = jaro(a, b)
        var shared = 0
        while shared < min(4, a.count, b.count), a[shared] == b[shared] { shared += 1 }
        return jaro + Double(shared) * 0.1 * (1 - jaro)
    }

    private static func jaro(_ a: [UInt8], _ b: [UInt8]) -> Double {
        if a.isEmpty || b.isEmpty { return a.isEmpty && b.isEmpty ? 1 : 0 }
        let reach = max(0, max(a.count, b.count) / 2 - 1)
        var isTaken = [Bool](repeating: false, count: b.count)
        var matched: [UInt8] = []
        for (place, letter) in a.enumerated() {
            let range =
                max(
                    0, place - reach)..<max(
                    max(0, place - reach), min(b.count, place + reach + 1))
            for other in range where !isTaken[other] && b[other] == letter {
                isTaken[other] = true
                matched.append(letter)
                break
            }
        }
        if matched.isEmpty { return 0 }
        var transposed = 0
        var position = 0
        for (place, letter) in b.enumerated() where isTaken[place] {
            if matched[position] != letter { transposed += 1 }
            position += 1
        }
        let count = Double(matched.count)
        return
            (count / Double(a.count) + count / Double(b.count)
            + (count - Double(transposed / 2)) / count) / 3
    }

    /// How many letters have to be put in, taken out, replaced or swapped with their neighbour; more
    /// than `limit` is `limit + 1`.
    package static func edits(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
        if abs(a.count - b.count) > limit { return limit + 1 }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                let cost = a[i] == b[j] ? 0 : 1
                current[j + 1] = min(last[j + 1] + 1, current[j] + 1, last[j] + cost)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
                }
            }
            if (current.min() ?? 0) > limit { return limit + 1 }
            (beforeLast, last) = (last, current)
        }
        return min(last[b.count], limit + 1)
    }
}
