extension SchemaCompiler {
    /// At most so many values of an `enum` are shown in a message.
    private static let shownValues = 8
    private static let shownBytes = 120

    mutating func compileConstants(_ keyword: Keyword, into rule: inout Rule) {
        let values: [SchemaValue]
        if keyword.name == "const" {
            values = [keyword.operand]
        } else if case .array(let several) = keyword.operand {
            values = several
        } else {
            report(
                keyword.place, "'enum' is a list of values, not \(keyword.operand.kindName)")
            return
        }
        rule.applies.insert(.anything)
        let set = builder.add(constantSet(values), to: \.constantSets)
        if keyword.name == "const" { rule.constant = set } else { rule.enumeration = set }
    }

    private mutating func constantSet(_ values: [SchemaValue]) -> ConstantSet {
        var strings: [[UInt8]] = []
        var known: Set<[UInt8]> = []
        var others: [SchemaValue] = []
        for value in values {
            guard case .string(let text) = value else {
                others.append(value)
                continue
            }
            if known.insert(text).inserted { strings.append(text) }
        }
        var set = ConstantSet()
        set.strings = builder.names.add(strings)
        set.otherCount = others.count
        set.firstOther = addConstants(others.map { ([], $0) })
        set.text = builder.add(Self.listing(of: values), to: \.constantTexts)
        return set
    }

    /// Adds values that stand together; returns the index of the first one.
    private mutating func addConstants(_ values: [(name: [UInt8], value: SchemaValue)]) -> Int {
        let first = builder.constants.count
        for (name, _) in values {
            var constant = Constant(kind: .null)
            (constant.nameStart, constant.nameCount) = addBytes(name)
            builder.constants.append(constant)
        }
        for (offset, (_, value)) in values.enumerated() { fill(first + offset, with: value) }
        return first
    }

    private mutating func fill(_ index: Int, with value: SchemaValue) {
        var constant = builder.constants[index]
        switch value {
        case .null: constant.kind = .null
        case .boolean(let boolean):
            constant.kind = .boolean
            constant.boolean = boolean
        case .number(let text):
            constant.kind = .number
            (constant.textStart, constant.textCount) = addBytes(text)
        case .string(let text):
            constant.kind = .string
            (constant.textStart, constant.textCount) = addBytes(text)
        case .array(let elements):
            constant.kind = .array
            constant.childCount = elements.count
            constant.firstChild = addConstants(elements.map { ([], $0) })
        case .object(let members):
            constant.kind = .object
            constant.childCount = members.count
            constant.firstChild = addConstants(members)
        }
        builder.constants[index] = constant
    }

    private mutating func addBytes(_ bytes: [UInt8]) -> (start: Int, count: Int) {
        defer { builder.constantBytes += bytes }
        return (builder.constantBytes.count, bytes.count)
    }

    // MARK: Messages

    private static func listing(of values: [SchemaValue]) -> String {
        var shown = values.prefix(shownValues).map { text(of: $0) }
        if values.count > shownValues { shown.append("...") }
        return shown.joined(separator: ", ")
    }

    private static func text(of value: SchemaValue) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let boolean): return boolean ? "true" : "false"
        case .number(let text): return String(decoding: text.prefix(shownBytes), as: UTF8.self)
        case .string(let text):
            return "'\(String(decoding: text.prefix(shownBytes), as: UTF8.self))'"
        case .array(let elements): return "an array of \(elements.count)"
        case .object(let members): return "an object of \(members.count)"
        }
    }
}
