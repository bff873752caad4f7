/// Walks rows through an ensemble, and the memory that it needs for it.
struct TreeWalk: ~Copyable {
    /// Rows that go through one tree before the next.
    static let blockRows = 32

    private let ensemble: TreeEnsemble
    /// The keys of a block: groups of eight rows, in each the columns, in each the rows.
    private var keys: [Int64]
    private var sums: [Double]
    private var singleSums: [Float]

    init(_ ensemble: TreeEnsemble) {
        self.ensemble = ensemble
        keys = Array(repeating: 0, count: Self.blockRows * ensemble.program.columns.count)
        sums = Array(repeating: 0, count: Self.blockRows * ensemble.groupCount)
        singleSums = sums.map { Float($0) }
    }

    /// Adds up the leaves of rows, each of `stride` numbers, of which NaN is missing.
    ///
    /// `results` gets the outputs of each row one after the other.
    mutating func predict(
        _ rows: UnsafeBufferPointer<Double>, count: Int, stride: Int,
        into results: UnsafeMutableBufferPointer<Double>, raw: Bool = false
    ) {
        let outputs = raw ? ensemble.groupCount : ensemble.outputCount
        precondition(
            stride >= ensemble.featureCount && rows.count >= count * stride
                && results.count >= count * outputs, "rows or results are cut short")
        var start = 0
        while start < count {
            let blockCount = min(Self.blockRows, count - start)
            unsafe fill(rows.baseAddress! + start * stride, blockCount, stride)
            walk()
            for row in 0..<blockCount {
                unsafe finish(row, results.baseAddress! + (start + row) * outputs, raw: raw)
            }
            start += blockCount
        }
    }

    private mutating func fill(_ rows: UnsafePointer<Double>, _ count: Int, _ stride: Int) {
        let columns = ensemble.program.columns
        let lanes = TreeProgram.lanes
        for (index, column) in columns.enumerated() {
            for row in 0..<count {
                let value = unsafe rows[row * stride + column.feature]
                keys[(row / lanes * columns.count + index) * lanes + row % lanes] =
                    TreeProgram.key(of: value, by: column.rule)
            }
        }
        let isSingle = ensemble.arithmetic == .single
        for row in 0..<Self.blockRows {
            for group in 0..<ensemble.groupCount {
                let place = row * ensemble.groupCount + group
                if isSingle {
                    singleSums[place] = Float(ensemble.base[group])
                } else {
                    sums[place] = ensemble.base[group]
                }
            }
        }
    }

