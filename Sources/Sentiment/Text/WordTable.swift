/// What is known of words, found by their bytes without building a string.
///
/// Keys are compared in lower case: they are put in as they are to be found.
struct WordTable<Value: Sendable>: Sendable {
    /// The start of a hash; each byte goes through ``mix(_:_:)``.
    static var seed: UInt64 { 0xCBF2_9CE4_8422_2325 }

    /// The longest key, in bytes: what is longer need not be looked up.
    private(set) var longestKey = 0

    private var slots: [Int32] = Array(repeating: -1, count: 16)
    /// The bytes of all keys, one behind the other, and where each ends.
    private var bytes: [UInt8] = []
    private var ends: [Int32] = []
    private var hashes: [UInt64] = []
    private(set) var values: [Value] = []

    var count: Int { ends.count }

    @inline(__always)
    static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    static func hash(_ key: [UInt8]) -> UInt64 { key.reduce(seed) { mix($0, $1) } }

    /// The value of a key, which is made when there is none yet.
    subscript(key: [UInt8], default initial: Value) -> Value {
        get {
            let index = exactIndex(key)
            return index < 0 ? initial : values[index]
        }
        set {
            let index = exactIndex(key)
            if index >= 0 {
                values[index] = newValue
                return
            }
            if (count + 1) * 2 > slots.count { grow() }
            let hash = Self.hash(key)
            slots[freeSlot(hash)] = Int32(count)
            bytes += key
            ends.append(Int32(bytes.count))
            hashes.append(hash)
            values.append(newValue)
            longestKey = max(longestKey, key.count)
        }
    }

    /// The index of a key as it is written: one with capitals is there, and is never found.
    private func exactIndex(_ key: [UInt8]) -> Int {
        let hash = Self.hash(key)
        var slot = Int(truncatingIfNeeded: hash ^ (hash >> 29)) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if hashes[index] == hash, bytes[range(index)].elementsEqual(key) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return -1
    }

    @inline(__always)
    private func range(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }

    /// The index of a key, -1 when it is not there.
    func find(_ key: [UInt8]) -> Int {
        unsafe key.withUnsafeBytes { unsafe find($0) }
    }

    /// The index of a word, whose letters A to Z may be in whatever case; -1 when it is not there.
    func find(_ word: UnsafeRawBufferPointer) -> Int {
        if word.count > longestKey { return -1 }
        var hash = Self.seed
        for position in word.indices { hash = unsafe Self.mix(hash, word[position].lowered) }
        return unsafe find(word, hash: hash)
    }

    /// The same; `hash` is that of its lower case.
    @inline(__always)
    func find(_ word: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        if word.count > longestKey { return -1 }
        var slot = Int(truncatingIfNeeded: hash ^ (hash >> 29)) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if hashes[index] == hash, unsafe isKey(index, word) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return -1
    }

    @inline(__always)
    private func isKey(_ index: Int, _ word: UnsafeRawBufferPointer) -> Bool {
        let range = range(index)
        guard range.count == word.count else { return false }
        for position in 0..<word.count
        where unsafe bytes[range.lowerBound + position] != word[position].lowered {
            return false
        }
        return true
    }

    private func freeSlot(_ hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash ^ (hash >> 29)) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (index, hash) in hashes.enumerated() { slots[freeSlot(hash)] = Int32(index) }
    }
}

extension UInt8 {
    /// The letter in lower case, when it is one of A to Z.
    @inline(__always)
    var lowered: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    @inline(__always)
    var isASCIILower: Bool { self &- 0x61 < 26 }

    @inline(__always)
    var isASCIIUpper: Bool { self &- 0x41 < 26 }

    @inline(__always)
    var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// What Python's `string.punctuation` holds.
    @inline(__always)
    var isASCIIPunctuation: Bool {
        self > 0x20 && self < 0x7F && !isASCIILower && !isASCIIUpper && !isASCIIDigit
    }
}
