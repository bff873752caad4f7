package import StreamCore

/// Decides which processes of an application keep a copy of a task's state.
///
/// Every process computes the same from the group's members, and nobody has to tell. The processes
/// rank for each task by a hash of both; the first that don't own the task keep its copies. When one
/// comes or goes, only the copies that it takes over or leaves behind move.
///
/// - Source: Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
package struct StandbyPlacement {
    private let replicas: Int
    private let instances: [String]
    private let owners: [TopicPartition: String]

    /// `members`: of the group, as its coordinator knows them; those of other clients count for nothing.
    package init(
        replicas: Int, application: String, members: [GroupMember]
    ) {
        self.replicas = replicas
        var instances: Set<String> = []
        var owners: [TopicPartition: String] = [:]
        for member in members {
            guard let instance = Self.instance(in: member.clientID, application: application)
            else { continue }
            instances.insert(instance)
            for partition in member.partitions { owners[partition] = instance }
        }
        self.instances = instances.sorted()
        self.owners = owners
    }

    /// The processes that keep a copy, best first.
    package func standbys(of task: TaskIdentifier, sources: [TopicPartition]) -> [String] {
        let taken = Set(sources.compactMap { owners[$0] })
        return
            instances.filter { !taken.contains($0) }
            .map { (rank: Self.hash("\($0)/\(task)"), instance: $0) }
            .sorted { ($0.rank, $0.instance) > ($1.rank, $1.instance) }
            .prefix(replicas).map(\.instance)
    }

    /// The name of a client: `<application>-<instance>-<thread>`.
    static func instance(in clientID: String, application: String) -> String? {
        let prefix = application + "-"
        guard clientID.hasPrefix(prefix),
            let end = clientID.lastIndex(of: "-"),
            clientID.index(clientID.startIndex, offsetBy: prefix.count) <= end
        else { return nil }
        return String(clientID[clientID.index(clientID.startIndex, offsetBy: prefix.count)..<end])
    }

    /// The same in every process: FNV-1a, its bits mixed.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}
