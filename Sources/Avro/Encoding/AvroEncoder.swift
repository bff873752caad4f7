package import Events

/// Writes events as Avro values, from their index.
///
/// ```swift
/// let encoder = AvroEncoder(try EncodingPlan(schema))
/// if let failure = encoder.encode(event, of: arena, into: &value) { print(failure) }
/// ```
///
/// It reads what ``AvroDecoder`` writes, and more: whole numbers for times, numbers for decimals.
/// A value of a union becomes the first type that takes it whole, the ones that say most first.
///
/// - Source: Apache Avro 1.12, specification, "Binary Encoding".
package struct AvroEncoder: Sendable {
    /// What to do with members that the schema does not have.
    package enum UnknownFields: String, Sendable, CaseIterable {
        case refuse, drop
    }

    package let plan: EncodingPlan
    package let unknownFields: UnknownFields

    package init(_ plan: EncodingPlan, unknownFields: UnknownFields = .refuse) {
        self.plan = plan
        self.unknownFields = unknownFields
    }

    /// Appends the event as it is now; after a failure `output` holds a part of it.
    package func encode(
        _ event: Event, of arena: EventArena, into output: inout ByteBuffer
    ) -> EncodingFailure? {
        guard let reader = arena.reader(of: event) else {
            return EncodingFailure("the event is no JSON object")
        }
        var run = EncodeRun(plan, reader, dropsUnknown: unknownFields == .drop)
        if run.value(0, as: plan.root, into: &output) { return nil }
        var failure = run.failure ?? EncodingFailure("it is no value of the schema")
        failure.path.reverse()
        return failure
    }
}

/// Why an event is no value of a schema.
package struct EncodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// One clause: what is wrong.
    package let message: String
    /// The fields that lead to it, outermost first.
    package internal(set) var path: [String] = []

    init(_ message: String) { self.message = message }

    package var description: String {
        path.isEmpty ? message : "\(path.joined(separator: ".")): \(message)"
    }
}
