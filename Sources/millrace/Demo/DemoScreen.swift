internal import Foundation

/// The demo's one screen. On a terminal it is drawn anew; elsewhere it is a line now and then.
final class DemoScreen {
    struct Snapshot {
        var elapsed: Duration
        var written: Int
        var read: Int
        var sent: Int
        var commits: Int
        var commitMilliseconds: Double
        var openSessions: Int
        var closedSessions: Int
        var reasons: [String: Int]

        var lag: Int { max(0, written - read) }
    }

    private var last: (elapsed: Duration, read: Int) = (.zero, 0)
    private var rate = 0
    private var drawnLines = 0
    private var nextLine = Duration.zero

    func show(_ snapshot: Snapshot) {
        let seconds = (snapshot.elapsed - last.elapsed) / .seconds(1)
        if seconds > 0.4 {
            rate = Int(Double(snapshot.read - last.read) / seconds)
            last = (snapshot.elapsed, snapshot.read)
        }
        if Terminal.hasScreen {
            draw(snapshot)
        } else if snapshot.elapsed >= nextLine {
            nextLine = snapshot.elapsed + .seconds(2)
            Terminal.print(line(snapshot))
        }
    }

    private func line(_ snapshot: Snapshot) -> String {
        "\(Int(snapshot.elapsed / .seconds(1))) s: \(NumberText.grouped(snapshot.read)) events, "
            + "\(NumberText.grouped(rate))/s, lag \(NumberText.grouped(snapshot.lag)), "
            + "sessions \(NumberText.grouped(snapshot.openSessions)) open "
            + "\(NumberText.grouped(snapshot.closedSessions)) closed, "
            + "rejected \(NumberText.grouped(snapshot.reasons.values.reduce(0, +)))"
    }

    private func draw(_ snapshot: Snapshot) {
        let lines = table(snapshot)
        if drawnLines > 0 { Terminal.draw("\u{1B}[\(drawnLines)A") }
        Terminal.draw(lines.map { "\u{1B}[K\($0)\n" }.joined())
        // A screen that shrinks leaves no old lines behind.
        Terminal.draw("\u{1B}[J")
        drawnLines = lines.count
    }

    private func table(_ snapshot: Snapshot) -> [String] {
        var lines = [
            "Millrace demo  \(NumberText.seconds(snapshot.elapsed))",
            "  events    read \(NumberText.grouped(snapshot.read))   \(NumberText.grouped(rate))/s"
                + "   lag \(NumberText.grouped(snapshot.lag))",
            "  records   written \(NumberText.grouped(snapshot.sent))"
                + "   commits \(NumberText.grouped(snapshot.commits))"
                + " (median \(snapshot.commitMilliseconds) ms)",
            "  sessions  open \(NumberText.grouped(snapshot.openSessions))"
                + "   closed \(NumberText.grouped(snapshot.closedSessions))",
            "  rejected  \(NumberText.grouped(snapshot.reasons.values.reduce(0, +)))",
        ]
        for (reason, count) in snapshot.reasons.sorted(by: {
            ($1.value, $0.key) < ($0.value, $1.key)
        }) {
            lines.append("    \(NumberText.grouped(count))  \(reason)")
        }
        return lines
    }

    /// What is left on the screen at the end: the last state, and samples of what came out.
    func finish(_ snapshot: Snapshot, _ seen: DemoReader.Seen) {
        if Terminal.hasScreen, drawnLines > 0 { Terminal.draw("\u{1B}[\(drawnLines)A\u{1B}[J") }
        for line in table(snapshot) { Terminal.print(line) }
        for topic in seen.latest.keys.sorted() {
            Terminal.print("")
            Terminal.print(
                "\(topic)  (\(NumberText.grouped(seen.counts[topic] ?? 0)) records), the latest:")
            Terminal.print("  " + Self.shortened(seen.latest[topic] ?? ""))
        }
        guard let example = seen.profiles.example else { return }
        Terminal.print("")
        Terminal.print("two profiles that turned out to be one, before:")
        for profile in example.before { Terminal.print("  " + Self.shortened(profile)) }
        Terminal.print("and after:")
        Terminal.print("  " + Self.shortened(example.after))
    }

    private static func shortened(_ text: String) -> String {
        text.count <= 600 ? text : text.prefix(600) + " ..."
    }
}
