internal import CSimdJSON

/// One change of a rendering: an overlay entry, and where it applies in the object at hand.
struct Edit: BitwiseCopyable {
    var entry: Int32

    /// Where the step that applies to the object at hand starts in the arena's own memory.
    var step: Int

    /// Where the path ends.
    var end: Int

    /// Where the child is that the step leads to.
    var place = DocumentIndex.Place(node: -1, ordinal: 0, previous: -1)

    /// The first edit of the same step; edits of one step follow each other once arranged.
    var leader = 0
}

extension EventArena {
    /// Appends the event's value: the bytes as they came, with what operators set and removed.
    ///
    /// A new member comes after those that are there, in the order in which they were first
    /// set. A tombstone appends nothing.
    public func render(_ event: Event, into output: inout ByteBuffer) {
        let text = unsafe bytes(document(of: event).bytes)
        guard fieldCount(of: event) > 0 else {
            unsafe output.append(text)
            return
        }
        collectEdits(of: event)
        let index = DocumentIndex(of: event.slot, in: self)
        let root = index.node(0)
        unsafe output.append(index.text(0..<Int(root.start)))
        emit(0, of: index, edits: 0..<edits.count, into: &output)
        unsafe output.append(index.text(Int(root.end)..<text.count))
    }

    /// Gathers the entries that count, oldest first. An entry is void when a newer one sets its
    /// field or a container of it.
    private func collectEdits(of event: Event) {
        edits.removeAll()
        var index = event.overlay
        // First steps of the edits so far: an entry with another one is not void.
        var marks: UInt64 = 0
        while index >= 0 {
            let entry = unsafe entries.pointer(at: Int(index))
            if unsafe entry.pointee.kind != .header {
                let name = unsafe entry.pointee.name
                let mark = unsafe OverlayEntry.mark(of: bytes(name))
                if marks & mark == 0 || !isVoid(name) {
                    edits.append(
                        Edit(entry: index, step: name.offset, end: name.offset + name.count))
                    marks |= mark
                }
            }
            index = unsafe entry.pointee.previous
        }
        edits.reverse()
    }

    private func isVoid(_ name: ByteRange) -> Bool {
        let path = unsafe bytes(name)
        for index in 0..<edits.count {
            let newer = unsafe bytes(entries.pointer(at: Int(edits[index].entry)).pointee.name)
            switch unsafe PathRelation(of: newer, to: path) {
            case .equal, .above: return true
            case .below, .apart: continue
            }
        }
        return false
    }

    // MARK: Containers of the document

    private func emit(
        _ container: Int32, of index: DocumentIndex, edits range: Range<Int>,
        into output: inout ByteBuffer
    ) {
        arrange(range, in: container, of: index)
        var splice = Splice(container, of: index)
        var position = range.lowerBound
        while position < range.upperBound, edits[position].place.node >= 0 {
            let group = group(from: position, in: range)
            apply(group, to: &splice, into: &output)
            position = group.upperBound
        }
        add(position..<range.upperBound, to: &splice, into: &output)
        splice.copy(to: splice.end, into: &output)
    }

    /// Writes one child that is in the document and changes.
    private func apply(
        _ group: Range<Int>, to splice: inout Splice, into output: inout ByteBuffer
    ) {
        let edit = edits[group.lowerBound]
        let entry = entries[Int(edit.entry)]
        if isLastStep(edit), entry.kind == .remove {
            splice.leaveOut(edit.place, into: &output)
            return
        }
        let child = splice.index.node(edit.place.node)
        splice.copy(to: Int(child.start), into: &output)
        if isLastStep(edit) {
            unsafe output.append(bytes(entry.value.raw))
        } else {
            advance(group)
            switch splice.index.kind(of: edit.place.node) {
            case .object, .array:
                emit(edit.place.node, of: splice.index, edits: group, into: &output)
            default:
                emitObject(group, into: &output)
            }
        }
        splice.copied = Int(child.end)
    }

