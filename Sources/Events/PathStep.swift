internal import CSimdJSON

/// One component of a path, read from its encoded bytes.
///
/// A name is: tag 0, hash (2 bytes), length (4 bytes), the UTF-8. An index is: tag 1, the index
/// (4 bytes).
@safe
struct PathStep {
    private static let nameTag: UInt8 = 0
    private static let indexTag: UInt8 = 1
    private static let nameHeader = 7
    private static let indexSize = 5

    /// The encoded component.
    private let base: UnsafeRawPointer

    /// Reads the component that starts at `base`.
    init(_ base: UnsafeRawPointer) {
        unsafe self.base = base
    }

    var isIndex: Bool { unsafe base.load(as: UInt8.self) == Self.indexTag }

    /// The index; meaningful for an index only.
    var index: Int { Int(unsafe base.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) }

    /// The hash of the name, as the nodes of an index carry it.
    var hash: UInt16 { unsafe base.loadUnaligned(fromByteOffset: 1, as: UInt16.self) }

    /// The name; meaningful for a name only.
    var name: UnsafeRawBufferPointer {
        let length = unsafe base.loadUnaligned(fromByteOffset: 3, as: UInt32.self)
        return unsafe UnsafeRawBufferPointer(start: base + Self.nameHeader, count: Int(length))
    }

    /// The bytes that the component takes in the encoded path.
    var encodedCount: Int { isIndex ? Self.indexSize : unsafe Self.nameHeader + name.count }

    var component: FieldPath.Component {
        isIndex ? .index(index) : .name(unsafe String(decoding: name, as: UTF8.self))
    }

    static func append(_ component: FieldPath.Component, to bytes: inout [UInt8]) {
        switch component {
        case .index(let index):
            bytes.append(indexTag)
            append(UInt32(index), to: &bytes)
        case .name(var name):
            name.withUTF8 { utf8 in
                let hash = unsafe csimdjson_hash(utf8.baseAddress, UInt32(utf8.count))
                bytes.append(nameTag)
                append(hash, to: &bytes)
                append(UInt32(utf8.count), to: &bytes)
                unsafe bytes.append(contentsOf: utf8)
            }
        }
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }
}
