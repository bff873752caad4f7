/// Where some bytes lie in an ``EventArena``: eight bytes in place of a pointer and a length.
///
/// The top bit of the location says in which of the arena's two regions: the attached
/// ``RecordBatch`` or the arena's own memory.
@frozen
public struct ByteRange: BitwiseCopyable, Sendable, Equatable {
    @usableFromInline let location: UInt32
    @usableFromInline let length: UInt32

    @inlinable
    init(location: UInt32, length: UInt32) {
        self.location = location
        self.length = length
    }

    /// No bytes at all: a record without a key, a tombstone. Not the same as empty bytes.
    @inlinable public static var absent: ByteRange { ByteRange(location: 0, length: .max) }

    /// Zero bytes that are there: an empty key, an empty string.
    @inlinable public static var empty: ByteRange { ByteRange(location: 0, length: 0) }

    /// Whether there are no bytes at all, not even zero of them.
    @inlinable public var isAbsent: Bool { length == .max }

    /// The number of bytes; 0 when absent.
    @inlinable public var count: Int { isAbsent ? 0 : Int(length) }
}

extension ByteRange {
    /// Marks a location in the arena's own memory.
    @usableFromInline static let ownRegion: UInt32 = 1 << 31

    /// The most bytes that one region can hold.
    static let largestOffset = Int(UInt32.max >> 1)

    static func input(_ offset: Int, _ count: Int) -> ByteRange {
        ByteRange(location: UInt32(offset), length: UInt32(count))
    }

    static func own(_ offset: Int, _ count: Int) -> ByteRange {
        ByteRange(location: UInt32(offset) | ownRegion, length: UInt32(count))
    }

    @inlinable var isOwn: Bool { location & ByteRange.ownRegion != 0 }

    @inlinable var offset: Int { Int(location & ~ByteRange.ownRegion) }

    /// A part of this range, in the same region.
    func part(_ start: Int, _ count: Int) -> ByteRange {
        ByteRange(location: location &+ UInt32(start), length: UInt32(count))
    }
}
