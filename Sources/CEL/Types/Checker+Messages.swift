internal import Events

extension Checker {
    /// The messages of Protocol Buffers that stand for plain values, and their fields.
    private static let plainMessages: [String: (fields: Set<String>, absent: Syntax.Constant)] = [
        "google.protobuf.Value": (
            [
                "null_value", "number_value", "string_value", "bool_value", "list_value",
                "struct_value",
            ], .null
        ),
        "google.protobuf.BoolValue": (["value"], .boolean(false)),
        "google.protobuf.BytesValue": (["value"], .bytes([])),
        "google.protobuf.DoubleValue": (["value"], .double(0)),
        "google.protobuf.FloatValue": (["value"], .double(0)),
        "google.protobuf.Int32Value": (["value"], .integer(0)),
        "google.protobuf.Int64Value": (["value"], .integer(0)),
        "google.protobuf.UInt32Value": (["value"], .unsignedInteger(0)),
        "google.protobuf.UInt64Value": (["value"], .unsignedInteger(0)),
        "google.protobuf.StringValue": (["value"], .string([])),
    ]

    /// Events are JSON, so the only messages that can be written are those that are plain values.
    mutating func checkMessage(
        _ name: String, _ fields: [Syntax.Field], _ syntax: Syntax
    ) -> ValueType {
        let isAbsolute = name.hasPrefix(".")
        let plain = isAbsolute ? String(name.dropFirst()) : name
        let candidates = declarations.candidates(for: plain, isAbsolute: isAbsolute)
        guard let full = candidates.first(where: { Self.plainMessages[$0] != nil }),
            let known = Self.plainMessages[full]
        else {
            syntax.meaning = .failure(.undeclared)
            report(
                "there is no message '\(name)'", at: syntax.offset,
                remedy: "write a map: {'field': value}")
            return .dynamic
        }
        for field in fields where !known.fields.contains(field.name) {
            syntax.meaning = .failure(.noSuchField)
            report(
                "\(full) has no field '\(field.name)'", at: field.offset,
                remedy: NearestName.remedy(for: field.name, known: known.fields))
            return .dynamic
        }
        let value = fields.last.map { field in
            field.name == "null_value"
                ? Syntax(.constant(.null), at: field.offset) : field.value
        }
        let replacement = value ?? Syntax(.constant(known.absent), at: syntax.offset)
        syntax.meaning = .replaced(replacement)
        let type = check(replacement)
        return full == "google.protobuf.Value" ? .dynamic : .nullable(type)
    }
}
