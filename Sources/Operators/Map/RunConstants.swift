internal import Events

/// JSON values that an operator sets in many events.
///
/// They are indexed once per run, and the events of the run share the index.
final class RunConstants {
    private let document: [UInt8]
    private let count: Int
    /// The values in the arena that was prepared last, valid for its run.
    private(set) var values: [FieldValue] = []

    /// - Parameter texts: JSON texts.
    init(_ texts: [[UInt8]]) {
        count = texts.count
        document =
            Array("{\"values\":[".utf8) + texts.joined(separator: [UInt8(ascii: ",")])
            + Array("]}".utf8)
    }

    /// Puts the values into an arena.
    func prepare(in arena: EventArena) {
        guard count > 0 else { return }
        values.removeAll(keepingCapacity: true)
        let event = unsafe document.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        var value = arena.firstChild(of: arena.firstChild(of: arena.root(of: event)))
        while !value.isMissing {
            values.append(value)
            value = arena.nextSibling(of: value)
        }
        precondition(values.count == count, "a constant of an operator is not JSON")
    }
}
