import Foundation

/// The processes of an application under faults: members that keep their names, and a guest.
final class ChaosFleet {
    struct Counts {
        var kills = 0
        var killsInCommits = 0
        var stops = 0
        var freezes = 0
        var joins = 0
        var leaves = 0
        var lostStates = 0
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// How a process is started: the topology file of a member, or of the guest.
    struct Launch {
        var arguments: [String]
        var environment: [String: String]
        var stateDirectory: String
    }

    private static let patience = Duration.seconds(60)

    private let folder: TestFolder
    private let launches: [Launch]
    private let guestLaunch: Launch
    private var members: [MillraceProcess?]
    /// Told to die at a step of a commit.
    private var doomed: Set<Int> = []
    private var guest: MillraceProcess?
    /// Joins first, so that it is the group's leader, and stays. The small broker takes a leader that
    /// comes back under its name for one that decides anew, and gives it somebody else's partitions.
    private let anchorLaunch: Launch?
    private var anchor: MillraceProcess?
    /// Every process there was, for its log.
    private var history: [(name: String, process: MillraceProcess)] = []
    private(set) var counts = Counts()

    init(members: [Launch], guest: Launch, anchor: Launch?, in folder: TestFolder) throws {
        launches = members
        guestLaunch = guest
        anchorLaunch = anchor
        self.members = Array(repeating: nil, count: members.count)
        self.folder = folder
        try startAll()
    }

    private func launch(
        _ launch: Launch, as name: String, environment: [String: String] = [:]
    ) throws -> MillraceProcess {
        let process = try MillraceProcess(
            launch.arguments, environment: launch.environment.merging(environment) { $1 },
            in: folder)
        history.append((name, process))
        return process
    }

    // MARK: Members

    /// Starts a member that is away; one that is doomed dies when it reaches `fault`.
    func start(_ member: Int, fault: String? = nil) throws {
        guard members[member] == nil else { return }
        if fault != nil { doomed.insert(member) } else { doomed.remove(member) }
        members[member] = try launch(
            launches[member], as: "member \(member)",
            environment: fault.map { ["MILLRACE_FAULT": $0] } ?? [:])
    }

    /// kill -9, one right after the other.
    func kill(_ killed: [Int], losingState: Bool = false) throws {
        for member in killed {
            guard let process = members[member] else { continue }
            process.crash()
            members[member] = nil
            counts.kills += 1
            guard losingState else { continue }
            try? FileManager.default.removeItem(atPath: launches[member].stateDirectory)
            counts.lostStates += 1
        }
    }

    func stop(_ member: Int) throws {
        guard let process = members[member] else { return }
        try end(process, mayBeKilled: doomed.contains(member))
        members[member] = nil
        counts.stops += 1
    }

    func freeze(_ member: Int) {
        members[member]?.freeze()
        counts.freezes += 1
    }

    func thaw(_ member: Int) { members[member]?.thaw() }

    func join() throws {
        guard guest == nil else { return }
        guest = try launch(guestLaunch, as: "guest")
        counts.joins += 1
    }

    func leave() throws {
        guard let process = guest else { return }
        try end(process, mayBeKilled: false)
        guest = nil
        counts.leaves += 1
    }

    // MARK: All of them

    /// Starts again who died as told; throws when somebody ended who should not have.
    func tend() throws {
        for (member, process) in members.enumerated() {
            guard let process, !process.isRunning else { continue }
            guard doomed.contains(member), process.wasKilled else {
                throw Failed(description: "member \(member) ended: \(process.lastError)")
            }
            counts.killsInCommits += 1
            members[member] = nil
            try start(member)
        }
        for process in [guest, anchor].compactMap({ $0 }) where !process.isRunning {
            throw Failed(description: "the guest or the anchor ended: \(process.lastError)")
        }
    }

    /// Lets the guest come or go, so that the group decides anew who has which partition.
    ///
    /// When a named member dies and comes back in a rebalance, the small broker was seen to give a
    /// partition to two members and one to nobody, until the next rebalance.
    func rebalance() throws {
        if guest == nil { try join() } else { try leave() }
    }

    /// Nobody is told to die any more: who was dies now, and starts again.
    func pardon() throws {
        for member in doomed.sorted() {
            try kill([member])
            try start(member)
        }
    }

    func startAll() throws {
        if anchor == nil, let anchorLaunch {
            anchor = try startAnchor(anchorLaunch)
        }
        for member in members.indices { try start(member) }
    }

    /// A process that finds no broker ends, so that whoever watches it starts it again: here too,
    /// since the small broker takes its time to read again what it held.
    private func startAnchor(_ launch: Launch) throws -> MillraceProcess {
        var lastError = ""
        for _ in 0..<5 {
            let process = try self.launch(launch, as: "anchor")
            if process.waitForLog("] assigned") { return process }
            lastError = process.lastError
            process.crash()
        }
        throw Failed(description: "the anchor has not joined: \(lastError)")
    }

    /// Ends everybody in order.
    func stopAll() throws {
        try leave()
        for member in members.indices { try stop(member) }
        if let anchor { try end(anchor, mayBeKilled: false) }
        anchor = nil
    }

    // MARK: Logs

    /// Of all processes.
    var logSize: Int { history.reduce(0) { $0 + $1.process.errors.utf8.count } }

    func countInLogs(_ text: String) -> Int {
        history.reduce(0) { $0 + $1.process.errors.components(separatedBy: text).count - 1 }
    }

    /// The last lines of the processes that ended last or are still there.
    var logs: String {
        history.suffix(8).map { "--- \($0.name)\n\($0.process.logTail())" }.joined(separator: "\n")
    }

    private func end(_ process: MillraceProcess, mayBeKilled: Bool) throws {
        // A signal that comes in the first moments of a process is lost.
        _ = process.waitForLog("] assigned", atMost: Self.patience)
        process.send(SIGTERM)
        let status = process.waitForEnd(atMost: Self.patience)
        guard status == 0 || mayBeKilled && process.wasKilled else {
            throw Failed(
                description: "after SIGTERM: \(status.map { "status \($0)" } ?? "still running")")
        }
    }
}
