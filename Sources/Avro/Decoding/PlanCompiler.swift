internal import Events

/// Makes a plan of two schemas: the one that was written with and the one to read as.
struct PlanCompiler {
    private struct Pair: Hashable {
        let written: Int
        let wanted: Int
    }

    /// Each pair of types becomes one step, so this bounds what two hostile schemas can ask for.
    private static let mostSteps = 200_000

    private(set) var tables = PlanTables()
    /// Types can be nested as deep as a chain of names is long.
    private static let deepestNesting = 500

    private let match: SchemaMatch
    private var known: [Pair: Int32] = [:]
    private var failed: [Pair: AvroSchemaProblem] = [:]
    /// The steps of what is only skipped, by the written type.
    private var skips: [Int: Int32] = [:]
    private var depth = 0
    private var sizes: TypeSizes
    private var defaults: DefaultValue
    private var place: [String] = []

    init(writer: AvroSchema, reader: AvroSchema) {
        match = SchemaMatch(writer: writer, reader: reader)
        sizes = TypeSizes(writer)
        defaults = DefaultValue(types: reader.types)
    }

    mutating func compile() throws(AvroSchemaProblem) -> Int32 {
        try step(match.writer.root, as: match.reader.root)
    }

    private func problem(_ message: String) -> AvroSchemaProblem {
        AvroSchemaProblem(message, at: place.joined(separator: "."))
    }

    /// The step of a pair; a pair that is being compiled has its index already.
    private mutating func step(_ written: Int, as wanted: Int) throws(AvroSchemaProblem) -> Int32 {
        let pair = Pair(written: written, wanted: wanted)
        if let problem = failed[pair] { throw problem }
        if let index = known[pair] { return index }
        let index = try reserveStep()
        known[pair] = index
        depth += 1
        defer { depth -= 1 }
        do {
            var step = try make(written, as: wanted)
            step.isZeroSized = sizes.isZero(written)
            step.minimumSize = Int32(clamping: sizes.minimum(of: written))
            tables.steps[Int(index)] = step
        } catch {
            // What holds itself may have been compiled already with this step inside.
            tables.steps[Int(index)] = tables.refusal(error.message)
            failed[pair] = error
            throw error
        }
        return index
    }

    private mutating func reserveStep() throws(AvroSchemaProblem) -> Int32 {
        guard tables.steps.count < Self.mostSteps, depth < Self.deepestNesting else {
            throw problem("the schemas are too large to be compiled")
        }
        tables.steps.append(Step(.null))
        return Int32(tables.steps.count - 1)
    }

    private mutating func make(
        _ written: Int, as wanted: Int
    ) throws(AvroSchemaProblem) -> Step {
        let from = match.writer.types[written]
        if from.kind == .union { return try union(from, as: wanted) }
        if match.reader.types[wanted].kind == .union {
            guard let branch = match.branch(for: written, in: wanted) else {
                throw problem("\(from.title) was written, which is not in the reader's union")
            }
            return try make(written, as: branch)
        }
        let to = match.reader.types[wanted]
        guard match.matches(written, wanted) else {
            throw problem("\(from.title) was written, which can't be read as \(to.title)")
        }
        switch from.kind {
        case .record: return try record(written, as: wanted)
        case .array, .map:
            var step = Step(from.kind == .array ? .array : .map)
            step.first = try self.step(from.items, as: to.items)
            return step
        case .enumeration: return enumeration(from, as: to)
        default: return try scalar(from, as: to)
        }
    }

    // MARK: Scalars

