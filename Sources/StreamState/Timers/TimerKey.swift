internal import StreamCore

/// The key under which a timer lies in its table, a ``TimerEntryKey``.
struct TimerKey: Equatable {
    private static let timeByteCount = TimerEntryKey.timeByteCount

    private(set) var bytes: [UInt8]

    /// Before or at every timer.
    static let earliest = TimerKey(bytes: Array(repeating: 0, count: timeByteCount))

    init(_ point: TimerPoint) {
        bytes = []
        assign(point)
    }

    /// `nil` when the bytes are too few to hold a time.
    init?(_ key: UnsafeRawBufferPointer) {
        guard key.count >= Self.timeByteCount else { return nil }
        bytes = unsafe Array(key)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The earliest key behind this one.
    var successor: TimerKey { TimerKey(bytes: bytes + [0]) }

    mutating func assign(_ point: TimerPoint) {
        bytes.removeAll(keepingCapacity: true)
        let ordered = TimerEntryKey.ordered(point.time)
        unsafe withUnsafeBytes(of: ordered.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        unsafe bytes.append(contentsOf: point.key)
    }

    func withPoint<Result>(_ body: (TimerPoint) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            let ordered = UInt64(bigEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
            let key = unsafe UnsafeRawBufferPointer(rebasing: bytes[Self.timeByteCount...])
            return unsafe body(TimerPoint(TimerEntryKey.milliseconds(ordered), unsafe key))
        }
    }
}