    private mutating func walk() {
        let program = ensemble.program
        let groupCount = ensemble.groupCount
        let isSingle = ensemble.arithmetic == .single
        let groupSize = program.columns.count * TreeProgram.lanes
        unsafe program.nodes.withUnsafeBufferPointer { nodes in
            unsafe program.values.withUnsafeBufferPointer { values in
                unsafe keys.withUnsafeBufferPointer { keys in
                    for tree in program.trees {
                        for first in stride(from: 0, to: Self.blockRows, by: TreeProgram.lanes) {
                            let start =
                                unsafe keys.baseAddress!
                                + first / TreeProgram.lanes * groupSize
                            let leaves =
                                unsafe tree.hasCategories
                                ? Self.walkCategories(
                                    tree, nodes.baseAddress!, start, program.sets)
                                : Self.walk(tree, nodes.baseAddress!, start)
                            for lane in 0..<TreeProgram.lanes {
                                let place = (first + lane) * groupCount + tree.group
                                let value = unsafe values[Int(leaves[lane])]
                                if isSingle {
                                    singleSums[place] += Float(value)
                                } else {
                                    sums[place] += value
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The leaves that eight rows come to. The rows do not wait for each other's memory.
    @inline(__always) private static func walk(
        _ tree: TreeProgram.Tree, _ nodes: UnsafePointer<TreeProgram.Node>,
        _ keys: UnsafePointer<Int64>
    ) -> SIMD8<Int32> {
        @inline(__always) func step(_ place: Int32, _ lane: Int) -> Int32 {
            let node = unsafe nodes[Int(place)]
            let key = unsafe keys[Int(node.column) &* TreeProgram.lanes &+ lane]
            return node.child &+ (key < node.threshold ? 0 : 1)
        }
        var (a, b, c, d) = (tree.root, tree.root, tree.root, tree.root)
        var (e, f, g, h) = (tree.root, tree.root, tree.root, tree.root)
        for _ in 0..<tree.depth {
            a = step(a, 0)
            b = step(b, 1)
            c = step(c, 2)
            d = step(d, 3)
            e = step(e, 4)
            f = step(f, 5)
            g = step(g, 6)
            h = step(h, 7)
        }
        return SIMD8(a, b, c, d, e, f, g, h)
    }

    private static func walkCategories(
        _ tree: TreeProgram.Tree, _ nodes: UnsafePointer<TreeProgram.Node>,
        _ keys: UnsafePointer<Int64>, _ sets: [UInt32]
    ) -> SIMD8<Int32> {
        var leaves = SIMD8<Int32>(repeating: tree.root)
        for lane in 0..<TreeProgram.lanes {
            var place = tree.root
            while true {
                let node = unsafe nodes[Int(place)]
                if node.column == 0 { break }
                if node.column > 0 {
                    let key = unsafe keys[Int(node.column) &* TreeProgram.lanes &+ lane]
                    place = node.child &+ (key < node.threshold ? 0 : 1)
                } else {
                    let key = unsafe keys[Int(~node.column) &* TreeProgram.lanes &+ lane]
                    place = node.child &+ (goesLeft(key, Int(node.threshold), sets) ? 0 : 1)
                }
            }
            leaves[lane] = place
        }
        return leaves
    }

    /// Whether a category goes left, by the set at `start`.
    static func goesLeft(_ category: Int64, _ start: Int, _ sets: [UInt32]) -> Bool {
        let head = sets[start]
        let membersGoLeft = head >> 31 == 1
        guard category >= 0 else { return (category == -2) == membersGoLeft }
        let word = Int(category) / 32
        let isMember =
            word < Int(head & 0x7FFF_FFFF)
            && sets[start + 1 + word] >> UInt32(category % 32) & 1 == 1
        return isMember == membersGoLeft
    }

    // MARK: Results

    private mutating func finish(
        _ row: Int, _ results: UnsafeMutablePointer<Double>, raw: Bool
    ) {
        let first = row * ensemble.groupCount
        for group in 0..<ensemble.groupCount where ensemble.arithmetic == .single {
            sums[first + group] = Double(singleSums[first + group])
        }
        if ensemble.divisor != 1 {
            for group in 0..<ensemble.groupCount { sums[first + group] /= ensemble.divisor }
        }
        if raw {
            for group in 0..<ensemble.groupCount { unsafe results[group] = sums[first + group] }
            return
        }
        switch ensemble.link {
        case .largest:
            var best = 0
            for group in 1..<max(ensemble.groupCount, 1)
            where sums[first + group] > sums[first + best] { best = group }
            unsafe results[0] = Double(best)
        case .softmax:
            var highest = -Double.infinity
            for group in 0..<ensemble.groupCount { highest = max(highest, sums[first + group]) }
            var total = 0.0
            for group in 0..<ensemble.groupCount {
                let power = Mathematics.exponential(sums[first + group] - highest)
                unsafe results[group] = power
                total += power
            }
            for group in 0..<ensemble.groupCount { unsafe results[group] /= total }
        default:
            for group in 0..<ensemble.groupCount {
                unsafe results[group] = ensemble.link.value(of: sums[first + group])
            }
        }
    }
}

extension TreeEnsemble.Link {
    /// The prediction for one sum, for links that look at one alone.
    func value(of sum: Double) -> Double {
        switch self {
        case .identity, .softmax, .largest: sum
        case .logistic(let slope): Mathematics.logistic(slope * sum)
        case .exponential: Mathematics.exponential(sum)
        case .sign: sum > 0 ? 1 : 0
        case .signedSquare: sum < 0 ? -sum * sum : sum * sum
        case .softplus: Mathematics.softplus(sum)
        }
    }
}
