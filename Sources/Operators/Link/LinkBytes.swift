internal import Events
internal import Sketches
internal import StreamCore

// How what `link` stores and sends is laid out and found.

/// A key in a set or dictionary: an array of bytes is hashed byte by byte, this one as a whole.
struct HashedKey: Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Array {
    /// Where an element with this key is, or would be, in an array in the order of its keys' bytes.
    func place(of key: [UInt8], _ keyOf: (Element) -> [UInt8]) -> (place: Int, isThere: Bool) {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if keyOf(self[middle]).lexicographicallyPrecedes(key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, low < count && keyOf(self[low]) == key)
    }
}

extension [UInt8] {
    /// What a store's bytes say; those that can't be read are its damage.
    func decoded<Value>(
        from store: String, _ decode: (UnsafeRawBufferPointer) throws(SketchError) -> Value
    ) throws(StoreError) -> Value {
        let result: Result<Value, SketchError> = unsafe withUnsafeBytes { bytes in
            do throws(SketchError) {
                return .success(try unsafe decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw StoreError.damaged(store, error)
        }
    }
}

extension ByteBuffer {
    /// Appends bytes behind their length (2 bytes).
    mutating func append(counted bytes: [UInt8]) {
        append(littleEndian: UInt16(clamping: bytes.count))
        unsafe bytes.withUnsafeBytes {
            unsafe append(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(UInt16.max))))
        }
    }

    /// Appends the twelve bytes of a name.
    mutating func append(_ profile: ProfileID) {
        append(littleEndian: profile.high)
        append(littleEndian: profile.low)
    }
}

extension SketchReader {
    /// Bytes behind their length (2 bytes).
    mutating func counted() throws(SketchError) -> [UInt8] {
        let size = Int(try number(UInt16.self))
        return unsafe Array(try take(size))
    }

    mutating func profile() throws(SketchError) -> ProfileID {
        let high = try number(UInt64.self)
        return ProfileID(high: high, low: try number(UInt32.self))
    }
}
