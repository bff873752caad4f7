/// The key under which a timer lies in its table: the time as eight bytes whose order is that of
/// the times, then the bytes of the timer's key.
struct TimerKey: Equatable {
    private static let timeByteCount = 8

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
        let ordered = UInt64(bitPattern: point.time) ^ 1 << 63
        unsafe withUnsafeBytes(of: ordered.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        unsafe bytes.append(contentsOf: point.key)
    }

    func withPoint<Result>(_ body: (TimerPoint) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            let ordered = UInt64(bigEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
            let key = unsafe UnsafeRawBufferPointer(rebasing: bytes[Self.timeByteCount...])
            return unsafe body(TimerPoint(Int64(bitPattern: ordered ^ 1 << 63), unsafe key))
        }
    }
}
