import Foundation
import Testing

/// What the commands have in common, as their users run them. It needs no broker.
@Suite("millrace on the command line")
struct CommandLineTests {
    private static let demo = "Topologies/large-purchases.yaml"

    @Test(
        "a number out of its range is refused with the range",
        arguments: [
            (["run", demo, "--partitions=-1"], "--partitions is 1 to 100000, not -1"),
            (["plan", demo, "--partitions=0"], "--partitions is 1 to 100000, not 0"),
            (
                ["forget", demo, "--profile=p", "--wait=-1"], "--wait is 1 to 86400, not -1"
            ),
            (["demo", "--seconds=nan"], "--seconds is 0.1 to 31536000.0, not nan"),
            (["demo", "--rate=0.01"], "--rate is 1.0 to 1000000.0, not 0.01"),
        ])
    func range(arguments: [String], message: String) throws {
        let folder = try TestFolder()
        let process = try MillraceProcess(arguments, in: folder)
        #expect(process.waitForEnd() == 64)
        #expect(process.errors.contains("Error: \(message)\n"), "\(process.errors)")
    }

    @Test(
        "where standard output can't be written, it is said, and the command fails",
        arguments: ["schema", "check \(demo)", "graph \(demo)", "eval 1", "test \(demo)"])
    func fullOutput(command: String) throws {
        for redirection in [">/dev/full", ">&-"] {
            let outcome = try shell("\(command) \(redirection)")
            #expect(outcome.status == 1, "\(command) \(redirection)")
            #expect(outcome.errors.contains("millrace: standard output can't be written: "))
            #expect(!outcome.errors.contains("Fatal error"))
        }
        // Nobody is there to be told, and that is no crash either.
        #expect(try shell("check nowhere.yaml 2>&-").status == 2)
    }

