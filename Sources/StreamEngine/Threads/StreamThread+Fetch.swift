internal import Events
internal import StreamCore

extension StreamThread {
    /// Fetches for the inputs of a task that have nothing left.
    ///
    /// One that was at its end before another got records may have got earlier ones since, and is
    /// looked at again, so that records are taken in the order of their time.
    func fill(_ task: StreamTask, now: Timestamp) throws(EngineError) {
        let last = try fill(task, upTo: task.inputCount, now: now)
        if last > 0 { _ = try fill(task, upTo: last, now: now) }
    }

    /// Returns the last input that got records; 0 also when none did.
    private func fill(
        _ task: StreamTask, upTo end: Int, now: Timestamp
    ) throws(EngineError) -> Int {
        var last = 0
        for input in 0..<end where task.needsRecords(input: input) {
            let count =
                input < task.sources.count
                ? try fetch(input, of: task, now: now)
                : try fetchBroadcast(input, of: task, now: now)
            guard count > 0 else { continue }
            if task.inputCount > 1 { task.distrustEnds(except: input) }
            last = input
        }
        return last
    }

    func pollBroadcasts() throws(EngineError) {
        do {
            try broadcasts?.poll()
        } catch  where error.mayPass {
            // It is tried again in the next round.
        } catch {
            throw .cluster(error, doing: "reading broadcast topics")
        }
    }

    private func fetch(
        _ input: Int, of task: StreamTask, now: Timestamp
    ) throws(EngineError) -> Int {
        let source = task.sources[input]
        let batch = task.batch(input: input)
        let status: FetchStatus
        do {
            status = try consumer.fetch(
                source, into: batch, recordLimit: application.settings.runLimit,
                byteLimit: 4 << 20)
        } catch {
            throw .cluster(error, doing: "reading \(source)")
        }
        guard status.recordCount > 0 || status.isAtEnd != task.isAtEnd(input: input) else {
            return 0
        }
        tasks.noteFetched(source, first: batch.slots.first?.offset)
        task.accept(input: input, position: status.position, isAtEnd: status.isAtEnd, now: now)
        tasks.noteProgress(of: task.identifier, records: status.recordCount)
        if status.recordCount > 0 { control.noteBrokerAlive(at: clock.now()) }
        return status.recordCount
    }

    /// The same for what every task reads.
    private func fetchBroadcast(
        _ input: Int, of task: StreamTask, now: Timestamp
    ) throws(EngineError) -> Int {
        guard let broadcasts else { return 0 }
        let source = task.broadcastSources[input - task.sources.count]
        let position = task.position(input: input) ?? 0
        let status: FetchStatus
        do {
            status = try broadcasts.fetch(source, from: position, into: task.batch(input: input))
        } catch  where error.mayPass {
            // It is tried again in the next round; the consumer notices brokers that stay away.
            return 0
        } catch {
            throw .cluster(error, doing: "reading \(source)")
        }
        guard status.position > position || status.isAtEnd != task.isAtEnd(input: input) else {
            return 0
        }
        task.accept(input: input, position: status.position, isAtEnd: status.isAtEnd, now: now)
        tasks.noteProgress(of: task.identifier, records: status.recordCount)
        return status.recordCount
    }
}
