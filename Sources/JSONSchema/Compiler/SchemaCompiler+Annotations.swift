extension SchemaCompiler {
    /// What older drafts called something that 2020-12 calls otherwise.
    private static let renamed = [
        "definitions": "$defs", "id": "$id", "additionalItems": "items",
        "$recursiveRef": "$dynamicRef", "$recursiveAnchor": "$dynamicAnchor",
        "dependencies": "dependentRequired",
    ]

    /// Compiles a keyword that the draft doesn't have, or refuses it.
    mutating func compileUnknown(_ keyword: Keyword, into rule: inout Rule) {
        let isOurs = !library.documents[keyword.place.document].isBuiltIn
        if options.unknownKeywords == .refuse, isOurs {
            refuse(keyword)
        } else if keyword.name == "definitions" {
            compileDefinitions(keyword)
        } else if keyword.name == "dependencies" {
            compileDependencies(keyword)
        }
    }

    private mutating func refuse(_ keyword: Keyword) {
        if let name = Self.renamed[keyword.name] {
            report(
                keyword.place,
                "'\(keyword.name)' is from an older draft; JSON Schema 2020-12 calls it '\(name)'",
                unsupportedKeyword: keyword.name)
        } else {
            report(
                keyword.place, "'\(keyword.name)' is not a keyword of JSON Schema 2020-12",
                remedy: "for a remark use '$comment'", unsupportedKeyword: keyword.name)
        }
    }

    mutating func checkIdentifier(_ keyword: Keyword) {
        guard string(keyword) != nil else { return }
        let isAtTop = library.resources[keyword.resource].place / keyword.name == keyword.place
        if keyword.name == "$schema", !isAtTop {
            report(
                keyword.place, "'$schema' stands beside '$id', or at the top of the file",
                remedy: "move it there")
        }
    }

    mutating func checkAnchor(_ keyword: Keyword) {
        guard let name = string(keyword) else { return }
        let isName =
            name.utf8.first.map { Self.isLetter($0) } ?? false
            && name.utf8.allSatisfy {
                Self.isLetter($0) || ("0"..."9").contains(Unicode.Scalar($0)) || $0 == 45
                    || $0 == 46
            }
        if !isName {
            report(
                keyword.place, "'\(name)' is no name for an anchor",
                remedy: "use letters, digits, '-', '_' and '.', a letter or '_' first")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }

    /// Looks at what a keyword without effect says, as far as it is easily said wrongly.
    mutating func checkAnnotation(_ keyword: Keyword) {
        switch keyword.name {
        case "contentEncoding", "contentMediaType", "$comment", "title", "description":
            _ = string(keyword)
        case "contentSchema":
            _ = schema(keyword.operand, at: keyword.place, in: keyword.resource)
        default: break
        }
    }

    mutating func compileDefinitions(_ keyword: Keyword) {
        guard case .object(let definitions) = keyword.operand else {
            report(
                keyword.place,
                "'\(keyword.name)' is an object of schemas, not \(keyword.operand.kindName)")
            return
        }
        // Of other documents only what is referred to is compiled.
        guard keyword.place.document == 0 else { return }
        for (name, definition) in definitions {
            _ = schema(definition, at: keyword.place.step(name), in: keyword.resource)
        }
    }

    mutating func compileFormat(_ keyword: Keyword, into rule: inout Rule) {
        guard let name = string(keyword) else { return }
        let vocabularies = library.resources[keyword.resource].vocabularies
        let isAsserted = vocabularies.contains(.formatAssertion)
        guard isAsserted || options.formats == .assert else { return }
        guard let format = Format(named: name) else {
            if options.unknownKeywords == .refuse {
                report(
                    keyword.place, "'\(name)' is not a format of JSON Schema 2020-12",
                    remedy: "use 'pattern'")
            }
            return
        }
        rule.format = format
        rule.applies.insert(.strings)
    }
}
