internal import Events
internal import StreamCore

/// Of which commit a record of a changelog is: its number, and the source offsets that it reflects.
///
/// It is the record's first header, `millrace.changelog`: the number (8 bytes), then for each source
/// topic of the sub-topology, in the order of their names, the offset of the next record to read (8), or
/// -1; little-endian.
///
/// Both are needed. A commit that only fired timers moves no offset; and at least once a crash leaves
/// records of a commit that was never finished, whose number the next one has again, with other
/// offsets.
struct ChangeTag: Sendable, Equatable {
    static let headerName: StaticString = "millrace.changelog"
    private static let wordSize = 8

    let sequence: Int64
    let offsets: [Int64]

    init(sequence: Int64, offsets: [Int64]) {
        self.sequence = sequence
        self.offsets = offsets
    }

    /// Appends the header.
    func write(to headers: inout ByteBuffer) {
        headers.append(littleEndian: UInt32(Self.headerName.utf8CodeUnitCount))
        headers.append(Self.headerName)
        headers.append(littleEndian: UInt32((1 + offsets.count) * Self.wordSize))
        headers.append(littleEndian: sequence)
        for offset in offsets { headers.append(littleEndian: offset) }
    }

    /// Reads a record's header; `nil` when there is none.
    init?(headers: UnsafeRawBufferPointer) {
        let reader = unsafe RecordHeaders(headers)
        guard let header = reader.first(named: Self.headerName), let value = unsafe header.value,
            value.count >= Self.wordSize, value.count.isMultiple(of: Self.wordSize)
        else { return nil }
        sequence = unsafe Self.word(0, of: value)
        offsets = (1..<value.count / Self.wordSize).map { unsafe Self.word($0, of: value) }
    }

    /// Whether a record of this commit is part of a state that was last committed as `limit`.
    func counts(upTo limit: ChangeTag) -> Bool {
        guard sequence <= limit.sequence else { return false }
        // A topology that reads other topics than it did compares by the number alone.
        guard offsets.count == limit.offsets.count else { return true }
        return zip(offsets, limit.offsets).allSatisfy { $0 <= $1 }
    }

    private static func word(_ index: Int, of value: UnsafeRawBufferPointer) -> Int64 {
        Int64(
            littleEndian: unsafe value.loadUnaligned(
                fromByteOffset: index * wordSize, as: Int64.self))
    }
}
