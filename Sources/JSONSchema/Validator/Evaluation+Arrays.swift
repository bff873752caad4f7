internal import Events

extension Evaluation {
    mutating func evaluateArray(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let array = unsafe tables.arrays.pointer(Int(rule.pointee.array))
        let count = Int(reader.childCount(of: node))
        let minimum = unsafe array.pointee.minimumItems
        if unsafe count < minimum || count > array.pointee.maximumItems {
            let keyword: Finding.Keyword = count < minimum ? .minimumItems : .maximumItems
            let finding = Finding(keyword: keyword, node: node, rule: index, detail: count)
            guard sink.report(finding, reader) else { return false }
        }
        if unsafe array.pointee.hasElementRules,
            unsafe !evaluateElements(node, array.pointee, frame)
        {
            return false
        }
        if unsafe array.pointee.contains >= 0,
            unsafe !evaluateContains(node, array.pointee, index, frame)
        {
            return false
        }
        if unsafe array.pointee.isUnique, hasEqualElements(node) {
            if isExhausted {
                return abort(Finding(keyword: .tooManySteps, node: node, rule: index))
            }
            return sink.report(Finding(keyword: .uniqueItems, node: node, rule: index), reader)
        }
        return true
    }

    private mutating func evaluateElements(
        _ node: Int32, _ array: ArrayRule, _ frame: EvaluatedFrame
    ) -> Bool {
        var element = node + 1
        for position in 0..<reader.childCount(of: node) {
            let schema =
                position < array.prefixCount
                ? tables.branches[array.firstPrefix + position] : array.items
            if schema < 0 { break }
            if frame.isWanted { unsafe room.mark(position, in: frame) }
            sink.enter(element, element: Int(position), reader)
            guard evaluate(element, schema) else { return false }
            sink.leave()
            element = reader.following(element)
        }
        return true
    }

    private mutating func evaluateContains(
        _ node: Int32, _ array: ArrayRule, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        var matches = 0
        var element = node + 1
        for position in 0..<reader.childCount(of: node) {
            if isValid(element, array.contains) {
                matches += 1
                if frame.isWanted { unsafe room.mark(position, in: frame) }
            }
            element = reader.following(element)
        }
        if isExhausted { return false }
        if matches >= array.minimumMatches, matches <= array.maximumMatches { return true }
        let keyword: Finding.Keyword =
            matches > array.maximumMatches
            ? .maximumContains : array.minimumMatches == 1 ? .contains : .minimumContains
        let finding = Finding(keyword: keyword, node: node, rule: index, detail: matches)
        return sink.report(finding, reader)
    }

    // MARK: Equal elements

    /// Whether two elements of an array are equal. A short array is compared pair by pair; the
    /// elements of a long one are put in order by a number that equal values share.
    private mutating func hasEqualElements(_ node: Int32) -> Bool {
        let count = Int(reader.childCount(of: node))
        guard count > 1 else { return false }
        return count <= 12 ? hasEqualPair(node) : hasEqualNeighbours(node, count)
    }

    private mutating func hasEqualPair(_ node: Int32) -> Bool {
        let end = reader.following(node)
        var element = node + 1
        while element < end {
            var other = reader.following(element)
            while other < end {
                if areEqual(element, other) { return true }
                other = reader.following(other)
            }
            element = reader.following(element)
        }
        return false
    }

    private mutating func hasEqualNeighbours(_ node: Int32, _ count: Int) -> Bool {
        steps -= reader.nodeCount(of: node) * 8
        guard steps > 0 else { return true }
        var elements: [(fingerprint: UInt64, node: Int32)] = []
        elements.reserveCapacity(count)
        var element = node + 1
        for _ in 0..<count {
            elements.append((ValueFingerprint.of(element, in: reader), element))
            element = reader.following(element)
        }
        elements.sort { $0.fingerprint < $1.fingerprint }
        var start = 0
        while start < count {
            var end = start + 1
            while end < count, elements[end].fingerprint == elements[start].fingerprint {
                // Whoever makes many numbers collide pays with steps.
                for earlier in start..<end
                where areEqual(elements[earlier].node, elements[end].node) {
                    return true
                }
                if isExhausted { return true }
                end += 1
            }
            start = end
        }
        return false
    }

    /// Whether two values of the document are equal, as JSON Schema counts equal.
    private mutating func areEqual(_ left: Int32, _ right: Int32) -> Bool {
        steps -= 1
        guard steps > 0 else { return true }
        let kind = FieldValue.Kind(rawValue: reader.kindCode(of: left)) ?? .missing
        let other = FieldValue.Kind(rawValue: reader.kindCode(of: right)) ?? .missing
        switch (kind, other) {
        case (.null, .null): return true
        case (.boolean, .boolean): return reader.payload(of: left) == reader.payload(of: right)
        case (.string, .string):
            return unsafe Bytes.areEqual(reader.textBytes(of: left), reader.textBytes(of: right))
        case (.integer, .integer): return reader.payload(of: left) == reader.payload(of: right)
        case (.integer, _), (.unsignedInteger, _), (.decimal, _):
            return isSameNumber(left, right)
        case (.array, .array): return haveEqualElements(left, right)
        case (.object, .object): return haveEqualMembers(left, right)
        default: return false
        }
    }

    private func isSameNumber(_ left: Int32, _ right: Int32) -> Bool {
        guard let left = unsafe DecimalText(reader.rawBytes(of: left)),
            let right = unsafe DecimalText(reader.rawBytes(of: right))
        else { return false }
        return left.compared(to: right) == 0
    }

    private mutating func haveEqualElements(_ left: Int32, _ right: Int32) -> Bool {
        guard reader.childCount(of: left) == reader.childCount(of: right), descend() else {
            return isExhausted
        }
        defer { depth -= 1 }
        var (one, other) = (left + 1, right + 1)
        for _ in 0..<reader.childCount(of: left) {
            guard areEqual(one, other) else { return false }
            (one, other) = (reader.following(one), reader.following(other))
        }
        return true
    }

    private mutating func haveEqualMembers(_ left: Int32, _ right: Int32) -> Bool {
        guard reader.childCount(of: left) == reader.childCount(of: right), descend() else {
            return isExhausted
        }
        defer { depth -= 1 }
        var one = left + 1
        for _ in 0..<reader.childCount(of: left) {
            steps -= Int(reader.childCount(of: right)) / 16
            let other = unsafe reader.member(named: reader.nameBytes(of: one), of: right)
            guard other >= 0, areEqual(one, other) else { return isExhausted }
            one = reader.following(one)
        }
        return true
    }

    /// Goes a level deeper, unless that is too deep.
    private mutating func descend() -> Bool {
        guard depth < EvaluationRoom.deepest else {
            steps = 0
            return false
        }
        depth += 1
        return true
    }
}
