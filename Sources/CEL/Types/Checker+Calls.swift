internal import Events

extension Checker {
    mutating func checkCall(
        _ name: String, target: Syntax?, _ arguments: [Syntax], _ syntax: Syntax
    ) -> ValueType {
        switch name {
        case "_&&_", "_||_": return checkConnective(arguments)
        case "_?_:_": return checkConditional(arguments)
        default: break
        }
        if let target, let namespaced = namespacedName(name, target) ?? misspelt(name, target) {
            return checkFunction(namespaced, isMember: false, arguments, syntax)
        }
        if let target {
            return checkFunction(name, isMember: true, [target] + arguments, syntax)
        }
        let isAbsolute = name.hasPrefix(".")
        let plain = isAbsolute ? String(name.dropFirst()) : name
        let candidates = declarations.candidates(for: plain, isAbsolute: isAbsolute)
        let known = candidates.first { functions.overloads[$0] != nil } ?? plain
        return checkFunction(known, isMember: false, arguments, syntax)
    }

    /// The function that `target.name` names as a whole, such as `math.least`.
    private func namespacedName(_ name: String, _ target: Syntax) -> String? {
        guard let (namespace, isAbsolute) = target.qualifiedName,
            !locals.contains(where: { $0.name == target.firstName })
        else { return nil }
        return declarations.candidates(for: "\(namespace).\(name)", isAbsolute: isAbsolute)
            .first { functions.overloads[$0] != nil }
    }

    /// The whole name of a function that there isn't, though its namespace there is.
    private func misspelt(_ name: String, _ target: Syntax) -> String? {
        guard case .name(let namespace, _) = target.kind,
            declarations.index(of: namespace) == nil,
            !locals.contains(where: { $0.name == namespace }),
            functions.overloads.keys.contains(where: { $0.hasPrefix("\(namespace).") })
        else { return nil }
        return "\(namespace).\(name)"
    }

    private mutating func checkConnective(_ terms: [Syntax]) -> ValueType {
        for term in terms {
            let type = check(term)
            if !substitution.isAssignable(type, to: .boolean) {
                report(
                    "'&&' and '||' join conditions; this is \(type)", at: term.offset)
            }
        }
        return .boolean
    }

    private mutating func checkConditional(_ parts: [Syntax]) -> ValueType {
        let condition = check(parts[0])
        if !substitution.isAssignable(condition, to: .boolean) {
            report("before '?' a condition is needed, not \(condition)", at: parts[0].offset)
        }
        let (yes, no) = (check(parts[1]), check(parts[2]))
        var attempt = substitution
        guard attempt.isAssignable(no, to: yes) else {
            report(
                "the two values of a condition have one type, not \(yes) and \(no)",
                at: parts[2].offset, remedy: "wrap one of them in dyn(...)")
            return .dynamic
        }
        return substitution.joined(no, yes)
    }

    private mutating func checkFunction(
        _ name: String, isMember: Bool, _ arguments: [Syntax], _ syntax: Syntax
    ) -> ValueType {
        // math.greatest and math.least take any number of arguments; they become a list.
        if ["math.greatest", "math.least"].contains(name), arguments.count > 1 {
            let list = Syntax(
                .list(arguments.map { .init(value: $0, isOptional: false) }), at: syntax.offset)
            return checkExtreme(name, list, syntax)
        }
        let types = arguments.map { check($0) }
        guard let overloads = functions.overloads[name] else {
            syntax.meaning = .failure(.unknownFunction)
            report(
                "there is no function '\(name)'", at: syntax.offset,
                remedy: NearestName.find(name, in: functions.overloads.keys.filter(Self.isName))
                    .map { "did you mean '\($0)'?" })
            return .dynamic
        }
        syntax.meaning = .failure(.noSuchOverload)
        var result: ValueType?
        for overload in overloads where overload.isMember == isMember {
            guard overload.parameters.count == arguments.count else { continue }
            // Without a check, the values decide whether the function can take them.
            syntax.meaning = .function(overload.function, arguments)
            var names: [Int: ValueType] = [:]
            let expected = overload.parameters.map { substitution.instantiate($0, &names) }
            let declared = substitution.instantiate(overload.result, &names)
            guard substitution.areAssignable(types, to: expected) else { continue }
            let found = substitution.resolved(declared)
            result = result.map { $0 == found ? found : .dynamic } ?? found
        }
        if let result { return result }
        reportMismatch(name, isMember: isMember, arguments, types, overloads, syntax)
        return .dynamic
    }

    private mutating func checkExtreme(
        _ name: String, _ list: Syntax, _ syntax: Syntax
    ) -> ValueType {
        let function: Function = name == "math.least" ? .least : .greatest
        syntax.meaning = .function(function, [list])
        guard case .list(let element) = check(list) else { return .dynamic }
        guard case .list(let elements) = list.kind else { return .dynamic }
        for element in elements {
            let type = element.value.type.withoutNull
            if !type.isNumber, type != .dynamic {
                report("'\(name)' takes numbers, not \(type)", at: element.value.offset)
            }
        }
        return element
    }

    private static func isName(_ name: String) -> Bool { name.first?.isLetter == true }

    // MARK: Messages of mismatches

    private mutating func reportMismatch(
        _ name: String, isMember: Bool, _ arguments: [Syntax], _ types: [ValueType],
        _ overloads: [Overload], _ syntax: Syntax
    ) {
        if let symbol = Self.symbol(of: name) {
            report(
                types.count == 1
                    ? "'\(symbol)' can't be applied to \(types[0])"
                    : "'\(symbol)' can't be applied to \(types[0]) and \(types[1])",
                at: syntax.offset, remedy: Self.remedy(name, arguments, types))
            return
        }
        let forms = overloads.map { overload in
            let parameters = overload.parameters.map(\.description)
            return overload.isMember
                ? "\(parameters[0]).\(name)(\(parameters.dropFirst().joined(separator: ", ")))"
                : "\(name)(\(parameters.joined(separator: ", ")))"
        }
        let given = types.map(\.description)
        let written =
            isMember
            ? "\(given[0]).\(name)(\(given.dropFirst().joined(separator: ", ")))"
            : "\(name)(\(given.joined(separator: ", ")))"
        report(
            "there is no \(written)", at: syntax.offset,
            remedy: "there is \(forms.joined(separator: ", "))")
    }

    private static func symbol(of name: String) -> String? {
        if name == "@in" { return "in" }
        guard !isName(name) else { return nil }
        return name.replacing("_", with: "")
    }

    private static func remedy(
        _ name: String, _ arguments: [Syntax], _ types: [ValueType]
    ) -> String? {
        guard types.count == 2 else { return nil }
        if types[0].isNumber, types[1].isNumber {
            return "convert one of them with int(...), uint(...) or double(...)"
        }
        if ["_==_", "_!=_"].contains(name), types.contains(.null) {
            return "it is never null; ask has(...) whether it is there"
        }
        if types.contains(.string), types.contains(where: { $0 == .timestamp || $0 == .duration }) {
            return "convert the string with timestamp(...) or duration(...)"
        }
        return name == "_+_" && types.contains(.string) ? "convert with string(...)" : nil
    }
}
