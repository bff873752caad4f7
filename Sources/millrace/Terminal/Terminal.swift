internal import ArgumentParser
internal import Foundation
internal import Synchronization

/// Standard output and standard error.
enum Terminal {
    private static let hasLostOutput = Atomic(false)

    static func print(_ text: String) { write(Data((text + "\n").utf8)) }

    /// Writes to standard output. When that is full or closed, it is said once, and the command ends
    /// with 1 when it has done the rest of its work.
    static func write(_ data: Data) {
        guard !hasLostOutput.load(ordering: .relaxed) else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            hasLostOutput.store(true, ordering: .relaxed)
            printError("millrace: standard output can't be written: \(reason(of: error))")
        }
    }

    /// Where nobody can read it there is nobody to tell.
    static func printError(_ text: String) { draw(text + "\n") }

    /// Writes to standard error without a line break.
    static func draw(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Ends the command, which has ended well, with 1 when some of its output was lost.
    static func endIfOutputWasLost() {
        if hasLostOutput.load(ordering: .relaxed) { exit(Outcome.hadToStop.rawValue) }
    }

    private static func reason(of error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return (underlying ?? error as NSError).localizedDescription
    }

    static var hasScreen: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Numbers as people read them.
enum NumberText {
    /// `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var digits = String(abs(number))
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        groups.insert(digits[...], at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// `850 ms`, `12 s`, `3 min 20 s`.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds < 60 { return "\(seconds) s" }
        return "\(seconds / 60) min \(seconds % 60) s"
    }
}
