internal import Events

/// One event on its way from its index to bytes.
///
/// Every function returns false when there is something wrong; `failure` says what.
struct EncodeRun {
    /// How many values may be tried as types of unions that turn out not to be theirs.
    private static let mostTrials = 100_000

    let plan: EncodingPlan
    let reader: DocumentReader
    /// How much of a record may differ from its schema.
    private enum Leniency: Int {
        /// Nothing.
        case exact
        /// Fields may be missing that have a default, or may be null.
        case fillsMissing
        /// Others may be there, too, and are left out.
        case dropsUnknown
    }

    private var leniency: Leniency
    var failure: EncodingFailure?
    /// How many unions are being tried out around the value.
    private var trialDepth = 0
    private var trials = 0

    init(_ plan: EncodingPlan, _ reader: DocumentReader, dropsUnknown: Bool) {
        self.plan = plan
        self.reader = reader
        leniency = dropsUnknown ? .dropsUnknown : .fillsMissing
    }

    /// What is only tried needs no words.
    private var isTrying: Bool { trialDepth > 0 }

    mutating func fail(_ message: @autoclosure () -> String) -> Bool {
        if isTrying { return false }
        let message = message()
        failure = EncodingFailure(message)
        return false
    }

    func kind(of node: Int32) -> FieldValue.Kind {
        FieldValue.Kind(rawValue: reader.kindCode(of: node)) ?? .missing
    }

    /// A value as it is written, shortened, for messages.
    func shown(_ node: Int32) -> String {
        unsafe String(decoding: reader.rawBytes(of: node).prefix(40), as: UTF8.self)
    }

    mutating func mismatch(_ node: Int32, _ wanted: @autoclosure () -> String) -> Bool {
        if isTrying { return false }
        failure = EncodingFailure("\(wanted()) is wanted, not \(shown(node))")
        return false
    }

    /// Adds what leads to a failure.
    private mutating func name(_ part: @autoclosure () -> String) -> Bool {
        if isTrying { return false }
        let part = part()
        failure?.path.append(part)
        return false
    }

    mutating func value(_ node: Int32, as index: Int32, into output: inout ByteBuffer) -> Bool {
        if trialDepth > 0 {
            trials += 1
            guard trials <= Self.mostTrials else {
                return fail("there are too many ways to take it as a union's type")
            }
        }
        let step = unsafe plan.steps[Int(index)]
        switch step.operation {
        case .record: return record(node, step, index, into: &output)
        case .union: return union(node, step, index, into: &output)
        case .string:
            guard kind(of: node) == .string else { return mismatch(node, "a string") }
            output.append(zigZag: Int64(reader.textCount(of: node)))
            unsafe output.append(reader.textBytes(of: node))
            return true
        case .null:
            return kind(of: node) == .null ? true : mismatch(node, "null")
        case .boolean:
            guard kind(of: node) == .boolean else { return mismatch(node, "a boolean") }
            output.append(reader.payload(of: node) != 0 ? 1 : 0)
            return true
        case .int:
            guard let number = whole(node), Int32(exactly: number) != nil else {
                return mismatch(node, "a whole number of 32 bits")
            }
            output.append(zigZag: number)
            return true
        case .long:
            guard let number = whole(node) else {
                return mismatch(node, "a whole number of 64 bits")
            }
            output.append(zigZag: number)
            return true
        case .enumeration: return enumeration(node, step, into: &output)
        case .array: return array(node, step, into: &output)
        case .map: return map(node, step, into: &output)
        case .float, .double, .bytes, .fixed, .decimal, .fixedDecimal, .uuid, .fixedUUID, .date,
            .timeOfDay, .timestamp, .localTimestamp:
            return converted(node, step, into: &output)
        }
    }

    // MARK: Values with parts

    private mutating func record(
        _ node: Int32, _ step: EncodingPlan.Step, _ index: Int32, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .object else { return mismatch(node, "an object") }
        let memberCount = reader.childCount(of: node)
        var found: Int32 = 0
        // Members mostly come in the order of the schema.
        var next = node + 1
        var passed: Int32 = 0
        for place in Int(step.first)..<Int(step.first) + Int(step.count) {
            let field = unsafe plan.fields[place]
            let name = unsafe plan.bytes(of: field.name)
            var member: Int32 = -1
            if passed < memberCount, unsafe isNamed(next, name, field.hash) {
                member = next
            } else {
                member = unsafe reader.member(named: name, of: node)
            }
            if member < 0 {
                guard field.missing.start >= 0, leniency != .exact else {
                    let plan = plan
                    return fail("the field '\(plan.string(of: field.name))' is missing")
                }
                unsafe output.append(plan.bytes(of: field.missing))
                continue
            }
            found += 1
            if member == next {
                next = reader.following(member)
                passed += 1
            }
            guard value(member, as: field.step, into: &output) else {
                let plan = plan
                return self.name(plan.string(of: field.name))
            }
        }
        guard found == memberCount || leniency == .dropsUnknown else {
            return unknownField(node, step, index)
        }
        return true
    }

