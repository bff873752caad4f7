internal import StreamCore

extension Restorer {
    /// Records taken so far.
    var recordCount: Int {
        restores.values.reduce(pastRecordCount) { $0 + ($1.restore?.recordCount ?? 0) }
    }

    /// How long something was being restored.
    var time: Duration {
        pastTime + (busySince.map { application.clock.now() - $0 } ?? .zero)
    }

    var metrics: [RestoreMetrics] {
        let now = application.clock.now()
        return tasks.map { metrics(of: restores[$0]!, now: now) }
    }

    func metrics(of entry: Restore, now: ContinuousClock.Instant) -> RestoreMetrics {
        let counts = entry.restore?.offsetCounts ?? (read: 0, all: 0)
        return RestoreMetrics(
            task: entry.request.task, records: entry.restore?.recordCount ?? 0,
            offsetsRead: counts.read, offsetsInAll: counts.all, elapsed: now - entry.since)
    }
}
