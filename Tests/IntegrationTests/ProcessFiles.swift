import Foundation

/// A process as the system shows it.
struct ProcessFiles {
    private let folder: String

    init(_ processID: pid_t) { folder = "/proc/\(processID)" }

    /// Whether it has not ended. What ended and nobody asked for is not there.
    var isThere: Bool { state(of: folder).map { $0 != "Z" && $0 != "X" } ?? false }

    /// Whether every thread stands still.
    var isStopped: Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/task")) ?? []
        return threads.allSatisfy { state(of: "\(folder)/task/\($0)").map { $0 == "T" } ?? true }
    }

    /// The files that it has open.
    var openFiles: Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")) ?? []
        return Set(
            names.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/fd/\($0)")
            })
    }

    /// What it has done so far: its processor time, in ticks of 10 ms, and what it gave the system to
    /// write, in bytes. `nil` when it is gone.
    var work: (ticks: Int, writtenBytes: Int)? {
        let fields = statistics(of: folder)
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]),
            let counters = try? String(contentsOfFile: "\(folder)/io", encoding: .utf8),
            let line = counters.split(separator: "\n").first(where: { $0.hasPrefix("wchar: ") }),
            let written = Int(line.dropFirst(7))
        else { return nil }
        return (user + system, written)
    }

    /// Whether a thread waits for the disk.
    var waitsForDisk: Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/task")) ?? []
        return threads.contains { state(of: "\(folder)/task/\($0)") == "D" }
    }

    private func state(of folder: String) -> Character? { statistics(of: folder).first?.first }

    /// The fields of `stat` behind the name in parentheses; the first is the state, one letter.
    private func statistics(of folder: String) -> [Substring] {
        guard let text = try? String(contentsOfFile: "\(folder)/stat", encoding: .utf8),
            let parenthesis = text.lastIndex(of: ")")
        else { return [] }
        return text[parenthesis...].dropFirst(2).split(separator: " ")
    }
}
