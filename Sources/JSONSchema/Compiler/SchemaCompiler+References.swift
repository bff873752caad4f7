extension SchemaCompiler {
    /// A `$ref` or `$dynamicRef` that waits for its target.
    struct Reference {
        let rule: Int32
        let resource: Int
        let target: String
        /// The place of the keyword.
        let place: SchemaPlace
        let isDynamic: Bool
    }

    /// What a `$dynamicRef` leads to.
    private struct DynamicTarget {
        /// The rule that it leads to by itself.
        let rule: Int32
        /// The anchor that other resources may have, too; `nil` when it leads to no dynamic one.
        let anchor: String?
    }

    mutating func compileReference(_ keyword: Keyword, into rule: inout Rule) {
        guard let target = string(keyword) else { return }
        let isDynamic = keyword.name == "$dynamicRef"
        rule.applies.insert(.anything)
        if isDynamic {
            // The number of the reference stands here until its target is known.
            add(
                Operation(kind: .dynamicReference, subject: Int32(references.count)),
                to: keyword.rule)
        }
        references.append(
            Reference(
                rule: keyword.rule, resource: keyword.resource, target: target,
                place: keyword.place, isDynamic: isDynamic))
    }

    /// Finds what all references lead to. Compiling a target may add references, and reach
    /// resources that have a dynamic anchor.
    mutating func resolve() {
        var next = 0
        var dynamic: [Int: DynamicTarget] = [:]
        var anchored: [String: [(resource: Int, rule: Int32)]] = [:]
        var seenResources = 0
        while true {
            while next < references.count {
                resolve(next, &dynamic)
                next += 1
            }
            let anchors = Set(dynamic.values.compactMap(\.anchor))
            if reachedResources.count == seenResources, anchors.count == anchored.count { break }
            seenResources = reachedResources.count
            for anchor in anchors.sorted() {
                anchored[anchor] = reachedResources.prefix(seenResources).compactMap { resource in
                    library.resources[resource].dynamicAnchors[anchor].map { place in
                        let target = library.target(at: place)
                        return (resource, schema(target.value, at: place, in: target.resource))
                    }
                }
            }
        }
        setDynamicTargets(dynamic, anchored)
    }

    private mutating func resolve(_ number: Int, _ dynamic: inout [Int: DynamicTarget]) {
        let reference = references[number]
        let target: SchemaLibrary.Target
        do {
            target = try library.target(of: reference.target, from: reference.resource)
        } catch {
            report(
                reference.place, "'\(reference.target)' leads nowhere: \(error.message)",
                remedy: error.remedy)
            return
        }
        let rule = schema(target.value, at: target.place, in: target.resource)
        inPlaceEdges.append((reference.rule, rule))
        guard reference.isDynamic else {
            builder.rules[Int(reference.rule)].reference = rule
            return
        }
        let fragment = URIReference(reference.target).fragment ?? ""
        let resource = Int(builder.rules[Int(rule)].resource)
        let isDynamic = library.resources[resource].dynamicAnchors[fragment] == target.place
        dynamic[number] = DynamicTarget(rule: rule, anchor: isDynamic ? fragment : nil)
    }

    private mutating func setDynamicTargets(
        _ dynamic: [Int: DynamicTarget], _ anchored: [String: [(resource: Int, rule: Int32)]]
    ) {
        var dependsOnScope = false
        for index in builder.operations.indices
        where builder.operations[index].kind == .dynamicReference {
            guard let target = dynamic[Int(builder.operations[index].subject)] else { continue }
            builder.operations[index].subject = target.rule
            let rules = target.anchor.flatMap { anchored[$0] } ?? []
            // Where there is one candidate only, it is what the reference leads to anyway.
            guard rules.count > 1 else { continue }
            dependsOnScope = true
            builder.operations[index].first = builder.addAll(
                rules.flatMap { [Int32($0.resource), $0.rule] })
            builder.operations[index].count = Int32(rules.count * 2)
        }
        guard dependsOnScope else { return }
        for index in builder.rules.indices { builder.rules[index].applies.insert(.scope) }
    }

    // MARK: Circles

    /// Refuses schemas that lead back to themselves without going into the value. What is left
    /// when all rules without a way in or out are taken away, again and again, is circles.
    mutating func checkCircles() {
        let count = builder.rules.count
        var out: [[Int32]] = Array(repeating: [], count: count)
        var into: [[Int32]] = Array(repeating: [], count: count)
        for edge in inPlaceEdges {
            out[Int(edge.from)].append(edge.to)
            into[Int(edge.to)].append(edge.from)
        }
        let circles = Self.left(out, into).intersection(Self.left(into, out))
        guard !circles.isEmpty else { return }
        for reference in references where circles.contains(reference.rule) {
            report(
                reference.place, "the reference leads back to itself",
                remedy: "a schema may only contain itself inside 'properties' or 'items'")
        }
    }

    /// The rules that are left when those with nothing behind them are taken away.
    private static func left(_ out: [[Int32]], _ into: [[Int32]]) -> Set<Int32> {
        var degrees = out.map(\.count)
        var free = degrees.indices.filter { degrees[$0] == 0 }.map { Int32($0) }
        var taken = 0
        while taken < free.count {
            for other in into[Int(free[taken])] {
                degrees[Int(other)] -= 1
                if degrees[Int(other)] == 0 { free.append(other) }
            }
            taken += 1
        }
        return Set(degrees.indices.filter { degrees[$0] > 0 }.map { Int32($0) })
    }

    // MARK: The end

    /// Takes ways out of the finished rules that evaluation need not go.
    mutating func finish() {
        guard problems.isEmpty else { return }
        var ends: [Int32] = Array(repeating: -1, count: builder.rules.count)
        for index in builder.members.indices {
            builder.members[index].schema = direct(builder.members[index].schema, &ends)
        }
        for index in builder.arrays.indices {
            builder.arrays[index].items = direct(builder.arrays[index].items, &ends)
        }
        for index in builder.objects.indices {
            let additional = direct(builder.objects[index].additional, &ends)
            builder.objects[index].additional = isAnything(additional) ? -1 : additional
        }
    }

    private func isAnything(_ rule: Int32) -> Bool {
        guard rule >= 0 else { return true }
        let rule = builder.rules[Int(rule)]
        return rule.types == .all && rule.applies.isEmpty
    }

    /// The rule that a schema with nothing but a `$ref` leads to in the end; there are no circles.
    private func direct(_ rule: Int32, _ ends: inout [Int32]) -> Int32 {
        guard rule >= 0 else { return rule }
        var way: [Int32] = []
        var index = rule
        while ends[Int(index)] < 0, let next = onlyReference(of: index) {
            way.append(index)
            index = next
        }
        let end = ends[Int(index)] < 0 ? index : ends[Int(index)]
        for passed in way { ends[Int(passed)] = end }
        return end
    }

    private func onlyReference(of index: Int32) -> Int32? {
        let rule = builder.rules[Int(index)]
        guard rule.applies == .anything, rule.types == .all, rule.reference >= 0,
            rule.enumeration < 0, rule.constant < 0, rule.operationCount == 0
        else { return nil }
        return rule.reference
    }
}
