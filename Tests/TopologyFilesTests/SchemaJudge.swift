import Foundation
import Operators
import Testing
import TopologyFiles

/// Python's jsonschema, which judges the JSON Schema of topology files from outside.
enum SchemaJudge {
    static let isThere = (try? run("import jsonschema", [])) == ""
    static let need: Comment = "needs Python's jsonschema: pip install jsonschema"

    /// Reads lines of a name and a JSON document, and prints the names of those that are invalid.
    private static let program = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for line in open(sys.argv[2], encoding="utf-8"):
            name, document = line.rstrip("\\n").split("\\t")
            if not validator.is_valid(json.loads(document)):
                print(name)
        """

    /// The names of the documents that the schema for these operators refuses.
    static func refused(
        _ documents: [(name: String, json: String)], by operators: OperatorRegistry
    ) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("schema-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = folder.appendingPathComponent("schema.json")
        let lines = folder.appendingPathComponent("documents.tsv")
        try Data(TopologyFileSchema(operators: operators).text.utf8).write(to: schema)
        try Data(documents.map { "\($0.name)\t\($0.json)\n" }.joined().utf8).write(to: lines)
        let printed = try run(program, [schema.path, lines.path])
        return printed.split(separator: "\n").map(String.init)
    }

    private struct Failure: Error { let output: String }

    /// What a Python program prints.
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let printed = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: printed) }
        return printed
    }
}
