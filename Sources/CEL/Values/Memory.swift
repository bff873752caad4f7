internal import Events

/// Memory that is handed out from front to back and given back all at once.
///
/// Nothing in it moves, so what points into it stays valid until it is emptied. It keeps what it
/// once needed, up to a limit, so that using it again allocates nothing.
@safe
final class Memory {
    private static let firstCount = 4 << 10
    /// What is kept when it is emptied.
    private static let keptCount = 1 << 20

    @safe
    private struct Block {
        let start: UnsafeMutableRawPointer
        let count: Int
    }

    // One thread uses it and no method calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var blocks: [Block] = []
    /// The block that is being handed out, and how far it is.
    @safe @exclusivity(unchecked) private var current = 0
    @safe @exclusivity(unchecked) private var used = 0

    deinit {
        for block in blocks { unsafe block.start.deallocate() }
    }

    /// Forgets everything.
    func removeAll() {
        current = 0
        used = 0
        guard blocks.count > 1 else { return }
        var total = 0
        while let last = blocks.last {
            total = blocks.reduce(0) { $0 + $1.count }
            if total <= Self.keptCount { break }
            unsafe last.start.deallocate()
            blocks.removeLast()
        }
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let count = (count + 15) & ~15
        while current < blocks.count {
            if blocks[current].count - used >= count {
                defer { used += count }
                return unsafe blocks[current].start + used
            }
            current += 1
            used = 0
        }
        let size = max(count, blocks.last.map { $0.count * 2 } ?? Self.firstCount)
        let start = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        unsafe blocks.append(Block(start: start, count: size))
        current = blocks.count - 1
        used = count
        return unsafe start
    }

    /// Room for `count` operands, all of them null.
    func elements(_ count: Int) -> Elements {
        guard count > 0 else { return .empty }
        let start = unsafe allocate(count * MemoryLayout<Operand>.stride)
            .bindMemory(to: Operand.self, capacity: count)
        unsafe start.initialize(repeating: .null, count: count)
        return unsafe Elements(start, count: count)
    }

    /// One operand behind an address.
    func element(_ operand: Operand) -> Elements {
        let one = elements(1)
        one[0] = operand
        return one
    }

    func field(_ reference: FieldReference) -> Operand {
        let start = unsafe allocate(MemoryLayout<FieldReference>.stride)
            .bindMemory(to: FieldReference.self, capacity: 1)
        unsafe start.initialize(to: reference)
        return Operand(fieldAt: UInt64(UInt(bitPattern: start)))
    }

    /// Text of `count` bytes that `body` writes.
    func text(count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) -> Text {
        guard count > 0 else { return .empty }
        let start = unsafe allocate(count)
        unsafe body(UnsafeMutableRawBufferPointer(start: start, count: count))
        return unsafe Text(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The two texts, one behind the other.
    func joined(_ left: Text, _ right: Text) -> Text {
        unsafe text(count: left.count + right.count) { room in
            unsafe room.copyMemory(from: left.bytes)
            unsafe UnsafeMutableRawBufferPointer(rebasing: room[left.count...])
                .copyMemory(from: right.bytes)
        }
    }

    func copy(_ text: Text) -> Text {
        unsafe self.text(count: text.count) { unsafe $0.copyMemory(from: text.bytes) }
    }

    func text(_ string: String) -> Text {
        var string = string
        return string.withUTF8 { bytes in
            unsafe copy(Text(UnsafeRawBufferPointer(bytes)))
        }
    }

    func text(_ bytes: [UInt8]) -> Text {
        unsafe bytes.withUnsafeBytes { unsafe copy(Text($0)) }
    }

    /// The operand with all it refers to, so that it no longer needs the memory it came from.
    ///
    /// - Precondition: nothing in it refers to an event.
    func copy(_ operand: Operand) -> Operand {
        switch operand.kind {
        case .string: return Operand(string: copy(operand.text))
        case .bytes: return Operand(bytes: copy(operand.text))
        case .type: return Operand(type: copy(operand.text))
        case .list: return Operand(list: copy(operand.elements))
        case .map: return Operand(map: copy(operand.entries))
        case .optional:
            return operand.content.map { Operand(optional: element(copy($0))) } ?? operand
        case .field: preconditionFailure("a field of an event can't leave its evaluation")
        default: return operand
        }
    }

    private func copy(_ elements: Elements) -> Elements {
        let copies = self.elements(elements.count)
        for index in 0..<elements.count { copies[index] = copy(elements[index]) }
        return copies
    }
}

extension Operand {
    /// What a ``Kind/field`` refers to.
    var field: FieldReference {
        unsafe UnsafePointer<FieldReference>(bitPattern: UInt(bits))!.pointee
    }
}
