/// Finds the name that a person most likely meant.
public enum NearestName {
    /// The candidate with the smallest edit distance to `name`, when it is near enough to be a
    /// slip of the fingers.
    public static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let limit = max(1, (name.count + 1) / 3)
        let ranked = candidates.map { ($0, distance(name.lowercased(), $0.lowercased())) }
            .filter { $0.1 <= limit }
        return ranked.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// The remedy that goes with an unknown name: the nearest one, or all there are.
    public static func remedy(for name: String, known: some Collection<String>) -> String {
        if let nearest = find(name, in: known) { return "did you mean '\(nearest)'?" }
        if known.isEmpty { return "none is known here" }
        return "known here: \(known.sorted().joined(separator: ", "))"
    }

    /// Optimal string alignment: insertions, deletions, substitutions, neighbours swapped.
    package static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var current = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                current[j] = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    current[j] = min(current[j], beforeLast[j - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[b.count]
    }
}
