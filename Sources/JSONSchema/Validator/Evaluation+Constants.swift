internal import Events

extension Evaluation {
    /// Whether the value equals one of a set, as JSON Schema counts equal: numbers by value,
    /// objects without regard to order.
    func contains(_ index: Int, _ value: FieldValue) -> Bool {
        let set = program.constantSets[index]
        if value.kind == .string {
            return unsafe program.names.find(arena.bytes(value.text), in: set.strings) >= 0
        }
        for offset in 0..<set.otherCount where isEqual(value, set.firstOther + offset) {
            return true
        }
        return false
    }

    private func isEqual(_ value: FieldValue, _ index: Int) -> Bool {
        let constant = program.constants[index]
        switch (value.kind, constant.kind) {
        case (.null, .null): return true
        case (.boolean, .boolean): return value.boolean == constant.boolean
        case (.integer, .number), (.unsignedInteger, .number), (.decimal, .number):
            return isSameNumber(value, constant)
        case (.string, .string):
            let text = unsafe bytes(constant.textStart, constant.textCount)
            return unsafe Bytes.areEqual(text, arena.bytes(value.text))
        case (.array, .array):
            return arena.childCount(of: value) == constant.childCount
                && hasElements(value, constant)
        case (.object, .object):
            return arena.childCount(of: value) == constant.childCount
                && hasMembers(value, constant)
        default: return false
        }
    }

    private func isSameNumber(_ value: FieldValue, _ constant: Constant) -> Bool {
        guard let left = unsafe DecimalText(arena.bytes(value.raw)),
            let right = unsafe DecimalText(bytes(constant.textStart, constant.textCount))
        else { return false }
        return left.compared(to: right) == 0
    }

    private func hasElements(_ value: FieldValue, _ constant: Constant) -> Bool {
        var element = arena.firstChild(of: value)
        for offset in 0..<constant.childCount {
            guard isEqual(element, constant.firstChild + offset) else { return false }
            element = arena.nextSibling(of: element)
        }
        return true
    }

    private func hasMembers(_ value: FieldValue, _ constant: Constant) -> Bool {
        for offset in 0..<constant.childCount {
            let child = constant.firstChild + offset
            let constant = program.constants[child]
            let name = unsafe bytes(constant.nameStart, constant.nameCount)
            let member = unsafe arena.member(named: name, of: value)
            guard !member.isMissing, isEqual(member, child) else { return false }
        }
        return true
    }

    private func bytes(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        unsafe program.constantBytes.bytes(start..<start + count)
    }
}
