/// Places in sets that have none in common: a forest in which each points towards the root of its set.
struct DisjointSets {
    private var parents: [Int]

    init(count: Int) { parents = Array(0..<count) }

    mutating func root(_ place: Int) -> Int {
        var place = place
        while parents[place] != place {
            parents[place] = parents[parents[place]]
            place = parents[place]
        }
        return place
    }

    /// Makes one set of those of two roots; `a` is its root.
    mutating func unite(_ a: Int, _ b: Int) { parents[b] = a }
}