    private func isNamed(
        _ member: Int32, _ name: UnsafeRawBufferPointer, _ hash: UInt16
    ) -> Bool {
        guard reader.nameHash(of: member) == hash, Int(reader.nameCount(of: member)) == name.count
        else { return false }
        return unsafe reader.nameBytes(of: member).elementsEqual(name)
    }

    private mutating func unknownField(
        _ node: Int32, _ step: EncodingPlan.Step, _ index: Int32
    ) -> Bool {
        if isTrying { return false }
        let known = (Int(step.first)..<Int(step.first) + Int(step.count)).map {
            unsafe plan.string(of: plan.fields[$0].name)
        }
        var member = node + 1
        for _ in 0..<reader.childCount(of: node) {
            let name = unsafe String(decoding: reader.nameBytes(of: member), as: UTF8.self)
            if !known.contains(name) {
                let title = plan.titles[Int(index)]
                return fail("\(title) has no field '\(name)'")
            }
            member = reader.following(member)
        }
        let title = plan.titles[Int(index)]
        return fail("\(title) has fewer fields than the event")
    }

    private mutating func array(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .array else { return mismatch(node, "an array") }
        let count = reader.childCount(of: node)
        if count > 0 { output.append(zigZag: Int64(count)) }
        var item = node + 1
        for place in 0..<count {
            guard value(item, as: step.first, into: &output) else {
                return name("[\(place)]")
            }
            item = reader.following(item)
        }
        output.append(UInt8(0))
        return true
    }

    private mutating func map(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .object else { return mismatch(node, "an object") }
        let count = reader.childCount(of: node)
        if count > 0 { output.append(zigZag: Int64(count)) }
        var member = node + 1
        for _ in 0..<count {
            output.append(zigZag: Int64(reader.nameCount(of: member)))
            unsafe output.append(reader.nameBytes(of: member))
            guard value(member, as: step.first, into: &output) else {
                let reader = reader
                return name(
                    unsafe String(decoding: reader.nameBytes(of: member), as: UTF8.self))
            }
            member = reader.following(member)
        }
        output.append(UInt8(0))
        return true
    }

    private mutating func enumeration(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .string else { return mismatch(node, "a symbol") }
        let text = unsafe reader.textBytes(of: node)
        for index in 0..<Int(step.count) {
            let symbol = unsafe plan.bytes(of: plan.symbols[Int(step.first) + index])
            if symbol.count == text.count, unsafe symbol.elementsEqual(text) {
                output.append(zigZag: Int64(index))
                return true
            }
        }
        return mismatch(node, "one of the enum's \(step.count) symbols")
    }

    // MARK: Unions

    private mutating func union(
        _ node: Int32, _ step: EncodingPlan.Step, _ index: Int32, into output: inout ByteBuffer
    ) -> Bool {
        var candidate: EncodingPlan.Branch?
        var count = 0
        for place in Int(step.first)..<Int(step.first) + Int(step.count) {
            let branch = unsafe plan.branches[place]
            guard unsafe plan.steps[Int(branch.step)].mayTake(kind(of: node)) else { continue }
            count += 1
            if candidate == nil { candidate = branch }
        }
        guard let candidate else {
            return mismatch(node, "one of the union's types")
        }
        if count == 1 {
            output.append(zigZag: Int64(candidate.index))
            return value(node, as: candidate.step, into: &output)
        }
        return tryBranches(node, step, into: &output)
    }

    /// Takes the first type that takes the value whole: with all its fields if there is one, then
    /// with some missing, then with members left out that it does not have.
    private mutating func tryBranches(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        let start = output.count
        let most = leniency
        var first: EncodingPlan.Branch?
        for level in 0...most.rawValue {
            leniency = Leniency(rawValue: level) ?? most
            for place in Int(step.first)..<Int(step.first) + Int(step.count) {
                let branch = unsafe plan.branches[place]
                guard unsafe plan.steps[Int(branch.step)].mayTake(kind(of: node)) else { continue }
                if first == nil { first = branch }
                output.append(zigZag: Int64(branch.index))
                trialDepth += 1
                let isTaken = value(node, as: branch.step, into: &output)
                trialDepth -= 1
                if isTaken {
                    leniency = most
                    return true
                }
                output.truncate(to: start)
            }
        }
        leniency = most
        // Once more for the words.
        guard !isTrying, let first else { return false }
        return value(node, as: first.step, into: &output) && fail("it is of none of the types")
    }
}

extension EncodingPlan.Step {
    /// Whether values of a kind can be of this type at all.
    func mayTake(_ kind: FieldValue.Kind) -> Bool {
        switch operation {
        case .null: kind == .null
        case .boolean: kind == .boolean
        case .int, .long: kind == .integer || kind == .decimal
        // In a union a string of digits is a string.
        case .decimal, .fixedDecimal:
            kind == .integer || kind == .unsignedInteger || kind == .decimal
        case .float, .double:
            kind == .integer || kind == .unsignedInteger || kind == .decimal || kind == .string
        case .bytes, .string, .fixed, .uuid, .fixedUUID, .enumeration: kind == .string
        case .date, .timeOfDay, .timestamp, .localTimestamp: kind == .string || kind == .integer
        case .array: kind == .array
        case .map, .record: kind == .object
        case .union: true
        }
    }
}