    /// Writes the members that the object does not have, after those that it has.
    private func add(
        _ range: Range<Int>, to splice: inout Splice, into output: inout ByteBuffer
    ) {
        guard !range.isEmpty else { return }
        splice.copyChildren(upTo: edits[range.lowerBound].place.previous, into: &output)
        emitMembers(range, afterOthers: splice.hasChildren, into: &output)
    }

    // MARK: Objects that are not in the document

    private func emitObject(_ range: Range<Int>, into output: inout ByteBuffer) {
        arrange(range, in: 0, of: nil)
        output.append(UInt8(ascii: "{"))
        emitMembers(range, afterOthers: false, into: &output)
        output.append(UInt8(ascii: "}"))
    }

    private func emitMembers(
        _ range: Range<Int>, afterOthers: Bool, into output: inout ByteBuffer
    ) {
        var needsComma = afterOthers
        var index = range.lowerBound
        while index < range.upperBound {
            let group = group(from: index, in: range)
            let edit = edits[index]
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            unsafe output.append(jsonString: step(of: edit).name)
            output.append(UInt8(ascii: ":"))
            if isLastStep(edit) {
                unsafe output.append(bytes(entries.pointer(at: Int(edit.entry)).pointee.value.raw))
            } else {
                advance(group)
                emitObject(group, into: &output)
            }
            index = group.upperBound
        }
    }

    // MARK: Edits

    /// Finds the child of each edit and orders the edits by their place in the container; those
    /// of one step stand together, and new members keep the order in which they were set. Without
    /// an index there are no children.
    private func arrange(_ range: Range<Int>, in container: Int32, of index: DocumentIndex?) {
        for position in range {
            let leader = leader(of: position, in: range)
            edits[position].leader = leader
            if leader < position {
                edits[position].place = edits[leader].place
            } else if let index {
                edits[position].place = index.place(of: step(of: edits[position]), in: container)
            } else {
                edits[position].place.node = -1
            }
        }
        // There are few, and they are mostly in order.
        for index in range.dropFirst() {
            let edit = edits[index]
            var position = index
            while position > range.lowerBound, Self.isBefore(edit, edits[position - 1]) {
                edits[position] = edits[position - 1]
                position -= 1
            }
            edits[position] = edit
        }
    }

    /// Children of the document come first, in its order.
    private static func isBefore(_ left: Edit, _ right: Edit) -> Bool {
        let (leftNode, rightNode) = (left.place.node, right.place.node)
        if leftNode == rightNode { return left.leader < right.leader }
        return leftNode >= 0 && (rightNode < 0 || leftNode < rightNode)
    }

    private func leader(of index: Int, in range: Range<Int>) -> Int {
        for earlier in range.lowerBound..<index where isSameStep(edits[earlier], edits[index]) {
            return edits[earlier].leader
        }
        return index
    }

    private func group(from index: Int, in range: Range<Int>) -> Range<Int> {
        var end = index + 1
        while end < range.upperBound, edits[end].leader == edits[index].leader { end += 1 }
        return index..<end
    }

    /// Moves edits to their next step.
    private func advance(_ group: Range<Int>) {
        for index in group { edits[index].step += step(of: edits[index]).encodedCount }
    }

    private func step(of edit: Edit) -> PathStep {
        unsafe PathStep(UnsafeRawPointer(own.base + edit.step))
    }

    private func isLastStep(_ edit: Edit) -> Bool {
        edit.step + step(of: edit).encodedCount == edit.end
    }

    private func isSameStep(_ left: Edit, _ right: Edit) -> Bool {
        let (left, right) = (step(of: left), step(of: right))
        guard left.isIndex == right.isIndex else { return false }
        if left.isIndex { return left.index == right.index }
        return unsafe left.hash == right.hash && left.name.elementsEqual(right.name)
    }
}
