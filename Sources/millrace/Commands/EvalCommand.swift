internal import ArgumentParser
internal import CEL
internal import Events
internal import Foundation

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates an expression on events, as topology files would.",
        discussion: """
            Prints the result as JSON, a line for each event. Exit codes: 0 done; 1 an event, or \
            the expression on one of them, had an error; 2 the expression is wrong.
            """)

    @Argument(help: "An expression over 'event', such as event.amount > 100.0.")
    var expression: String

    @Option(
        help: "A JSON document, or several, a line each; '-' is standard input.",
        completion: .file())
    var event: String?

    @Option(
        help: "A JSON Schema that the events fit, so that misspelt fields are found.",
        completion: .file())
    var schema: String?

    /// A document among others, with its line.
    private struct Document {
        let line: Int?
        let bytes: [UInt8]
    }

    func run() throws {
        var declarations = Declarations()
        let variable: Variable
        let documents: [Document]?
        do {
            variable = declarations.declare("event", try eventType())
            documents = try event.map { Self.documents(in: [UInt8](try Self.read($0))) }
        } catch {
            throw Outcome.stop(error)
        }
        let compiled = try compile(declarations)
        let evaluation = Evaluation(declarations)
        var isWell = true
        if let documents {
            let arena = EventArena()
            for document in documents {
                let hasResult =
                    bind(document, to: variable, of: evaluation, in: arena)
                    && printResult(of: compiled, by: evaluation, place: place(of: document))
                isWell = isWell && hasResult
            }
        } else {
            isWell = printResult(of: compiled, by: evaluation, place: "")
        }
        if !isWell { throw Outcome.hadToStop }
    }

    private func eventType() throws -> ValueType {
        guard let schema else { return .dynamic }
        guard let type = ValueType(jsonSchema: [UInt8](try Self.read(schema)), name: "event") else {
            throw ValidationError("'\(schema)' is no JSON Schema: it holds no JSON object")
        }
        return type
    }

    private func compile(_ declarations: Declarations) throws -> CEL.Expression {
        do {
            return try CEL.Expression.compile(expression, declarations)
        } catch {
            for problem in error.all {
                Terminal.printError("millrace: \(problem)")
                printExcerpt(line: problem.line, column: problem.column)
            }
            throw Outcome.expressionIsWrong
        }
    }

    private func place(of document: Document) -> String {
        let file = event == "-" ? "standard input" : event ?? ""
        return "\(file)\(document.line.map { ":\($0)" } ?? ""): "
    }

    /// Returns false when the document is no event, which is then said.
    private func bind(
        _ document: Document, to variable: Variable, of evaluation: Evaluation,
        in arena: EventArena
    ) -> Bool {
        arena.reset()
        let event = unsafe document.bytes.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        if let failure = arena.parse(event, limits: .standard) {
            Terminal.printError("millrace: \(place(of: document))\(failure)")
            return false
        }
        evaluation.bind(variable, to: event, in: arena)
        return true
    }

    /// Prints what the expression gives; returns false when it gives nothing.
    private func printResult(
        of compiled: CEL.Expression, by evaluation: Evaluation, place: String
    ) -> Bool {
        var json = ByteBuffer()
        do {
            try evaluation.appendJSON(of: compiled, to: &json)
        } catch {
            let remedy =
                error.reason == .unbound ? "give one with --event" : error.reason.remedy
            Terminal.printError("millrace: \(place)\(error)\(remedy.map { "; \($0)" } ?? "")")
            printExcerpt(line: error.line, column: error.column)
            return false
        }
        Terminal.print(unsafe String(decoding: json.bytes, as: UTF8.self))
        return true
    }

    /// Shows a line of the expression with a caret below a column.
    private func printExcerpt(line: Int, column: Int) {
        let lines = expression.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return }
        let text = lines[line - 1]
        // A tab stays one, so that the caret stands below its character in every terminal.
        let indent = text.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }
        Terminal.printError("  \(text)\n  \(indent.joined())^")
    }

    // MARK: Reading

    private static func read(_ path: String) throws -> Data {
        path == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data()
            : try Data(contentsOf: URL(filePath: path))
    }

    /// One document, or a line each when the first line is a document of its own.
    private static func documents(in text: [UInt8]) -> [Document] {
        var reader = NDJSONReader()
        var documents: [Document] = []
        unsafe text.withUnsafeBytes { bytes in
            while let line = unsafe reader.next(in: bytes) {
                documents.append(Document(line: reader.lineNumber, bytes: Array(text[line])))
            }
        }
        guard documents.count > 1, let first = documents.first, isDocument(first.bytes) else {
            return [Document(line: nil, bytes: text)]
        }
        return documents
    }

    private static func isDocument(_ text: [UInt8]) -> Bool {
        let arena = EventArena()
        let event = unsafe text.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        return arena.parse(event, limits: .standard) == nil
    }
}
