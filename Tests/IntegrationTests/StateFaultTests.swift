import Foundation
import Testing

/// State files that can't be written or read, as the process tells it.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct StateFaultTests {
    @Test("a full disk ends it with the file's name and what to do; with room it goes on")
    func fullDisk() throws {
        let rig = try Rig("full")
        // Many sessions open at once: every task keeps three times the limit of them, however few its
        // commits are.
        let workload = SessionWorkload(eventCount: 40_000, users: 10_000)
        try rig.broker.write(workload.records, to: rig.source)
        let process = try MillraceProcess(
            ["run", rig.topology, "--until-caught-up"], fileSizeLimit: 128, in: rig.folder)
        #expect(process.waitForEnd() == 1, "\(process.errors.suffix(2000))")
        let message = process.lastError
        #expect(message.hasPrefix("millrace: "), "\(process.errors.suffix(2000))")
        #expect(message.contains(rig.folder.path("state/\(rig.broker.name)/0_")), "\(message)")
        #expect(message.contains(".sqlite"), "\(message)")
        #expect(message.contains("free space on that disk"), "\(message)")

        try rig.broker.write(workload.closingRecords, to: rig.source)
        let next = try MillraceProcess(["run", rig.topology, "--until-caught-up"], in: rig.folder)
        #expect(next.waitForEnd() == 0, "\(next.errors.suffix(2000))")
        try SessionOutcome(of: workload, on: rig.broker, sink: rig.sink).check(against: workload)
    }

    @Test("a corrupt state file ends it with the file's name and what to do, and stays as it is")
    func corruptFile() throws {
        let rig = try Rig("corrupt")
        let workload = SessionWorkload(eventCount: 5000)
        try rig.broker.write(workload.records, to: rig.source)
        let first = try MillraceProcess(["run", rig.topology, "--until-caught-up"], in: rig.folder)
        #expect(first.waitForEnd() == 0, "\(first.errors.suffix(2000))")

        // Bits all over the pages behind the first, as a bad disk turns them.
        let paths = try rig.stateFiles().keys.filter { $0.hasSuffix(".sqlite") }.sorted()
        #expect(paths.count == 4)
        for path in paths {
            var content = try Data(contentsOf: URL(filePath: path))
            for position in stride(from: 8192, to: content.count, by: 64) {
                content[position] ^= 0x10
            }
            try content.write(to: URL(filePath: path))
        }
        let before = try rig.stateFiles()
        let process = try MillraceProcess(
            ["run", rig.topology, "--until-caught-up"], in: rig.folder)
        #expect(process.waitForEnd() == 1, "\(process.errors.suffix(2000))")
        let message = process.lastError
        let path = try #require(paths.first(where: message.contains), "\(message)")
        #expect(message.hasPrefix("millrace: the state file \(path) is damaged: "), "\(message)")
        #expect(message.contains("restore it from a backup, or start from nothing"), "\(message)")
        #expect(message.contains("mv \(path) \(path)-wal"), "\(message)")
        // Beside the files SQLite may leave an empty log.
        let after = try rig.stateFiles()
        for (path, content) in before { #expect(after[path] == content, "\(path)") }
    }

    @Test("a state file that is something else ends it with its name, and stays as it is")
    func foreignFile() throws {
        let rig = try Rig("foreign")
        try rig.broker.write(SessionWorkload(eventCount: 1000).records, to: rig.source)
        let path = rig.folder.path("state/\(rig.broker.name)/0_0.sqlite")
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        let letter = Data("Dear operator, this is not a database.\n".utf8)
        try letter.write(to: URL(filePath: path))
        let process = try MillraceProcess(
            ["run", rig.topology, "--until-caught-up"], in: rig.folder)
        #expect(process.waitForEnd() == 1, "\(process.errors.suffix(2000))")
        #expect(process.lastError.contains(path), "\(process.lastError)")
        #expect(process.lastError.contains("mv \(path)"), "\(process.lastError)")
        #expect(try Data(contentsOf: URL(filePath: path)) == letter)
    }

    /// Topics, a topology and a state folder of one test.
    private struct Rig {
        let broker: TestBroker
        let folder: TestFolder
        let topology: String

        var source: String { broker.topic("in") }
        var sink: String { broker.topic("sessions") }

        init(_ test: String) throws {
            broker = TestBroker(test)
            folder = try TestFolder()
            try broker.create(["in", "sessions", "dead"].map(broker.topic))
            topology = try folder.write(
                SessionWorkload.topology(
                    on: broker, source: broker.topic("in"), sink: broker.topic("sessions"),
                    deadLetter: broker.topic("dead"), state: folder.path("state"), threads: 1),
                to: "topology.yaml")
        }

        /// What lies in the state folder, but for the owners' locks.
        func stateFiles() throws -> [String: Data] {
            let folder = folder.path("state/\(broker.name)")
            var files: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: folder)
            where !name.hasSuffix(".lock") {
                files["\(folder)/\(name)"] = try Data(
                    contentsOf: URL(filePath: "\(folder)/\(name)"))
            }
            return files
        }
    }
}
