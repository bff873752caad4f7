/// How many bytes values of a type have at least, and whether they have any.
struct TypeSizes {
    private let schema: AvroSchema
    private var minimums: [Int?]
    private var zeros: [Bool?]

    init(_ schema: AvroSchema) {
        self.schema = schema
        minimums = Array(repeating: nil, count: schema.types.count)
        zeros = minimums.map { _ in nil }
        // In order, because a name leads back to what is known by then: a long chain of names does
        // not become a deep recursion.
        for index in schema.types.indices {
            _ = minimum(of: index)
            _ = isZero(index)
        }
    }

    /// A bound from below. A type that holds itself counts nothing for what is inside again.
    mutating func minimum(of index: Int) -> Int {
        if let known = minimums[index] { return known }
        minimums[index] = 0
        let type = schema.types[index]
        var size = 0
        switch type.kind {
        case .null: size = 0
        case .boolean, .int, .long, .bytes, .string, .enumeration, .array, .map: size = 1
        case .float: size = 4
        case .double: size = 8
        case .fixed(let count): size = count
        case .union:
            size = .max
            for branch in type.branches { size = min(size, minimum(of: branch)) }
            size = size.addingReportingOverflow(1).partialValue
        case .record:
            for field in type.fields {
                let (sum, overflow) = size.addingReportingOverflow(minimum(of: field.type))
                size = overflow ? .max : sum
            }
        }
        size = min(max(size, 0), Int(Int32.max))
        minimums[index] = size
        return size
    }

    /// Whether no value has any bytes: a null, a record of nulls.
    mutating func isZero(_ index: Int) -> Bool {
        if let known = zeros[index] { return known }
        zeros[index] = false
        let type = schema.types[index]
        var isZero = false
        switch type.kind {
        case .null, .fixed(0): isZero = true
        case .record:
            isZero = true
            for field in type.fields where !self.isZero(field.type) { isZero = false }
        default: break
        }
        zeros[index] = isZero
        return isZero
    }
}
