package import Events

/// Reads Avro values and writes them as JSON, without building values in between.
///
/// ```swift
/// let decoder = AvroDecoder(plan)
/// if let failure = decoder.decode(bytes, into: &json) { print(failure.reason) }
/// ```
///
/// It has no state of its own, so tasks share it.
///
/// - Source: Apache Avro 1.12, specification, "Binary Encoding".
package struct AvroDecoder: Sendable {
    package let plan: DecodingPlan
    /// How deep records, arrays and maps may be nested; the top level is 1.
    package let maximumDepth: Int
    /// The longest JSON text; a few bytes of Avro can stand for a long array of nothing.
    package let maximumBytes: Int

    package init(_ plan: DecodingPlan, maximumDepth: Int = 128, maximumBytes: Int = 8 << 20) {
        self.plan = plan
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
    }

    /// Appends the value that all of `bytes` is as JSON text; after a failure `output` holds a part
    /// of it.
    package func decode(
        _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer
    ) -> AvroFailure? {
        var run = unsafe DecodeRun(
            plan, bytes, maximumDepth: maximumDepth, outputLimit: output.count + maximumBytes)
        if run.value(plan.root, into: &output) {
            guard output.count <= run.outputLimit else {
                return AvroFailure(.tooLarge, at: 0, "the JSON text is longer than the limit")
            }
            guard run.position < bytes.count else { return nil }
            return AvroFailure(
                .trailingContent, at: run.position,
                "\(bytes.count - run.position) bytes are left behind the value")
        }
        var failure = run.failure ?? AvroFailure(.invalidValue, at: run.position, "not a value")
        failure.path.reverse()
        return failure
    }
}
