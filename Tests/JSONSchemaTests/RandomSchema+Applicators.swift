extension RandomSchema {
    /// Keywords that apply schemas to the value itself or to what others leave over.
    mutating func applicators(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        for keyword in ["allOf", "anyOf", "oneOf"] where chance(20) {
            let schemas = several(1...3) { $0.schema(depth: depth - 1, refers: refers) }
            if !schemas.isEmpty {
                keywords.append("\"\(keyword)\":[\(schemas.joined(separator: ","))]")
            }
        }
        for (keyword, percent) in [("not", 10), ("if", 20), ("then", 20), ("else", 20)]
        where chance(percent) {
            keywords.append("\"\(keyword)\":\(schema(depth: depth - 1, refers: refers))")
        }
        if chance(30) { keywords += ofArrays(depth: depth, refers: refers) }
        if chance(40) { keywords += ofObjects(depth: depth, refers: refers) }
        return keywords
    }

    private mutating func ofArrays(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        if chance(40) {
            let schemas = several(1...2) { $0.schema(depth: depth - 1, refers: refers) }
            keywords.append("\"prefixItems\":[\((schemas + ["{}"]).joined(separator: ","))]")
        }
        if chance(40) {
            keywords.append("\"contains\":\(schema(depth: depth - 1, refers: refers))")
            if chance(40) { keywords.append("\"minContains\":\(pick([0, 1, 2]))") }
            if chance(30) { keywords.append("\"maxContains\":\(pick([1, 2]))") }
        }
        if chance(30) { keywords.append("\"uniqueItems\":\(pick(["true", "true", "false"]))") }
        if chance(50) {
            let unevaluated = chance(50) ? "false" : schema(depth: depth - 1, refers: refers)
            keywords.append("\"unevaluatedItems\":\(unevaluated)")
        }
        return keywords
    }

    private mutating func ofObjects(depth: Int, refers: Bool) -> [String] {
        var keywords: [String] = []
        if chance(30) {
            let pattern = pick(Self.patterns)
            keywords.append(
                "\"patternProperties\":{\"\(pattern)\":\(schema(depth: depth - 1, refers: refers))}"
            )
        }
        if chance(15) {
            keywords.append("\"propertyNames\":\(schema(depth: depth - 1, refers: refers))")
        }
        if chance(20) {
            let schemas = object { $0.schema(depth: depth - 1, refers: refers) }
            keywords.append("\"dependentSchemas\":\(schemas)")
        }
        if chance(20) {
            let lists = object { "[\"\($0.pick(Self.names))\"]" }
            keywords.append("\"dependentRequired\":\(lists)")
        }
        if chance(50) {
            let unevaluated = chance(60) ? "false" : schema(depth: depth - 1, refers: refers)
            keywords.append("\"unevaluatedProperties\":\(unevaluated)")
        }
        return keywords
    }
}
