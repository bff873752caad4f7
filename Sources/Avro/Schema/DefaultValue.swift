internal import Events

/// Default values of a schema, as the bytes that a writer would have written.
struct DefaultValue {
    /// A default may leave out fields that have one of their own, which may be of its own type.
    private static let deepestNesting = 64

    /// Records of records whose fields have defaults can mean more than any memory holds.
    private static let mostValues = 200_000

    let types: [SchemaType]
    private var depth = 0
    private var values = 0

    init(types: [SchemaType]) { self.types = types }

    mutating func bytes(of value: SchemaTree, as type: Int) throws(AvroSchemaProblem) -> [UInt8] {
        var output = ByteBuffer()
        try write(value, as: type, to: &output)
        return unsafe Array(output.bytes)
    }

    private mutating func write(
        _ value: SchemaTree, as index: Int, to output: inout ByteBuffer
    ) throws(AvroSchemaProblem) {
        depth += 1
        defer { depth -= 1 }
        values += 1
        guard depth <= Self.deepestNesting, values <= Self.mostValues else {
            throw problem("it has no end", index)
        }
        let type = types[index]
        switch (type.kind, value) {
        case (.null, .null): break
        case (.boolean, .boolean(let flag)): output.append(flag ? 1 : 0)
        case (.int, .integer(let number)):
            guard Int32(exactly: number) != nil else { throw problem("\(number)", index) }
            output.append(zigZag: number)
        case (.long, .integer(let number)): output.append(zigZag: number)
        case (.float, _): output.append(float: Float(try number(value, index)))
        case (.double, _): output.append(ieee: try number(value, index))
        case (.string, .string(let text)):
            output.append(zigZag: Int64(text.utf8.count))
            output.append(string: text)
        case (.bytes, .string(let text)):
            let bytes = try latin1(text, index)
            output.append(zigZag: Int64(bytes.count))
            for byte in bytes { output.append(byte) }
        case (.fixed(let size), .string(let text)):
            let bytes = try latin1(text, index)
            guard bytes.count == size else { throw problem("\(bytes.count) bytes", index) }
            for byte in bytes { output.append(byte) }
        case (.enumeration, .string(let symbol)):
            guard let place = type.symbols.firstIndex(of: symbol) else {
                throw problem("'\(symbol)'", index)
            }
            output.append(zigZag: Int64(place))
        default: try writeContainer(value, as: index, to: &output)
        }
    }

    private mutating func writeContainer(
        _ value: SchemaTree, as index: Int, to output: inout ByteBuffer
    ) throws(AvroSchemaProblem) {
        let type = types[index]
        switch (type.kind, value) {
        case (.array, .array(let items)):
            if !items.isEmpty { output.append(zigZag: Int64(items.count)) }
            for item in items { try write(item, as: type.items, to: &output) }
            output.append(UInt8(0))
        case (.map, .object(let members)):
            if !members.isEmpty { output.append(zigZag: Int64(members.count)) }
            for member in members {
                output.append(zigZag: Int64(member.name.utf8.count))
                output.append(string: member.name)
                try write(member.value, as: type.items, to: &output)
            }
            output.append(UInt8(0))
        case (.record, .object):
            for field in type.fields {
                guard let member = value[field.name] ?? field.defaultValue else {
                    throw problem("without the field '\(field.name)'", index)
                }
                try write(member, as: field.type, to: &output)
            }
        case (.union, _):
            // The first branch by the specification up to 1.11; any that fits since.
            let start = output.count
            for (place, branch) in type.branches.enumerated() {
                do {
                    output.append(zigZag: Int64(place))
                    try write(value, as: branch, to: &output)
                    return
                } catch {
                    output.truncate(to: start)
                }
            }
            throw problem(value.kindName, index)
        default: throw problem(value.kindName, index)
        }
    }

    private func number(_ value: SchemaTree, _ type: Int) throws(AvroSchemaProblem) -> Double {
        switch value {
        case .integer(let integer): return Double(integer)
        case .number(let text): return Double(text) ?? .nan
        case .string("NaN"): return .nan
        case .string("Infinity"), .string("INF"): return .infinity
        case .string("-Infinity"), .string("-INF"): return -.infinity
        default: throw problem(value.kindName, type)
        }
    }

    /// The bytes that the code points of a text stand for.
    private func latin1(_ text: String, _ type: Int) throws(AvroSchemaProblem) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else {
                throw problem("a character above U+00FF", type)
            }
            bytes.append(byte)
        }
        return bytes
    }

    private func problem(_ what: String, _ type: Int) -> AvroSchemaProblem {
        AvroSchemaProblem("\(what) for \(types[type].title)", at: "")
    }
}
