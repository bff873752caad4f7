import Foundation
import Testing

/// The sessions that came out for a workload.
struct SessionOutcome {
    private(set) var sessions: [String: Set<SessionWorkload.Session>] = [:]
    private(set) var writtenCount = 0

    /// Reads the sink until every expected session is there.
    init(of workload: SessionWorkload, on broker: TestBroker, sink: String) throws {
        var readCount = 0
        var sessions: [String: Set<SessionWorkload.Session>] = [:]
        var writtenCount = 0
        _ = try broker.read([sink], atMost: .seconds(120)) { seen in
            let records = seen[sink, default: []]
            for record in records[readCount...] {
                guard let (id, session) = SessionWorkload.session(record.value ?? "") else {
                    Issue.record("not a session: \(record.value ?? "nothing")")
                    continue
                }
                sessions[id, default: []].insert(session)
                writtenCount += 1
            }
            readCount = records.count
            return sessions.count >= workload.sessions.count
        }
        self.sessions = sessions
        self.writtenCount = writtenCount
    }

    func check(against workload: SessionWorkload) {
        // One version of each: a session that was written again after a crash is the same one.
        let several = sessions.values.filter { $0.count > 1 }
        #expect(several.isEmpty, "differing versions: \(several.prefix(3))")
        let found = Set(sessions.values.flatMap { $0 })
        #expect(found.count == workload.sessions.count)
        let missing = workload.sessions.subtracting(found)
        let extra = found.subtracting(workload.sessions)
        #expect(missing.isEmpty, "missing: \(missing.prefix(3))")
        #expect(extra.isEmpty, "unexpected: \(extra.prefix(3))")
    }
}

extension MillraceProcess {
    /// What it reports at its end that it read; it must have been asked for a report in JSON.
    func reportedRecordCount() throws -> Int {
        let report = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require((report as? [String: Any])?["records"] as? Int, "\(output)")
    }

    /// Waits until the group has committed more than `mark` records of `source`.
    func waitForCommit(beyond mark: Int64, of source: String, on broker: TestBroker) throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while try broker.committedCount(group: broker.name, topic: source) <= mark {
            try #require(isRunning, "\(errors.suffix(2000))")
            try #require(ContinuousClock.now < deadline, "\(errors.suffix(2000))")
        }
    }
}
