internal import Events

extension Evaluation {
    /// Whether the value equals one of a set, as JSON Schema counts equal: numbers by value,
    /// objects without regard to order.
    @inline(__always)
    func contains(_ index: Int, _ node: Int32) -> Bool {
        let set = unsafe tables.constantSets.pointer(index)
        if reader.kindCode(of: node) == FieldValue.Kind.string.rawValue {
            return unsafe tables.names.find(reader.textBytes(of: node), in: set.pointee.strings)
                >= 0
        }
        return unsafe containsOther(set.pointee, node)
    }

    private func containsOther(_ set: ConstantSet, _ node: Int32) -> Bool {
        for offset in 0..<set.otherCount where isEqual(node, set.firstOther + offset) {
            return true
        }
        return false
    }

    private func isEqual(_ node: Int32, _ index: Int) -> Bool {
        let constant = tables.constants[index]
        let kind = FieldValue.Kind(rawValue: reader.kindCode(of: node)) ?? .missing
        switch (kind, constant.kind) {
        case (.null, .null): return true
        case (.boolean, .boolean): return (reader.payload(of: node) != 0) == constant.boolean
        case (.integer, .number), (.unsignedInteger, .number), (.decimal, .number):
            return isSameNumber(node, constant)
        case (.string, .string):
            let text = unsafe tables.constantBytes.bytes(constant.textStart, constant.textCount)
            return unsafe Bytes.areEqual(text, reader.textBytes(of: node))
        case (.array, .array):
            return Int(reader.childCount(of: node)) == constant.childCount
                && hasElements(node, constant)
        case (.object, .object):
            return Int(reader.childCount(of: node)) == constant.childCount
                && hasMembers(node, constant)
        default: return false
        }
    }

    private func isSameNumber(_ node: Int32, _ constant: Constant) -> Bool {
        let text = unsafe tables.constantBytes.bytes(constant.textStart, constant.textCount)
        guard let left = unsafe DecimalText(reader.rawBytes(of: node)),
            let right = unsafe DecimalText(text)
        else { return false }
        return left.compared(to: right) == 0
    }

    private func hasElements(_ node: Int32, _ constant: Constant) -> Bool {
        var element = node + 1
        for offset in 0..<constant.childCount {
            guard isEqual(element, constant.firstChild + offset) else { return false }
            element = reader.following(element)
        }
        return true
    }

    private func hasMembers(_ node: Int32, _ constant: Constant) -> Bool {
        for offset in 0..<constant.childCount {
            let child = constant.firstChild + offset
            let constant = tables.constants[child]
            let name = unsafe tables.constantBytes.bytes(constant.nameStart, constant.nameCount)
            let member = unsafe reader.member(named: name, of: node)
            guard member >= 0, isEqual(member, child) else { return false }
        }
        return true
    }
}
