internal import StreamCore

/// Tells the group the offsets of a commit, for as long as brokers may be away.
struct GroupCommit {
    let consumer: any Consumer
    let patience: Duration
    let clock: EngineClock

    /// Commits `offsets`, again and again while nobody answers: a commit that arrives twice says
    /// the same. Returns why a broker refused, if one did.
    ///
    /// - Throws: `EngineError.brokersAway` when none answered in time.
    func run(_ offsets: [TopicPartition: CommittedOffset]) throws(EngineError) -> ClusterError? {
        let deadline = clock.now() + patience
        while true {
            do {
                try consumer.commit(offsets)
                return nil
            } catch {
                guard error.isForWantOfAnswer else { return error }
                guard clock.now() < deadline else {
                    throw .brokersAway(limit: patience, last: error)
                }
                clock.pause(.milliseconds(20))
            }
        }
    }
}
