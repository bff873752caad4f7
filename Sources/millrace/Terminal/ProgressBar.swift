internal import StreamEngine

/// One line that says how far a bounded run is: records, rate, time left.
struct ProgressBar {
    private static let width = 30
    private let start = ContinuousClock.now
    private var nextDraw = ContinuousClock.now

    mutating func show(_ progress: FileRun.Progress) {
        let now = ContinuousClock.now
        let isDone = progress.bytesRead >= progress.bytesTotal
        guard Terminal.hasScreen, now >= nextDraw || isDone else { return }
        nextDraw = now + .milliseconds(100)
        Terminal.draw("\r\u{1B}[K" + line(progress, elapsed: now - start) + (isDone ? "\n" : ""))
    }

    func line(_ progress: FileRun.Progress, elapsed: Duration) -> String {
        let share =
            progress.bytesTotal > 0
            ? Double(progress.bytesRead) / Double(progress.bytesTotal) : 1
        let filled = Int(share * Double(Self.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: Self.width - filled)
        let rate = Double(progress.records) / max(0.001, elapsed / .seconds(1))
        let left = share > 0 ? elapsed * ((1 - share) / share) : .zero
        return "[\(bar)] \(Int(share * 100)) %  \(NumberText.grouped(progress.records)) records  "
            + "\(NumberText.grouped(Int(rate)))/s  \(NumberText.seconds(left)) left"
    }
}
