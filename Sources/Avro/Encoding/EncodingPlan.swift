internal import Events

/// How events are written as values of a schema, compiled once.
@safe
package final class EncodingPlan: Sendable {
    struct Step: BitwiseCopyable {
        enum Operation: UInt8, BitwiseCopyable {
            case null, boolean, int, long, float, double, bytes, string
            /// `count` bytes.
            case fixed
            /// `extra` digits behind the point, `precision` in all; of bytes, or of `count` bytes.
            case decimal, fixedDecimal
            case uuid, fixedUUID
            case date
            /// `extra` units a second.
            case timeOfDay, timestamp, localTimestamp
            case enumeration
            case array, map
            case union
            case record
        }

        var operation: Operation
        var precision: UInt16 = 0
        var first: Int32 = 0
        var count: Int32 = 0
        var extra: Int64 = 0

        init(_ operation: Operation) { self.operation = operation }
    }

    struct Field: BitwiseCopyable {
        var step: Int32
        var name: Literal
        /// What to write when the event has no such member; `start` -1 when it must have it.
        var missing: Literal
        var hash: UInt16
    }

    /// A type of a union, and its index as it is written.
    struct Branch: BitwiseCopyable {
        var step: Int32
        var index: Int32
    }

    // The memory is written in the initialiser only and freed when nobody uses it any more.
    nonisolated(unsafe) let steps: UnsafeBufferPointer<Step>
    nonisolated(unsafe) let fields: UnsafeBufferPointer<Field>
    nonisolated(unsafe) let branches: UnsafeBufferPointer<Branch>
    nonisolated(unsafe) let symbols: UnsafeBufferPointer<Literal>
    nonisolated(unsafe) let text: UnsafeRawBufferPointer
    /// What steps are, for messages.
    let titles: [String]
    let root: Int32

    package convenience init(_ schema: AvroSchema) throws(AvroSchemaProblem) {
        var compiler = EncodingCompiler(schema)
        try compiler.compile()
        self.init(compiler, root: Int32(schema.root))
    }

    private init(_ tables: borrowing EncodingCompiler, root: Int32) {
        unsafe steps = UnsafeBufferPointer(copying: tables.steps)
        unsafe fields = UnsafeBufferPointer(copying: tables.fields)
        unsafe branches = UnsafeBufferPointer(copying: tables.branches)
        unsafe symbols = UnsafeBufferPointer(copying: tables.symbols)
        unsafe text = UnsafeRawBufferPointer(UnsafeBufferPointer(copying: tables.text))
        titles = tables.schema.types.map(\.title)
        self.root = root
    }

    deinit {
        unsafe steps.deallocate()
        unsafe fields.deallocate()
        unsafe branches.deallocate()
        unsafe symbols.deallocate()
        unsafe text.deallocate()
    }

    func bytes(of literal: Literal) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            rebasing: text[Int(literal.start)..<Int(literal.start) + Int(literal.count)])
    }

    func string(of literal: Literal) -> String {
        unsafe String(decoding: bytes(of: literal), as: UTF8.self)
    }
}

/// Makes the tables of a plan: a step for each type, at its index.
struct EncodingCompiler {
    let schema: AvroSchema
    private(set) var steps: [EncodingPlan.Step] = []
    private(set) var fields: [EncodingPlan.Field] = []
    private(set) var branches: [EncodingPlan.Branch] = []
    private(set) var symbols: [Literal] = []
    private(set) var text: [UInt8] = []
    private var defaults: DefaultValue

    init(_ schema: AvroSchema) {
        self.schema = schema
        defaults = DefaultValue(types: schema.types)
    }

    mutating func compile() throws(AvroSchemaProblem) {
        for type in schema.types { steps.append(try step(of: type)) }
    }

    private mutating func literal(_ bytes: [UInt8]) -> Literal {
        text += bytes
        return Literal(start: Int32(text.count - bytes.count), count: Int32(bytes.count))
    }

