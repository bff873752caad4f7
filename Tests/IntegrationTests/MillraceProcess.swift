import Foundation

/// The `millrace` command, run as its users run it.
final class MillraceProcess {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL
    static let binary =
        ProcessInfo.processInfo.environment["MILLRACE_BINARY"]
        ?? root.appending(path: ".build/release/millrace").path

    private let process = Process()
    private let outputPath: URL
    private let errorPath: URL

    /// Starts it. A file that grows beyond `fileSizeLimit`, in KiB, is refused as on a full disk.
    init(
        _ arguments: [String], environment: [String: String] = [:], fileSizeLimit: Int? = nil,
        in folder: TestFolder
    ) throws {
        let number = UInt32.random(in: 0...UInt32.max)
        outputPath = folder.url.appending(path: "out-\(number).txt")
        errorPath = folder.url.appending(path: "err-\(number).txt")
        for path in [outputPath, errorPath] {
            try Data().write(to: path)
        }
        if let fileSizeLimit {
            // Bash counts in KiB. The signal would end the process where a full disk doesn't.
            process.executableURL = URL(filePath: "/bin/bash")
            let script = #"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#
            process.arguments = ["-c", script, "bash", "\(fileSizeLimit)", Self.binary] + arguments
        } else {
            process.executableURL = URL(filePath: Self.binary)
            process.arguments = arguments
        }
        process.currentDirectoryURL = Self.root
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: outputPath)
        process.standardError = try FileHandle(forWritingTo: errorPath)
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var processID: pid_t { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    /// Whether a signal ended it that nobody can catch.
    var wasKilled: Bool {
        !process.isRunning && process.terminationReason == .uncaughtSignal
            && process.terminationStatus == SIGKILL
    }
    var output: String { text(of: outputPath) }
    var errors: String { text(of: errorPath) }

    private func text(of path: URL) -> String {
        (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    }

    /// The last line that the process wrote to standard error.
    var lastError: String { errors.split(separator: "\n").last.map(String.init) ?? "" }

    /// What the process wrote last to standard error.
    func logTail(_ lineCount: Int = 40) -> String {
        errors.split(separator: "\n").suffix(lineCount).joined(separator: "\n")
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Stops all its threads where they are, and returns when they stand still.
    func freeze() {
        send(SIGSTOP)
        while isRunning, !ProcessFiles(processID).isStopped { Self.waitBriefly() }
    }

    func thaw() { send(SIGCONT) }

    /// Ends the process as a crash would.
    func crash() {
        send(SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for the end, for a bounded time; returns the exit status, or `nil` if it still runs.
    func waitForEnd(atMost limit: Duration = .seconds(60)) -> Int32? {
        let deadline = ContinuousClock.now + limit
        while process.isRunning, ContinuousClock.now < deadline { Self.waitBriefly() }
        return process.isRunning ? nil : process.terminationStatus
    }

    /// Waits until what the process logs contains `text`.
    func waitForLog(_ text: String, atMost limit: Duration = .seconds(60)) -> Bool {
        waitForLog(atMost: limit) { $0.contains(text) }
    }

    /// Waits until `isThere` holds of what the process logs.
    func waitForLog(atMost limit: Duration, until isThere: (String) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + limit
        while !isThere(errors) {
            guard process.isRunning, ContinuousClock.now < deadline else { return false }
            Self.waitBriefly()
        }
        return true
    }

    /// Between two looks at another process there is nothing to wait for but time. The timer is for
    /// the run loop, which comes back at once when it has nothing to wait for.
    static func waitBriefly() {
        let end = Date(timeIntervalSinceNow: 0.01)
        RunLoop.current.add(
            Timer(fire: end, interval: 0, repeats: false) { _ in }, forMode: .default)
        RunLoop.current.run(until: end)
    }
}

/// A folder of one test, removed at its end.
final class TestFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "millrace-it-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }
}