    private func scalar(
        _ from: SchemaType, as to: SchemaType
    ) throws(AvroSchemaProblem) -> Step {
        if from.kind == to.kind, let logical = to.logical {
            return try self.logical(logical, from, as: to)
        }
        switch (from.kind, to.kind) {
        case (.null, _): return Step(.null)
        case (.boolean, _): return Step(.boolean)
        case (.int, .float), (.int, .double): return Step(.intAsDouble)
        case (.int, _): return Step(.int)
        case (.long, .float), (.long, .double): return Step(.longAsDouble)
        case (.long, _): return Step(.long)
        case (.float, _): return Step(.float)
        case (.double, _): return Step(.double)
        case (.string, .bytes): return Step(.stringAsBytes)
        case (.string, _): return Step(.string)
        case (.bytes, .string): return Step(.bytesAsString)
        case (.fixed(let size), _):
            var step = Step(.fixed)
            step.count = Int32(size)
            return step
        default: return Step(.bytes)
        }
    }

    private func logical(
        _ logical: LogicalType, _ from: SchemaType, as to: SchemaType
    ) throws(AvroSchemaProblem) -> Step {
        // Text of a point in time is the same in every unit; other values would change.
        var meaning = logical
        switch (from.logical, logical) {
        case (nil, _): break
        case (.decimal(_, let scale)?, .decimal(_, let other)):
            guard scale == other else {
                throw problem("a decimal of scale \(scale) was written, not \(other)")
            }
        case (.timestamp(_, let isLocal)?, .timestamp(_, let other)) where isLocal == other:
            meaning = from.logical ?? logical
        case (.some(let written), _):
            guard written == logical else {
                throw problem("what was written has another logical type")
            }
        }
        var step: Step
        switch meaning {
        case .decimal(_, let scale):
            step = Step(from.kind == .bytes ? .decimal : .fixedDecimal)
            step.extra = Int64(scale)
        case .uuid: step = Step(from.kind == .string ? .string : .fixedUUID)
        case .date: step = Step(.date)
        case .time(let perSecond):
            step = Step(from.kind == .int ? .timeOfInt : .timeOfLong)
            step.extra = perSecond
        case .timestamp(let perSecond, let isLocal):
            step = Step(isLocal ? .localTimestamp : .timestamp)
            step.extra = perSecond
        }
        if case .fixed(let size) = from.kind { step.count = Int32(size) }
        return step
    }

    // MARK: Types with parts

    private mutating func enumeration(_ from: SchemaType, as to: SchemaType) -> Step {
        var step = Step(.enumeration)
        step.first = Int32(tables.literals.count)
        step.count = Int32(from.symbols.count)
        let wanted = Set(to.symbols)
        for symbol in from.symbols {
            if let known = wanted.contains(symbol) ? symbol : to.symbolDefault {
                _ = tables.literal(Array("\"\(known)\"".utf8))
            } else {
                _ = tables.noLiteral()
            }
        }
        return step
    }

    /// A branch that can't be read matters only when it comes.
    private mutating func union(
        _ from: SchemaType, as wanted: Int
    ) throws(AvroSchemaProblem) -> Step {
        var branches: [Int32] = []
        var problems: [AvroSchemaProblem] = []
        for branch in from.branches {
            do {
                branches.append(try step(branch, as: wanted))
            } catch {
                problems.append(error)
                branches.append(Int32(tables.steps.count))
                var refusal = tables.refusal(error.message)
                refusal.isZeroSized = sizes.isZero(branch)
                tables.steps.append(refusal)
            }
        }
        if problems.count == from.branches.count, let first = problems.first { throw first }
        var step = Step(.union)
        step.first = Int32(tables.branches.count)
        step.count = Int32(branches.count)
        tables.branches += branches
        return step
    }