    private func shell(_ command: String) throws -> (status: Int32, errors: String) {
        let folder = try TestFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "\(MillraceProcess.binary) \(command)"]
        process.currentDirectoryURL = MillraceProcess.root
        let path = try folder.write("", to: "errors.txt")
        process.standardError = FileHandle(forWritingAtPath: path)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOfFile: path, encoding: .utf8))
    }

    private static let csv = """
        application: csv
        sources: { raw: { topics: [orders], key: user } }
        operators: { parsed: { parse: { format: csv, types: { total: number } }, from: raw } }
        sinks: { out: { from: parsed }, dead-letter: { from: parsed.failed } }
        """

    @Test("the first line of a CSV file is the header of all others, and the key is of its column")
    func csvFile() throws {
        let folder = try TestFolder()
        // As some programs begin it, with a byte order mark.
        let orders = try folder.write(
            "\u{FEFF}user,total\r\n\r\nann,3.5\r\n\"bob\",2", to: "orders.csv")
        let process = try runOverFile(orders, Self.csv, in: folder)
        #expect(process.waitForEnd() == 0, "\(process.errors)")
        let out = try String(
            contentsOf: folder.url.appending(path: "out/out.ndjson"), encoding: .utf8)
        #expect(
            out == """
                {"user":"ann","total":3.5}
                {"user":"bob","total":2}

                """)
        // A file of one line has no row: the line may be meant as one.
        let line = try folder.write("ann,3.5\n", to: "line.csv")
        #expect(try runOverFile(line, Self.csv, in: folder).waitForEnd() == 0)
        let dead = try String(
            contentsOf: folder.url.appending(path: "out/dead-letter.ndjson"), encoding: .utf8)
        #expect(dead.contains(#""value":"ann,3.5""#) && dead.contains("no_rows"), "\(dead)")
    }

    @Test("a byte order mark at the beginning of a file is no part of its first line")
    func byteOrderMark() throws {
        let folder = try TestFolder()
        let events = try folder.write(
            "\u{FEFF}{\"user\":\"ann\"}\n{\"user\":\"bob\"}\n", to: "events.ndjson")
        let topology = Self.csv.replacing(
            "{ format: csv, types: { total: number } }", with: "{ format: json }")
        let process = try runOverFile(events, topology, in: folder)
        #expect(process.waitForEnd() == 0, "\(process.errors)")
        let out = try String(
            contentsOf: folder.url.appending(path: "out/out.ndjson"), encoding: .utf8)
        #expect(out == "{\"user\":\"ann\"}\n{\"user\":\"bob\"}\n")
    }

    private func runOverFile(
        _ input: String, _ topology: String, in folder: TestFolder, _ more: [String] = []
    ) throws -> MillraceProcess {
        let file = try folder.write(topology, to: "topology.yaml")
        return try MillraceProcess(
            [
                "run", file, "--input", "orders=\(input)", "--output-directory",
                folder.url.appending(path: "out").path,
            ] + more, in: folder)
    }

    @Test(
        "an input that can't be read twice is refused with its name",
        arguments: [
            ("/dev/zero", "it is a pipe or a device"), ("/tmp", "it is a folder"),
            ("nowhere.csv", "No such file or directory"),
        ])
    func unusableInput(path: String, reason: String) throws {
        let folder = try TestFolder()
        let process = try runOverFile(path, Self.csv, in: folder)
        #expect(process.waitForEnd() == 1)
        #expect(process.lastError.contains("\(path): \(reason)"), "\(process.errors)")
    }

    @Test("an input that a sink's file would replace is left alone, whatever it is called")
    func inputIsOutput() throws {
        let folder = try TestFolder()
        let inside = folder.url.appending(path: "out")
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        let kept = try folder.write("user,total\nann,1\n", to: "out/out.ndjson")
        let link = folder.url.appending(path: "orders.csv").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kept)
        let process = try runOverFile(link, Self.csv, in: folder)
        #expect(process.waitForEnd() == 1)
        #expect(process.lastError.contains("out.ndjson: it is an input"), "\(process.errors)")
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == "user,total\nann,1\n")
    }

    @Test("what a run over files has done is printed as JSON when that is wanted")
    func jsonReport() throws {
        struct Report: Decodable {
            struct Step: Decodable {
                let name: String
                let received: Int
                let emitted: [String: Int]
            }
            let records: Int
            let operators: [Step]
        }
        let folder = try TestFolder()
        let orders = try folder.write("user,total\nann,1\nbob,x\n", to: "orders.csv")
        let process = try runOverFile(orders, Self.csv, in: folder, ["--report", "json"])
        #expect(process.waitForEnd() == 0, "\(process.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(process.output.utf8))
        #expect(report.records == 2)
        #expect(report.operators.map(\.name) == ["parsed"])
        #expect(report.operators.map(\.received) == [2])
        #expect(report.operators.map(\.emitted) == [["out": 1, "failed": 1]])
        let refused = try runOverFile(orders, Self.csv, in: folder, ["--until-caught-up"])
        #expect(refused.waitForEnd() == 64)
        #expect(refused.errors.contains("--until-caught-up does not go with --input"))
    }

    @Test("a number with a unit, which librdkafka would cut, is refused at its place")
    func numberWithUnit() throws {
        let folder = try TestFolder()
        let file = try folder.write(
            "kafka: { bootstrap.servers: localhost, session.timeout.ms: 30s }\n" + Self.csv,
            to: "topology.yaml")
        let process = try MillraceProcess(["check", file], in: folder)
        #expect(process.waitForEnd() == 2)
        #expect(
            process.errors.contains("topology.yaml:1:60: error: ")
                && process.errors.contains(
                    "\"session.timeout.ms\" takes a whole number without a unit"),
            "\(process.errors)")
    }

    @Test("link train leaves the column of clusters out, and does not make a model of nothing")
    func trainedModel() throws {
        let folder = try TestFolder()
        let rows = (0..<40).map { "n\($0 / 2),\($0 % 5),c\($0 / 2)\n" }.joined()
        let file = try folder.write("name,town,cluster\n" + rows, to: "people.csv")
        let model = folder.url.appending(path: "model.json").path
        let train = try MillraceProcess(["link", "train", file, "--output", model], in: folder)
        #expect(train.waitForEnd() == 0, "\(train.errors)")
        let text = try String(contentsOfFile: model, encoding: .utf8)
        #expect(text.contains("\"town\"") && !text.contains("\"cluster\""))
        let both = try MillraceProcess(
            ["link", "evaluate", file, "--model", model, "--field", "name:name"], in: folder)
        #expect(both.waitForEnd() == 64)
        #expect(both.errors.contains("--field goes without --model"))
        let nothing = try folder.write("a,cluster\nx,1\ny,2\n", to: "nothing.csv")
        let empty = try MillraceProcess(["link", "train", nothing], in: folder)
        #expect(empty.waitForEnd() == 64)
        #expect(empty.errors.contains("has no column to compare by"), "\(empty.errors)")
        let damaged = try folder.write(#"{"fields":[{"name":3}]}"#, to: "damaged.json")
        let read = try MillraceProcess(
            ["link", "evaluate", file, "--model", damaged], in: folder)
        #expect(read.waitForEnd() == 64)
        #expect(read.errors.contains("no model of 'millrace link train': "), "\(read.errors)")
        #expect(!read.errors.contains("DecodingError"), "\(read.errors)")
    }

    @Test("a folder where a sink's file should go is left alone")
    func folderInTheWay() throws {
        let folder = try TestFolder()
        let inside = folder.url.appending(path: "dead-letter.ndjson")
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        let kept = try folder.write("kept", to: "dead-letter.ndjson/file")
        let events = try folder.write("{}\n", to: "events.ndjson")
        let process = try MillraceProcess(
            [
                "run", Self.demo, "--input", "events.web=\(events)", "--output-directory",
                folder.url.path,
            ], in: folder)
        #expect(process.waitForEnd() == 1)
        #expect(
            process.lastError.contains("dead-letter.ndjson: it is a folder"), "\(process.errors)")
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == "kept")
    }
}
