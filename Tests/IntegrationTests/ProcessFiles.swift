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

    /// One letter, behind the name in parentheses.
    private func state(of folder: String) -> Character? {
        guard let text = try? String(contentsOfFile: "\(folder)/stat", encoding: .utf8),
            let parenthesis = text.lastIndex(of: ")")
        else { return nil }
        return text[parenthesis...].dropFirst(2).first
    }
}
