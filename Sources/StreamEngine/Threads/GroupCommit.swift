internal import StreamCore

/// Tells the group the offsets of a commit, for as long as brokers may be away.
struct GroupCommit {
    let consumer: any Consumer
    let patience: Duration
    let clock: EngineClock

    /// For how long a commit is made again while the group makes up its mind: a member that has
    /// answered a rebalance is let in within milliseconds.
    private static let rebalancePatience = Duration.seconds(2)

    /// Commits `offsets`, again and again while nobody answers, and for a while when a broker says
    /// that it can't be now: a commit that arrives twice says the same. Returns why a broker
    /// refused, if one did.
    ///
    /// - Throws: `EngineError.brokersAway` when none answered in time.
    func run(_ offsets: [TopicPartition: CommittedOffset]) throws(EngineError) -> ClusterError? {
        let start = clock.now()
        let deadline = start + patience
        let rebalanceDeadline = start + min(patience, Self.rebalancePatience)
        while true {
            do {
                try consumer.commit(offsets)
                return nil
            } catch {
                if error.isForWantOfAnswer {
                    guard clock.now() < deadline else {
                        throw .brokersAway(limit: patience, last: error)
                    }
                } else {
                    guard error.kind == .retriable, clock.now() < rebalanceDeadline else {
                        return error
                    }
                }
                clock.pause(.milliseconds(20))
            }
        }
    }
}