    private mutating func step(of type: SchemaType) throws(AvroSchemaProblem) -> EncodingPlan.Step {
        if let logical = type.logical { return step(of: logical, in: type) }
        switch type.kind {
        case .null: return EncodingPlan.Step(.null)
        case .boolean: return EncodingPlan.Step(.boolean)
        case .int: return EncodingPlan.Step(.int)
        case .long: return EncodingPlan.Step(.long)
        case .float: return EncodingPlan.Step(.float)
        case .double: return EncodingPlan.Step(.double)
        case .bytes: return EncodingPlan.Step(.bytes)
        case .string: return EncodingPlan.Step(.string)
        case .fixed(let size):
            var step = EncodingPlan.Step(.fixed)
            step.count = Int32(size)
            return step
        case .array, .map:
            var step = EncodingPlan.Step(type.kind == .array ? .array : .map)
            step.first = Int32(type.items)
            return step
        case .enumeration:
            var step = EncodingPlan.Step(.enumeration)
            step.first = Int32(symbols.count)
            step.count = Int32(type.symbols.count)
            for symbol in type.symbols { symbols.append(literal(Array(symbol.utf8))) }
            return step
        case .union: return union(type)
        case .record: return try record(type)
        }
    }

    private func step(of logical: LogicalType, in type: SchemaType) -> EncodingPlan.Step {
        var step: EncodingPlan.Step
        switch logical {
        case .decimal(let precision, let scale):
            step = EncodingPlan.Step(type.kind == .bytes ? .decimal : .fixedDecimal)
            step.precision = UInt16(precision)
            step.extra = Int64(scale)
        case .uuid: step = EncodingPlan.Step(type.kind == .string ? .uuid : .fixedUUID)
        case .date: step = EncodingPlan.Step(.date)
        case .time(let perSecond):
            step = EncodingPlan.Step(.timeOfDay)
            step.extra = perSecond
        case .timestamp(let perSecond, let isLocal):
            step = EncodingPlan.Step(isLocal ? .localTimestamp : .timestamp)
            step.extra = perSecond
        }
        if case .fixed(let size) = type.kind { step.count = Int32(size) }
        return step
    }

    /// The types that say most about a value come first: a date before a string, a `long` before a
    /// `double`. Types of one rank stay in the order of the schema.
    private mutating func union(_ type: SchemaType) -> EncodingPlan.Step {
        var step = EncodingPlan.Step(.union)
        step.first = Int32(branches.count)
        step.count = Int32(type.branches.count)
        let ranked = type.branches.enumerated().sorted {
            (rank(of: $0.element), $0.offset) < (rank(of: $1.element), $1.offset)
        }
        for (index, branch) in ranked {
            branches.append(EncodingPlan.Branch(step: Int32(branch), index: Int32(index)))
        }
        return step
    }

    private func rank(of index: Int) -> Int {
        let type = schema.types[index]
        switch (type.kind, type.logical) {
        case (.null, _), (.boolean, _), (.record, _), (.array, _): return 0
        case (.int, nil): return 1
        case (.long, nil): return 2
        case (_, .decimal?): return 3
        case (.double, _): return 4
        case (.float, _): return 5
        // A date is no time, and what has no zone is local.
        case (_, .date?): return 6
        case (_, .timestamp(_, false)?): return 8
        case (_, .some): return 7
        case (.enumeration, _): return 9
        case (.string, _): return 10
        case (.fixed, _): return 11
        case (.bytes, _): return 12
        default: return 13
        }
    }

    private mutating func record(_ type: SchemaType) throws(AvroSchemaProblem) -> EncodingPlan.Step
    {
        var step = EncodingPlan.Step(.record)
        step.first = Int32(fields.count)
        step.count = Int32(type.fields.count)
        for field in type.fields {
            let name = Array(field.name.utf8)
            let missing =
                try missing(field).map { literal($0) } ?? Literal(start: -1, count: 0)
            let hash = unsafe name.withUnsafeBytes { unsafe DocumentReader.hash(of: $0) }
            fields.append(
                EncodingPlan.Field(
                    step: Int32(field.type), name: literal(name), missing: missing, hash: hash))
        }
        return step
    }

    /// What is written for a field that an event does not have: its default, or null where that is
    /// a value.
    private mutating func missing(
        _ field: SchemaType.Field
    ) throws(AvroSchemaProblem) -> [UInt8]? {
        if let value = field.defaultValue { return try defaults.bytes(of: value, as: field.type) }
        let type = schema.types[field.type]
        if type.kind == .null { return [] }
        guard type.kind == .union,
            let null = type.branches.firstIndex(where: { schema.types[$0].kind == .null })
        else { return nil }
        var index = ByteBuffer()
        index.append(zigZag: Int64(null))
        return unsafe Array(index.bytes)
    }
}
