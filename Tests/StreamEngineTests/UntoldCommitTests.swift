import StreamEngine
import StreamTesting
import Testing

/// At least once, a state is committed before the group is told: it may be one commit ahead of the
/// group's offsets, and never two, which nobody could go on from.
@Suite struct UntoldCommitTests {
    @Test(
        "processes that end between the state and the offsets, again and again, are followed up",
        arguments: [1, 2])
    func endsAtTheSamePlace(commit: Int) throws {
        let rig = try EngineRig()
        let plan = try rig.plan()
        let ended = ClusterError(kind: .fatal, code: "_FATAL", reason: "the process ended here")
        for minute in 0..<5 as Range<Int64> {
            rig.click("ada", minute: minute)
            // The first commit of a process is of what the one before it left untold.
            var passing = minute > 0 ? commit - 1 : 0
            rig.cluster.setFaults { operation, _ in
                guard operation == .commit else { return nil }
                passing -= 1
                return passing < 0 ? .refuse(ended) : nil
            }
            #expect(throws: EngineError.cluster(ended, doing: "committing offsets")) {
                try rig.engine(plan).run()
            }
        }
        rig.cluster.repair()
        rig.click("ada", minute: 300)
        try rig.engine(plan).run()
        #expect(rig.sessions == ["ada 5"])
    }

    @Test("while the group takes no commit, the state waits too, and the next process goes on")
    func stateWaits() throws {
        let rig = try EngineRig()
        rig.settings.brokerTimeout = .milliseconds(100)
        rig.settings.commitInterval = .milliseconds(1)
        rig.settings.runLimit = 1
        for minute in 0..<200 as Range<Int64> { rig.click("ada", minute: minute) }
        let plan = try rig.plan()
        let rebalance = ClusterError(
            kind: .retriable, code: "REBALANCE_IN_PROGRESS", reason: "the group is rebalancing")
        for _ in 0..<1000 { rig.cluster.failNext(.commit, with: rebalance) }
        #expect(throws: EngineError.cluster(rebalance, doing: "committing offsets")) {
            try rig.engine(plan).run()
        }

        rig.cluster.repair()
        rig.click("ada", minute: 300)
        try rig.engine(plan).run()
        #expect(rig.sessions == ["ada 200"])
    }
}
