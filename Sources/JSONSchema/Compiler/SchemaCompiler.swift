/// Compiles a schema document and what it refers to, or says everything that is wrong with it.
///
/// Of the document itself every schema is compiled, so that a mistake in an unused one is found,
/// too; of others only what is referred to.
struct SchemaCompiler {
    var builder = ProgramBuilder()
    let options: SchemaOptions
    var library: SchemaLibrary
    private(set) var problems: [SchemaProblem] = []
    /// Rules by the place of their schema.
    private var rules: [SchemaPlace: Int32] = [:]
    var references: [Reference] = []
    /// The operations of rules that are not complete yet.
    private var openOperations: [Int32: [Operation]] = [:]
    /// Which rule applies which other one to the same value.
    var inPlaceEdges: [(from: Int32, to: Int32)] = []
    /// The resources that have a rule.
    private(set) var reachedResources: [Int] = []
    private var isReached: Set<Int> = []

    /// A keyword and its operand, with what is known around it.
    struct Keyword {
        let name: String
        let operand: SchemaValue
        let place: SchemaPlace
        /// The index of the rule and of the resource that the schema belongs to.
        let rule: Int32
        let resource: Int
    }

    /// The program whose rule 0 is the document.
    static func compile(
        _ document: SchemaValue, registry: SchemaRegistry, options: SchemaOptions
    ) throws(SchemaProblems) -> SchemaProgram {
        var compiler = SchemaCompiler(document, registry: registry, options: options)
        compiler.run(document)
        guard compiler.problems.isEmpty else { throw SchemaProblems(compiler.problems) }
        return SchemaProgram(compiler.builder)
    }

    private init(_ document: SchemaValue, registry: SchemaRegistry, options: SchemaOptions) {
        self.options = options
        library = SchemaLibrary(document, registry: registry)
    }

    private mutating func run(_ document: SchemaValue) {
        let place = SchemaPlace(document: 0, pointer: "")
        _ = schema(document, at: place, in: 0)
        resolve()
        for problem in library.problems {
            report(problem.place, problem.message, remedy: problem.remedy)
        }
        checkCircles()
        finish()
    }

    /// Compiles one schema and those inside it; returns the index of its rule.
    mutating func schema(_ value: SchemaValue, at place: SchemaPlace, in outer: Int) -> Int32 {
        if let known = rules[place] { return known }
        let resource = library.resource(at: place) ?? outer
        let index = builder.add(Rule(), to: \.rules)
        rules[place] = index
        reach(resource)
        var rule = Rule()
        rule.resource = Int32(resource)
        rule.location = builder.add(text(of: place), to: \.locations)
        switch value {
        case .boolean(true): break
        case .boolean(false): rule.types = .none
        case .object(let keywords):
            compile(keywords, into: &rule, at: place, rule: index, resource: resource)
        default:
            report(place, "a schema is an object, true or false, not \(value.kindName)")
        }
        builder.rules[Int(index)] = rule
        return index
    }

    /// Compiles a schema that is applied to the value its parent is applied to.
    mutating func inPlaceSchema(
        _ value: SchemaValue, at place: SchemaPlace, of keyword: Keyword
    ) -> Int32 {
        let rule = schema(value, at: place, in: keyword.resource)
        inPlaceEdges.append((keyword.rule, rule))
        return rule
    }

    /// Adds an operation to a rule that is being compiled.
    mutating func add(_ operation: Operation, to rule: Int32) {
        openOperations[rule, default: []].append(operation)
    }

    /// Puts the operations of a rule where they belong: one after the other.
    private mutating func setOperations(of rule: inout Rule, _ index: Int32) {
        guard let operations = openOperations.removeValue(forKey: index) else { return }
        rule.applies.insert(.anything)
        rule.firstOperation = Int32(builder.operations.count)
        rule.operationCount = Int32(operations.count)
        builder.operations += operations
    }

    private mutating func reach(_ resource: Int) {
        if isReached.insert(resource).inserted { reachedResources.append(resource) }
    }

    private mutating func compile(
        _ keywords: [(name: [UInt8], value: SchemaValue)], into rule: inout Rule,
        at place: SchemaPlace, rule index: Int32, resource: Int
    ) {
        var operands: [String: SchemaValue] = [:]
        let vocabularies = library.resources[resource].vocabularies
        // The names come out in the order of the file, and so do the problems.
        for (name, operand) in keywords {
            let name = String(decoding: name, as: UTF8.self)
            let keyword = Keyword(
                name: name, operand: operand, place: place / name, rule: index,
                resource: resource)
            let vocabulary = Vocabularies.having(name)
            if vocabulary.isEmpty {
                compileUnknown(keyword, into: &rule)
            } else if !vocabularies.isDisjoint(with: vocabulary) {
                operands[name] = operand
                apply(keyword, to: &rule)
            }
        }
        let whole = Keyword(
            name: "", operand: .object(keywords), place: place, rule: index, resource: resource)
        compileObject(operands, into: &rule, of: whole)
        compileArray(operands, into: &rule, of: whole)
        compileConditional(operands, of: whole)
        setOperations(of: &rule, index)
    }

    private mutating func apply(_ keyword: Keyword, to rule: inout Rule) {
        switch keyword.name {
        case "$ref", "$dynamicRef": compileReference(keyword, into: &rule)
        case "$defs": compileDefinitions(keyword)
        case "$schema", "$id": checkIdentifier(keyword)
        case "$anchor", "$dynamicAnchor": checkAnchor(keyword)
        case "type": compileType(keyword, into: &rule)
        case "enum", "const": compileConstants(keyword, into: &rule)
        case "pattern", "minLength", "maxLength": compileString(keyword, into: &rule)
        case "format": compileFormat(keyword, into: &rule)
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
            compileNumber(keyword, into: &rule)
        case "allOf", "anyOf", "oneOf": compileSeveral(keyword)
        case "not": compileNot(keyword)
        case "dependentSchemas": compileDependentSchemas(keyword)
        case "dependentRequired": compileDependentRequired(keyword)
        case "unevaluatedProperties", "unevaluatedItems":
            compileUnevaluated(keyword, into: &rule)
        // Other keywords of objects and arrays work together: see `compileObject` and
        // `compileArray`. What is left is for people, or for whoever reads what is encoded.
        default: checkAnnotation(keyword)
        }
    }

    // MARK: Reporting

    /// The place as messages and violations show it: a pointer, behind the address of the
    /// document when it is another one.
    func text(of place: SchemaPlace) -> String {
        let name = library.documents[place.document].name
        return place.document == 0 ? place.pointer : "\(name)#\(place.pointer)"
    }

    mutating func report(
        _ place: SchemaPlace, _ message: String, remedy: String? = nil,
        unsupportedKeyword: String? = nil
    ) {
        problems.append(
            SchemaProblem(
                pointer: text(of: place), message, remedy: remedy,
                unsupportedKeyword: unsupportedKeyword))
    }

    mutating func string(_ keyword: Keyword) -> String? {
        if let string = keyword.operand.string { return string }
        report(keyword.place, "a string is needed here, not \(keyword.operand.kindName)")
        return nil
    }

    mutating func count(_ operand: SchemaValue, at place: SchemaPlace) -> Int? {
        if let count = operand.count { return count }
        report(place, "a whole number that is not negative is needed here")
        return nil
    }
}
