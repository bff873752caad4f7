internal import Events

/// How values of one schema are read and written as JSON, compiled once.
///
/// Tables of plain values, which tasks share.
@safe
package final class DecodingPlan: Sendable {
    // The memory is written in the initialiser only and freed when nobody uses it any more.
    nonisolated(unsafe) let steps: UnsafeBufferPointer<Step>
    nonisolated(unsafe) let fields: UnsafeBufferPointer<FieldStep>
    nonisolated(unsafe) let branches: UnsafeBufferPointer<Int32>
    nonisolated(unsafe) let literals: UnsafeBufferPointer<Literal>
    nonisolated(unsafe) let text: UnsafeRawBufferPointer
    let reasons: [String]
    let root: Int32

    /// A plan to read what was written with `writer`, as `reader` wants it.
    ///
    /// - Throws: what keeps values of the one schema from being read with the other.
    package convenience init(
        writer: AvroSchema, reader: AvroSchema? = nil
    ) throws(AvroSchemaProblem) {
        var compiler = PlanCompiler(writer: writer, reader: reader ?? writer)
        let root = try compiler.compile()
        self.init(compiler.tables, root: root)
    }

    init(_ tables: PlanTables, root: Int32) {
        unsafe steps = UnsafeBufferPointer(copying: tables.steps)
        unsafe fields = UnsafeBufferPointer(copying: tables.fields)
        unsafe branches = UnsafeBufferPointer(copying: tables.branches)
        unsafe literals = UnsafeBufferPointer(copying: tables.literals)
        unsafe text = UnsafeRawBufferPointer(UnsafeBufferPointer(copying: tables.text))
        reasons = tables.reasons
        self.root = root
    }

    deinit {
        unsafe steps.deallocate()
        unsafe fields.deallocate()
        unsafe branches.deallocate()
        unsafe literals.deallocate()
        unsafe text.deallocate()
    }

    func bytes(of literal: Int32) -> UnsafeRawBufferPointer {
        let found = unsafe literals[Int(literal)]
        return unsafe UnsafeRawBufferPointer(
            rebasing: text[Int(found.start)..<Int(found.start) + Int(found.count)])
    }
}

/// What a plan is made of, while it is being made.
struct PlanTables {
    var steps: [Step] = []
    var fields: [FieldStep] = []
    var branches: [Int32] = []
    var literals: [Literal] = []
    var text: [UInt8] = []
    var reasons: [String] = []

    mutating func literal(_ bytes: [UInt8]) -> Int32 {
        literals.append(Literal(start: Int32(text.count), count: Int32(bytes.count)))
        text += bytes
        return Int32(literals.count - 1)
    }

    mutating func noLiteral() -> Int32 {
        literals.append(Literal(start: -1, count: 0))
        return Int32(literals.count - 1)
    }

    mutating func refusal(_ reason: String) -> Step {
        reasons.append(reason)
        var step = Step(.refuse)
        step.extra = Int64(reasons.count - 1)
        return step
    }
}
