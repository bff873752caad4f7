internal import StreamCore

/// Asks the brokers for a sign of life when the threads have had none for a while.
///
/// A broker that keeps its connections and answers nothing, behind a cut cable for instance, is
/// away as well, but a client with nothing to send learns of it very late.
struct BrokerProbe {
    private let application: Application
    private let limit: Duration
    private var lastAnswer: ContinuousClock.Instant

    init(application: Application, at now: ContinuousClock.Instant) {
        self.application = application
        limit = application.settings.brokerTimeout
        lastAnswer = now
    }

    /// Why the engine has to give up; `nil` while it may go on.
    ///
    /// Half of the limit passes before a question is asked; waiting for its answer is most of the
    /// rest.
    mutating func failure(
        among controls: [ThreadControl], clock: ContinuousClock
    ) -> EngineError? {
        let latest = controls.compactMap(\.current.brokers.lastSign).max()
        let lastSign = max(lastAnswer, latest ?? lastAnswer)
        guard clock.now - lastSign >= limit / 2 else { return nil }
        do {
            _ = try application.cluster.describeTopics(application.plan.externalSourceTopics)
        } catch  where error.isForWantOfAnswer {
            let isOver = clock.now - lastSign >= limit
            return isOver ? .brokersAway(limit: limit, last: error) : nil
        } catch {
            // Whatever it was, somebody answered.
        }
        lastAnswer = clock.now
        return nil
    }
}
