/// The bytes of a string or of a bytes value, which somebody else keeps: the program, the arena of
/// an event, or the memory of the evaluation.
///
/// The bytes outlive the evaluation that the text is used in; that is what makes it safe.
@safe
struct Text: BitwiseCopyable {
    private let base: UnsafePointer<UInt8>
    let count: Int

    static var empty: Text { Text(of: "") }

    /// The text of a literal, which lives as long as the process.
    init(of literal: StaticString) {
        unsafe base = literal.utf8Start
        count = literal.utf8CodeUnitCount
    }

    /// `bytes` must outlive the text.
    init(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress {
            unsafe base = start.assumingMemoryBound(to: UInt8.self)
            count = bytes.count
        } else {
            self = .empty
        }
    }

    /// `bits` are those of an address, as ``bits`` gives them.
    init(bits: UInt64, count: Int) {
        unsafe base = UnsafePointer(bitPattern: UInt(bits))!
        self.count = count
    }

    var bits: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

    var isEmpty: Bool { count == 0 }

    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base, count: count)
    }

    /// - Precondition: `index` lies within the text.
    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "byte \(index) of \(count)")
        return unsafe base[index]
    }

    /// The bytes from `start` up to `end`.
    subscript(start: Int, end: Int) -> Text {
        precondition(start >= 0 && start <= end && end <= count, "\(start)..<\(end) of \(count)")
        return Text(bits: bits + UInt64(start), count: end - start)
    }

    /// The text as a string; bytes that are no UTF-8 are repaired.
    var string: String { unsafe String(decoding: bytes, as: UTF8.self) }

    // MARK: Comparing

    static func == (left: Text, right: Text) -> Bool {
        guard left.count == right.count else { return false }
        if left.count == 0 { return true }
        return unsafe isEqual(left.base, right.base, left.count)
    }

    private static func isEqual(
        _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
    ) -> Bool {
        let (left, right) = unsafe (UnsafeRawPointer(left), UnsafeRawPointer(right))
        var position = 0
        while position + 8 <= count {
            let a = unsafe left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let b = unsafe right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if a != b { return false }
            position += 8
        }
        while position < count {
            let a = unsafe left.load(fromByteOffset: position, as: UInt8.self)
            let b = unsafe right.load(fromByteOffset: position, as: UInt8.self)
            if a != b { return false }
            position += 1
        }
        return true
    }

    /// The order of the bytes, which of UTF-8 is the order of the code points.
    func order(to other: Text) -> Int {
        for index in 0..<min(count, other.count) where self[index] != other[index] {
            return self[index] < other[index] ? -1 : 1
        }
        return count < other.count ? -1 : count > other.count ? 1 : 0
    }

    func starts(with prefix: Text) -> Bool {
        count >= prefix.count && self[0, prefix.count] == prefix
    }

    func ends(with suffix: Text) -> Bool {
        count >= suffix.count && self[count - suffix.count, count] == suffix
    }

    /// Where `part` stands first, from the byte `start` on.
    ///
    /// Each byte compared takes one of `work`, and without any left the search ends: text and part
    /// that nearly match everywhere would take the product of their lengths.
    func firstIndex(of part: Text, from start: Int, work: inout Int) -> Int? {
        guard part.count > 0 else { return start <= count ? start : nil }
        guard count - start >= part.count else { return nil }
        let first = part[0]
        for index in start...(count - part.count) where self[index] == first {
            if holds(part, at: index, &work) { return index }
            if work < 0 { return nil }
        }
        return nil
    }

    /// Where `part` stands last, starting at the byte `start` or before; likewise.
    func lastIndex(of part: Text, from start: Int, work: inout Int) -> Int? {
        var index = min(start, count - part.count)
        while index >= 0, work >= 0 {
            if holds(part, at: index, &work) { return index }
            index -= 1
        }
        return nil
    }

    private func holds(_ part: Text, at start: Int, _ work: inout Int) -> Bool {
        var length = 0
        while length < part.count, self[start + length] == part[length] { length += 1 }
        work -= length
        return length == part.count
    }

    // MARK: Code points

    /// The code points of text that is UTF-8.
    var scalarCount: Int {
        var scalars = 0
        for index in 0..<count where !isContinuation(index) { scalars += 1 }
        return scalars
    }

    /// The byte at which the code point of this number starts; the end for the number of code
    /// points, and `nil` beyond it.
    func byteIndex(ofScalar number: Int) -> Int? {
        guard number >= 0 else { return nil }
        var remaining = number
        for index in 0..<count where !isContinuation(index) {
            if remaining == 0 { return index }
            remaining -= 1
        }
        return remaining == 0 ? count : nil
    }

    /// The number of code points before a byte.
    func scalarIndex(ofByte index: Int) -> Int { self[0, index].scalarCount }

    func isContinuation(_ index: Int) -> Bool { self[index] & 0xC0 == 0x80 }

    /// Whether the bytes are UTF-8.
    var isUTF8: Bool {
        unsafe String(validating: bytes, as: UTF8.self) != nil
    }
}
