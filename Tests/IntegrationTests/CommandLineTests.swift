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
        #expect(process.lastError.contains("dead-letter.ndjson is a folder"), "\(process.errors)")
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == "kept")
    }
}
