internal import Events

/// What stands in front of a value in the Confluent wire format: a zero byte, and the id of the
/// value's schema in four bytes.
enum ConfluentFrame {
    static let size = 5

    /// Why a value is not framed; `nil` when it is.
    static func failure(of value: UnsafeRawBufferPointer) -> EventFailure? {
        guard value.count >= size else {
            return EventFailure(
                error: "not_framed",
                reason:
                    "the value ends at byte \(value.count), inside the five bytes that name its "
                    + "schema")
        }
        let first = unsafe value[0]
        guard first == 0 else {
            return EventFailure(
                error: "not_framed",
                reason: "the value names no schema: byte 0 is \(first), not the magic 0")
        }
        return nil
    }

    /// The id that a framed value names.
    static func schemaID(of value: UnsafeRawBufferPointer) -> Int32 {
        Int32(bigEndian: unsafe value.loadUnaligned(fromByteOffset: 1, as: Int32.self))
    }
}