    private mutating func record(
        _ written: Int, as wanted: Int
    ) throws(AvroSchemaProblem) -> Step {
        let (from, to) = (match.writer.types[written], match.reader.types[wanted])
        place.append(to.name)
        defer { place.removeLast() }
        var wantedBy: [Int: Int] = [:]
        var missing: [SchemaType.Field] = []
        for (index, field) in to.fields.enumerated() {
            if let source = match.field(for: field, in: written), wantedBy[source] == nil {
                wantedBy[source] = index
            } else {
                missing.append(field)
            }
        }
        var fields: [FieldStep] = []
        var isFirst = true
        for (index, field) in from.fields.enumerated() {
            guard let target = wantedBy[index] else {
                // Skipping needs what was written only.
                fields.append(
                    FieldStep(
                        step: try skipped(field.type), literal: -1,
                        name: tables.literal(Array(field.name.utf8))))
                continue
            }
            let wanted = to.fields[target]
            place.append(wanted.name)
            let step = try step(field.type, as: wanted.type)
            place.removeLast()
            fields.append(
                FieldStep(
                    step: step, literal: tables.literal(Self.opening(wanted.name, isFirst)),
                    name: tables.literal(Array(wanted.name.utf8))))
            isFirst = false
        }
        let end = try end(missing, isFirst: isFirst)
        var step = Step(.record)
        step.first = Int32(tables.fields.count)
        step.count = Int32(fields.count)
        step.extra = Int64(tables.literal(end))
        tables.fields += fields
        return step
    }

    private static func opening(_ name: String, _ isFirst: Bool) -> [UInt8] {
        Array("\(isFirst ? "{" : ",")\"\(name)\":".utf8)
    }

    /// The fields that were not written, as their defaults, and the brace.
    private mutating func end(
        _ missing: [SchemaType.Field], isFirst: Bool
    ) throws(AvroSchemaProblem) -> [UInt8] {
        var isFirst = isFirst
        var end: [UInt8] = []
        for field in missing {
            guard let value = field.defaultValue else {
                throw problem("the field '\(field.name)' was not written and has no default")
            }
            end += Self.opening(field.name, isFirst)
            end += try text(of: value, as: field.type)
            isFirst = false
        }
        return end + Array((isFirst ? "{}" : "}").utf8)
    }

    /// A default in the form of events: read as if it had been written.
    private mutating func text(
        of value: SchemaTree, as type: Int
    ) throws(AvroSchemaProblem) -> [UInt8] {
        let bytes = try defaults.bytes(of: value, as: type)
        let schema = AvroSchema(types: match.reader.types, root: type)
        let decoder = AvroDecoder(try DecodingPlan(writer: schema))
        var output = ByteBuffer()
        let failure = unsafe bytes.withUnsafeBytes { unsafe decoder.decode($0, into: &output) }
        if let failure { throw problem("a default can't be written: \(failure.reason)") }
        return unsafe Array(output.bytes)
    }

    /// The step of a type that is only skipped: read as itself.
    private mutating func skipped(_ written: Int) throws(AvroSchemaProblem) -> Int32 {
        if let index = skips[written] { return index }
        let index = try reserveStep()
        skips[written] = index
        depth += 1
        defer { depth -= 1 }
        let type = match.writer.types[written]
        var step: Step
        switch type.kind {
        case .null: step = Step(.null)
        case .boolean: step = Step(.boolean)
        case .int: step = Step(.int)
        case .long: step = Step(.long)
        case .float: step = Step(.float)
        case .double: step = Step(.double)
        case .bytes, .string: step = Step(.bytes)
        case .fixed(let size):
            step = Step(.fixed)
            step.count = Int32(size)
        case .enumeration: step = enumeration(type, as: type)
        case .array, .map:
            step = Step(type.kind == .array ? .array : .map)
            step.first = try skipped(type.items)
        case .union:
            var branches: [Int32] = []
            for branch in type.branches { branches.append(try skipped(branch)) }
            step = Step(.union)
            step.first = Int32(tables.branches.count)
            step.count = Int32(branches.count)
            tables.branches += branches
        case .record:
            var fields: [FieldStep] = []
            for field in type.fields {
                fields.append(
                    FieldStep(
                        step: try skipped(field.type), literal: -1,
                        name: tables.literal(Array(field.name.utf8))))
            }
            step = Step(.record)
            step.first = Int32(tables.fields.count)
            step.count = Int32(fields.count)
            tables.fields += fields
        }
        step.isZeroSized = sizes.isZero(written)
        step.minimumSize = Int32(clamping: sizes.minimum(of: written))
        tables.steps[Int(index)] = step
        return index
    }
}
