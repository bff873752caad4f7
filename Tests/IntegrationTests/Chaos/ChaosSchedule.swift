import SampleEvents

/// The faults of a run and the pauses between them: a seed decides them, and replays them.
///
/// What a cluster cannot bear is left out; so the same seed gives another schedule on another one.
struct ChaosSchedule {
    /// A step of a commit at which a process can be told to die.
    enum CommitStep: String, CaseIterable {
        case begun, flushed, prepared
        case offsetsSent = "offsets_sent"
        case transactionCommitted = "transaction_committed"
        case applied
    }

    enum Fault: Equatable {
        /// kill -9 wherever they are, all at once; they come back after a while.
        case kill([Int], away: Duration, losesState: Bool)
        /// The member's next process dies when it comes to a step of a commit for the `count`th
        /// time.
        case killInCommit(Int, CommitStep, count: Int)
        /// SIGTERM: the member goes in order, and comes back.
        case stop(Int, away: Duration)
        /// The member stands still, shorter than its session.
        case freeze(Int, lasting: Duration)
        /// One more member, without a name that it would keep.
        case join
        /// That member goes, in order.
        case leave
        /// The broker is connected and answers nothing.
        case freezeBroker(lasting: Duration)
        case restartBroker
    }

    struct Step: Equatable {
        let pause: Duration
        let fault: Fault
    }

    /// What a run can bear.
    struct Limits {
        var members = 3
        /// Whether the broker is the run's own.
        var ownsBroker = false
        /// Whether a member gets its state again from the cluster.
        var hasChangelog = false
    }

    let seed: UInt64
    let steps: [Step]

    /// Steps for as long as `duration`.
    init(seed: UInt64, duration: Duration, limits: Limits) {
        var draw = Draw(random: RandomSequence(seed: seed), limits: limits)
        var steps: [Step] = []
        var time = Duration.zero
        while true {
            let step = draw.next()
            time += step.pause + step.fault.duration
            guard time < duration else { break }
            steps.append(step)
        }
        self.seed = seed
        self.steps = steps
    }

    /// Draws one step after the other; a further member must have come before it goes.
    private struct Draw {
        var random: RandomSequence
        let limits: Limits
        var hasGuest = false

        mutating func next() -> Step {
            let pause = Duration.milliseconds(300 + random.below(2700))
            return Step(pause: pause, fault: fault())
        }

        private mutating func fault() -> Fault {
            switch random.below(100) {
            case ..<40:
                let count = random.below(5) == 0 ? 2 + random.below(limits.members - 1) : 1
                return .kill(
                    several(count), away: away(),
                    losesState: limits.hasChangelog && random.below(3) == 0)
            case ..<58:
                let steps = CommitStep.allCases
                let step = steps[random.below(steps.count)]
                return .killInCommit(
                    random.below(limits.members), step, count: 1 + random.below(12))
            case ..<66: return .stop(random.below(limits.members), away: away())
            case ..<76:
                return .freeze(
                    random.below(limits.members), lasting: .milliseconds(200 + random.below(4000)))
            case ..<90:
                hasGuest.toggle()
                return hasGuest ? .join : .leave
            case ..<96 where limits.ownsBroker:
                return .freezeBroker(lasting: .milliseconds(200 + random.below(4000)))
            case 96... where limits.ownsBroker: return .restartBroker
            default: return .kill(several(1), away: .zero, losesState: false)
            }
        }

        private mutating func away() -> Duration { .milliseconds(random.below(2500)) }

        private mutating func several(_ count: Int) -> [Int] {
            var members = Array(0..<limits.members)
            while members.count > count { members.remove(at: random.below(members.count)) }
            return members
        }
    }
}

extension ChaosSchedule.Fault {
    /// How long it holds the run up by itself.
    var duration: Duration {
        switch self {
        case .kill(_, let away, _), .stop(_, let away): away
        case .freeze(_, let lasting), .freezeBroker(let lasting): lasting
        case .restartBroker: .seconds(2)
        case .killInCommit, .join, .leave: .zero
        }
    }
}

extension ChaosSchedule.Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .kill(let members, let away, let losesState):
            "kill \(members) for \(away)\(losesState ? ", state lost" : "")"
        case .killInCommit(let member, let step, let count):
            "kill \(member) at '\(step.rawValue)' number \(count)"
        case .stop(let member, let away): "stop \(member) for \(away)"
        case .freeze(let member, let lasting): "freeze \(member) for \(lasting)"
        case .join: "one more member joins"
        case .leave: "that member leaves"
        case .freezeBroker(let lasting): "freeze the broker for \(lasting)"
        case .restartBroker: "restart the broker"
        }
    }
}
