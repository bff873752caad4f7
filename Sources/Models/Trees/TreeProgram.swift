/// Trees as the walk reads them: one array of nodes, each of 16 bytes.
///
/// A row's values become *keys*: whole numbers in the order of the values, so that one comparison
/// of integers decides a numerical split. What is missing has the least or the greatest key, by
/// the side that it goes to; a feature whose splits send it to both sides has two columns of keys.
/// The two children of a node lie side by side, and a leaf leads to itself, so the walk has no
/// branch that data decides.
struct TreeProgram: Sendable {
    struct Node: BitwiseCopyable, Sendable {
        /// Left when the key is below it. For a split by category: where its set starts.
        var threshold: Int64
        /// The column of the key; the complement of it for a split by category.
        var column: Int32
        /// The left child; the right one is behind it.
        var child: Int32
    }

    /// How a value becomes a key.
    enum Rule: Hashable, Sendable {
        /// Always 0.
        case zero
        /// As `Float`.
        case single(missingGoesLeft: Bool)
        case double(DecisionTree.MissingRule)
        /// A whole number from 0 on; -1 for what is in no set, -2 for what goes where members go.
        case category(missingIsMember: Bool)
    }

    struct Column: Hashable, Sendable {
        let feature: Int
        let rule: Rule
    }

    struct Tree: Sendable {
        let root: Int32
        let depth: Int
        let group: Int
        let hasCategories: Bool
    }

    /// Rows that are walked side by side.
    static let lanes = 8

    private(set) var nodes: [Node] = []
    /// The leaf values, by node.
    private(set) var values: [Double] = []
    private(set) var columns: [Column] = [Column(feature: 0, rule: .zero)]
    private(set) var trees: [Tree] = []
    /// Sets of categories: the number of words with the side of members in the top bit, then the
    /// words.
    private(set) var sets: [UInt32] = []
    private var columnIndices: [Column: Int] = [:]

    init(_ trees: [DecisionTree], featureCount: Int, groupCount: Int) throws(ModelProblem) {
        for tree in trees {
            guard (0..<groupCount).contains(tree.group) else {
                throw ModelProblem("a tree is of class \(tree.group), of \(groupCount) classes")
            }
            try add(tree, featureCount: featureCount)
        }
        columnIndices = [:]
    }

    private mutating func add(_ tree: DecisionTree, featureCount: Int) throws(ModelProblem) {
        let order = try tree.order()
        guard nodes.count + order.count < Int(Int32.max) else {
            throw ModelProblem("the model has more than 2^31 nodes")
        }
        // In `order` siblings follow each other, behind their parents.
        var place = [Int](repeating: 0, count: tree.nodes.count)
        var depth = [Int](repeating: 0, count: tree.nodes.count)
        let start = nodes.count
        for (index, node) in order.enumerated() { place[node] = start + index }
        var hasCategories = false
        var deepest = 0
        for index in order {
            switch tree.nodes[index] {
            case .leaf(let value):
                guard value.isFinite else { throw ModelProblem("a leaf is no finite number") }
                nodes.append(Node(threshold: 1, column: 0, child: Int32(place[index])))
                values.append(value)
            case .split(let feature, let split, let left, let right):
                guard (0..<featureCount).contains(feature) else {
                    throw ModelProblem("a split is by feature \(feature), of \(featureCount)")
                }
                depth[left] = depth[index] + 1
                depth[right] = depth[index] + 1
                deepest = max(deepest, depth[index] + 1)
                var node = try self.node(feature, split)
                node.child = Int32(place[left])
                hasCategories = hasCategories || node.column < 0
                nodes.append(node)
                values.append(0)
            }
        }
        trees.append(
            Tree(
                root: Int32(start), depth: deepest, group: tree.group,
                hasCategories: hasCategories))
    }

    private mutating func node(
        _ feature: Int, _ split: DecisionTree.Split
    ) throws(ModelProblem) -> Node {
        switch split {
        case .below(let threshold, let missingGoesLeft):
            guard !threshold.isNaN else { throw ModelProblem("a threshold is no number") }
            return Node(
                threshold: Self.key(threshold),
                column: column(feature, .single(missingGoesLeft: missingGoesLeft)), child: 0)
        case .atMost(let threshold, let missing):
            guard !threshold.isNaN else { throw ModelProblem("a threshold is no number") }
            return Node(
                threshold: Self.key(threshold) + 1, column: column(feature, .double(missing)),
                child: 0)
        case .category(let set, let membersGoLeft, let missingGoesLeft):
            let start = sets.count
            sets.append(UInt32(set.words.count) | (membersGoLeft ? 1 << 31 : 0))
            sets += set.words
            let missingIsMember = missingGoesLeft == membersGoLeft
            return Node(
                threshold: Int64(start),
                column: ~column(feature, .category(missingIsMember: missingIsMember)), child: 0)
        }
    }

    private mutating func column(_ feature: Int, _ rule: Rule) -> Int32 {
        let column = Column(feature: feature, rule: rule)
        if let index = columnIndices[column] { return Int32(index) }
        columnIndices[column] = columns.count
        columns.append(column)
        return Int32(columns.count - 1)
    }

    // MARK: Keys

    /// A number in the order of floats; both zeros have one.
    @inline(__always) static func key(_ value: Float) -> Int64 {
        let bits = Int32(bitPattern: (value + 0).bitPattern)
        return Int64(bits ^ ((bits >> 31) & Int32.max))
    }

    @inline(__always) static func key(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: (value + 0).bitPattern)
        return bits ^ ((bits >> 63) & Int64.max)
    }

    @inline(__always) private static func missing(goesLeft: Bool) -> Int64 {
        goesLeft ? .min : .max
    }

    /// What LightGBM takes for zero, in every row that it predicts: up to 1e-35 as `Float`.
    private static let zeroBound = Double(1e-35 as Float)

    @inline(__always) static func key(of value: Double, by rule: Rule) -> Int64 {
        switch rule {
        case .zero: return 0
        case .single(let goesLeft):
            return value.isNaN ? missing(goesLeft: goesLeft) : key(Float(value))
        case .double(let rule):
            if value.isNaN {
                switch rule {
                case .none: return 0
                case .zero(let goesLeft), .notANumber(let goesLeft):
                    return missing(goesLeft: goesLeft)
                }
            }
            guard abs(value) <= zeroBound else { return key(value) }
            if case .zero(let goesLeft) = rule { return missing(goesLeft: goesLeft) }
            return 0
        case .category(let missingIsMember):
            if value.isNaN { return missingIsMember ? -2 : -1 }
            // Categories are whole numbers; the libraries cut what is behind the point.
            return value > -1 && value < 16_777_216 ? Int64(value) : -1
        }
    }
}
