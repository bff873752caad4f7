internal import Events
internal import Linkage
internal import StreamCore

/// Tells what became of profiles: on `.merges` each merge and split, on `.profiles` each profile that
/// changed, under its name as the record key; and on `.review` which pairs people are asked about.
struct LinkOutputs: ~Copyable {
    private let settings: LinkSettings
    private var document = ByteBuffer(capacity: 1024)
    private var key = ByteBuffer(capacity: 32)

    init(_ settings: LinkSettings) { self.settings = settings }

    /// `source`: the event or decision that changed something; `nil` for a command.
    mutating func tell(
        _ outcome: IdentityGraph.Outcome, because source: Event?, in context: OperatorContext
    ) {
        if outcome.isSilent { return }
        tellReviews(outcome, because: source, in: context)
        let change = ProfileChange(outcome)
        if context.isConnected(Linker.Output.merges) {
            for merge in change.merges {
                begin("merge", merge.survivor)
                write("absorbed", merge.absorbed)
                emit(to: Linker.Output.merges, under: merge.survivor, source, in: context)
            }
            for split in change.splits {
                begin("split", split.profile)
                write("into", split.parts)
                emit(to: Linker.Output.merges, under: split.profile, source, in: context)
            }
        }
        if context.isConnected(Linker.Output.profiles) {
            for profile in change.changed {
                write(profile, change.members[profile] ?? [])
                emit(to: Linker.Output.profiles, under: profile, source, in: context)
            }
            for (profile, successor) in change.gone {
                document.removeAll()
                document.append("{\"profile_id\":\"")
                profile.append(to: &document)
                document.append("\",\"merged_into\":\"")
                successor.append(to: &document)
                document.append("\"}")
                emit(to: Linker.Output.profiles, under: profile, source, in: context)
            }
        }
    }

    private mutating func begin(_ what: StaticString, _ profile: ProfileID) {
        document.removeAll()
        document.append("{\"change\":\"")
        document.append(what)
        document.append("\",\"profile_id\":\"")
        profile.append(to: &document)
        document.append("\"")
    }

    private mutating func write(_ name: StaticString, _ profiles: [ProfileID]) {
        document.append(",\"")
        document.append(name)
        document.append("\":[")
        for (index, profile) in profiles.enumerated() {
            document.append(index == 0 ? "\"" : ",\"")
            profile.append(to: &document)
            document.append("\"")
        }
        document.append("]}")
    }

    /// A profile that an event with one identifier has made.
    mutating func tell(
        new profile: ProfileID, of key: [UInt8], because source: Event, in context: OperatorContext
    ) {
        guard context.isConnected(Linker.Output.profiles) else { return }
        begin(profile, since: source.timestamp)
        unsafe key.withUnsafeBytes { key in
            let end = unsafe key.firstIndex(of: 0) ?? key.count
            unsafe document.append(jsonString: UnsafeRawBufferPointer(rebasing: key[..<end]))
            document.append(":[")
            unsafe document.append(
                jsonString: UnsafeRawBufferPointer(rebasing: key[min(end + 1, key.count)...]))
        }
        document.append("]}}")
        emit(to: Linker.Output.profiles, under: profile, source, in: context)
    }

    /// Begins the document of a profile.
    private mutating func begin(_ profile: ProfileID, since first: Timestamp) {
        document.removeAll()
        document.append("{\"profile_id\":\"")
        profile.append(to: &document)
        document.append("\",\"first_seen\":")
        // Events without a time are as old as can be.
        if first == .distantPast {
            document.append("null")
        } else {
            document.append("\"")
            document.append(iso8601: first)
            document.append("\"")
        }
        document.append(",\"identifiers\":{")
    }

    /// A profile: its identifiers by type, and since when it is known.
    private mutating func write(_ profile: ProfileID, _ members: [ProfileResolver.Member]) {
        begin(
            profile,
            since: Timestamp(milliseconds: members.map(\.node.firstSeen).min() ?? .min))
        var isFirst = true
        for (index, type) in settings.types.enumerated() {
            let found = members.filter { $0.type == index }
            if found.isEmpty { continue }
            let texts = found.map { IdentifierKey.text($0.key) }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            if !isFirst { document.append(",") }
            isFirst = false
            document.append(jsonString: type.name)
            for (position, text) in texts.enumerated() {
                document.append(position == 0 ? ":[" : ",")
                document.append(jsonString: text)
            }
            document.append("]")
        }
        document.append("}}")
    }

    // MARK: Reviews

    private mutating func tellReviews(
        _ outcome: IdentityGraph.Outcome, because source: Event?, in context: OperatorContext
    ) {
        guard context.isConnected(Linker.Output.review) else { return }
        var profiles: [[UInt8]: ProfileID] = [:]
        if !outcome.opened.isEmpty {
            for member in outcome.members { profiles[member.key] = member.node.profile }
        }
        for review in outcome.opened {
            beginReview("open", review.left.key, review.right.key, profiles)
            write(review)
            emitDocument(to: Linker.Output.review, source, in: context)
        }
        for pair in outcome.closed {
            beginReview("closed", pair.left, pair.right, [:])
            document.append("}")
            emitDocument(to: Linker.Output.review, source, in: context)
        }
    }

