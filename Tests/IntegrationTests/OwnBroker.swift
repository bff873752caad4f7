import Foundation
import Glibc

/// A small broker of one test, which may freeze it, thaw it and kill it.
final class OwnBroker {
    private static let script = MillraceProcess.root
        .appending(path: "Tests/IntegrationTests/broker/start-broker.sh").path

    /// How long it does nothing before it is taken to have saved what it holds, and how long all of
    /// it may take.
    private static let restPeriod = Duration.seconds(5)
    private static let savingLimit = Duration.seconds(300)

    private(set) var bootstrapServers = ""
    private var processID: pid_t = 0
    private var data = ""

    /// Makes one on a port and in a folder of its own.
    init() throws { try start([]) }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: data)
    }

    private func start(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [Self.script] + arguments
        // The broker inherits what Foundation knows the script's end by, so that is not waited for.
        let folder = try TestFolder()
        let path = try folder.write("", to: "answer.txt")
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var answer = ""
        let deadline = ContinuousClock.now + .seconds(60)
        while !(answer.contains("data=") && answer.hasSuffix("\n")) {
            guard ContinuousClock.now < deadline else { throw NoBroker(answer: answer) }
            MillraceProcess.waitBriefly()
            answer = try String(contentsOfFile: path, encoding: .utf8)
        }
        for line in answer.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts.first {
            case "bootstrap": bootstrapServers = parts[1]
            case "pid": processID = pid_t(parts[1]) ?? 0
            case "data": data = parts[1]
            default: break
            }
        }
        guard processID > 0, !data.isEmpty else { throw NoBroker(answer: answer) }
    }

    /// Ends it as a crash would; nobody listens on its port any more.
    func kill() {
        guard processID > 0 else { return }
        Glibc.kill(processID, SIGKILL)
        processID = 0
    }

    /// Ends it in order and starts it again on the same port, with what it held.
    ///
    /// It saves once when it is asked to end, and goes on answering meanwhile: what it acknowledges
    /// then is lost. So nobody may write to it now. When members of a group wait for one another, it
    /// waits too, and has to be killed when it has saved.
    func restart() throws {
        Glibc.kill(processID, SIGTERM)
        let files = ProcessFiles(processID)
        let deadline = ContinuousClock.now + Self.savingLimit
        var restsSince = ContinuousClock.now
        var last = files.work
        while files.isThere {
            let now = ContinuousClock.now
            if now - restsSince > Self.restPeriod || now > deadline {
                Glibc.kill(processID, SIGKILL)
            }
            MillraceProcess.waitBriefly()
            // Its timers take a tick now and then, when nothing else goes on.
            guard let work = files.work, let before = last else { continue }
            let isBusy =
                work.writtenBytes != before.writtenBytes || work.ticks > before.ticks + 10
                || files.waitsForDisk
            if isBusy { (restsSince, last) = (ContinuousClock.now, work) }
        }
        let port = bootstrapServers.split(separator: ":").last ?? ""
        processID = 0
        try start(["--again", "\(port)", data])
    }

    /// Connections stay, and nothing is answered any more: a broker behind a cut cable.
    func freeze() { Glibc.kill(processID, SIGSTOP) }

    func thaw() { Glibc.kill(processID, SIGCONT) }

    struct NoBroker: Error {
        let answer: String
    }
}
