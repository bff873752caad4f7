internal import Foundation
internal import StreamEngine
internal import Synchronization

/// Runs feed, engine and reader beside each other, and shows one screen of what they do.
final class DemoRun: Sendable {
    private let engine: Engine
    private let feed: DemoFeed
    private let reader: DemoReader
    private let stopping = Atomic(false)
    private let failure = Mutex<(any Error)?>(nil)

    init(engine: Engine, feed: DemoFeed, reader: DemoReader) {
        self.engine = engine
        self.feed = feed
        self.reader = reader
    }

    func stop() { stopping.store(true, ordering: .relaxed) }

    func run(seconds: Double) throws {
        let screen = DemoScreen()
        let engineEnd = start("engine") { try self.engine.run() }
        let readerEnd = start("reader") { try self.reader.run() }
        let feedEnd = start("feed") { try self.feed.run() }
        let begin = ContinuousClock.now
        while !stopping.load(ordering: .relaxed), begin.duration(to: .now) < .seconds(seconds) {
            Thread.sleep(forTimeInterval: 0.5)
            if let error = failure.withLock({ $0 }) { throw error }
            screen.show(snapshot(elapsed: begin.duration(to: .now)))
        }
        feed.stop()
        feedEnd.wait()
        drain(screen, begin: begin)
        engine.stop()
        engineEnd.wait()
        reader.stop()
        readerEnd.wait()
        if let error = failure.withLock({ $0 }) { throw error }
        screen.finish(snapshot(elapsed: begin.duration(to: .now)), reader.seen)
    }

    /// Lets the engine and the reader catch up with what was written, for a bounded time.
    private func drain(_ screen: DemoScreen, begin: ContinuousClock.Instant) {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline, failure.withLock({ $0 == nil }) {
            let snapshot = snapshot(elapsed: begin.duration(to: .now))
            if snapshot.lag == 0, snapshot.sent <= reader.seen.counts.values.reduce(0, +) { return }
            screen.show(snapshot)
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private func snapshot(elapsed: Duration) -> DemoScreen.Snapshot {
        let metrics = engine.metrics
        let seen = reader.seen
        return DemoScreen.Snapshot(
            elapsed: elapsed, written: feed.writtenCount, read: metrics.records,
            sent: metrics.sent, commits: metrics.commits,
            commitMilliseconds: Double(metrics.commitMicrosecondsMedian) / 1000,
            openSessions: seen.openSessions.count, closedSessions: seen.closedCount,
            reasons: seen.reasons)
    }

    private func start(
        _ name: String, _ body: @escaping @Sendable () throws -> Void
    ) -> DispatchSemaphore {
        let end = DispatchSemaphore(value: 0)
        let thread = Thread {
            do {
                try body()
            } catch {
                self.failure.withLock { $0 = $0 ?? error }
            }
            end.signal()
        }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
        return end
    }
}