    /// Begins a document about a pair, and makes its name the record key.
    private mutating func beginReview(
        _ status: StaticString, _ left: [UInt8], _ right: [UInt8], _ profiles: [[UInt8]: ProfileID]
    ) {
        key.removeAll()
        Self.name(ofReview: left, right).append(to: &key)
        document.removeAll()
        document.append("{\"review_id\":\"")
        unsafe document.append(key.bytes)
        document.append("\",\"status\":\"")
        document.append(status)
        document.append("\"")
        for (name, side) in [("a", left), ("b", right)] {
            document.append(string: ",\"\(name)\":{\"type\":")
            document.append(jsonString: IdentifierKey.typeName(side))
            document.append(",\"value\":")
            document.append(jsonString: IdentifierKey.text(side))
            if let profile = profiles[side] {
                document.append(",\"profile_id\":\"")
                profile.append(to: &document)
                document.append("\"")
            }
            document.append("}")
        }
    }

    /// How likely it is, and why: not the values themselves, which are personal data.
    private mutating func write(_ review: ProfileResolver.Review) {
        guard let likeness = settings.likeness else { return }
        let probability = LinkageComparer.probability(ofWeight: review.weight)
        document.append(string: ",\"probability\":\(Self.rounded(probability, to: 10_000))")
        document.append(string: ",\"weight\":\(Self.rounded(review.weight, to: 100))")
        document.append(",\"fields\":{")
        for (place, field) in likeness.comparer.model.fields.enumerated() {
            if place > 0 { document.append(",") }
            document.append(jsonString: field.name)
            document.append(":")
            document.append(
                jsonString: likeness.comparer.name(of: review.levels[place], field: place))
        }
        document.append("}}")
    }

    private static func rounded(_ number: Double, to steps: Double) -> Double {
        (number * steps).rounded() / steps
    }

    private mutating func emit(
        to output: Int, under profile: ProfileID, _ source: Event?, in context: OperatorContext
    ) {
        key.removeAll()
        profile.append(to: &key)
        emitDocument(to: output, source, in: context)
    }

    private mutating func emitDocument(
        to output: Int, _ source: Event?, in context: OperatorContext
    ) {
        let event = unsafe context.arena.addEvent(
            json: document.bytes, key: key.bytes, timestamp: source?.timestamp ?? .distantPast)
        emit(event, to: output, source, in: context)
    }

    /// Sends an event on where its source stands.
    private func emit(
        _ event: Event, to output: Int, _ source: Event?, in context: OperatorContext
    ) {
        var event = event
        if let source {
            event.streamTime = source.streamTime
            event.sequence = source.sequence
        }
        context.emit(event, to: output)
    }

    /// Deletes from compacted topics what is forgotten: the profiles, and what was asked about pairs.
    mutating func tell(
        forgotten profiles: [ProfileID], reviews: [(left: [UInt8], right: [UInt8])] = [],
        because source: Event?, in context: OperatorContext
    ) {
        for profile in profiles { delete(profile, Linker.Output.profiles, source, in: context) }
        guard context.isConnected(Linker.Output.review) else { return }
        for review in reviews {
            let name = Self.name(ofReview: review.left, review.right)
            delete(name, Linker.Output.review, source, in: context)
        }
    }

    private mutating func delete(
        _ name: ProfileID, _ output: Int, _ source: Event?, in context: OperatorContext
    ) {
        key.removeAll()
        name.append(to: &key)
        let event = unsafe context.arena.addTombstone(
            key: key.bytes, timestamp: source?.timestamp ?? .distantPast)
        emit(event, to: output, source, in: context)
    }

    /// What a pair is called that people are asked about.
    private static func name(ofReview left: [UInt8], _ right: [UInt8]) -> ProfileID {
        ProfileID(of: left + [0] + right)
    }
}

/// What a change of identifiers means for profiles.
struct ProfileChange {
    struct Merge {
        let survivor: ProfileID
        let absorbed: [ProfileID]
    }

    struct Split {
        let profile: ProfileID
        let parts: [ProfileID]
    }

    private(set) var merges: [Merge] = []
    private(set) var splits: [Split] = []
    /// Profiles with other identifiers than before.
    private(set) var changed: [ProfileID] = []
    /// Profiles that are no more, and which one took most of what they had.
    private(set) var gone: [(profile: ProfileID, successor: ProfileID)] = []
    private(set) var members: [ProfileID: [ProfileResolver.Member]] = [:]

    init(_ outcome: IdentityGraph.Outcome) {
        var moves: [HashedKey: ProfileID?] = [:]
        for move in outcome.moves { moves[HashedKey(move.key)] = .some(move.from) }
        var sources: [ProfileID: Set<ProfileID>] = [:]
        var parts: [ProfileID: Set<ProfileID>] = [:]
        for member in outcome.members {
            let now = member.node.profile
            members[now, default: []].append(member)
            // What did not move was where it is.
            guard let old = moves[HashedKey(member.key)] ?? now else { continue }
            sources[now, default: []].insert(old)
            parts[old, default: []].insert(now)
        }
        for (profile, found) in parts where found.count > 1 {
            splits.append(Split(profile: profile, parts: found.sorted()))
        }
        for (profile, found) in sources {
            let absorbed = found.filter { $0 != profile && members[$0] == nil }.sorted()
            if !absorbed.isEmpty { merges.append(Merge(survivor: profile, absorbed: absorbed)) }
        }
        for (profile, found) in parts where members[profile] == nil {
            if let successor = found.min() { gone.append((profile, successor)) }
        }
        let touched = outcome.older.union(
            outcome.moves.flatMap { [$0.to] + ($0.from.map { [$0] } ?? []) })
        changed = touched.filter { members[$0] != nil }.sorted()
        merges.sort { $0.survivor < $1.survivor }
        splits.sort { $0.profile < $1.profile }
        gone.sort { $0.profile < $1.profile }
    }
}
