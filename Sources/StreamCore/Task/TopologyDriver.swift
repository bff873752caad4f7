public import Events

/// Runs a whole topology in one process without Kafka: records in, records out, on clocks that the
/// caller turns.
///
/// The tasks are the real ones, one per sub-topology; what goes through a repartition topic on a
/// cluster goes straight to the next task here. Operator tests, the `tests:` of topology files and
/// `millrace run --input` use it.
///
/// ```swift
/// let driver = try TopologyDriver(plan: plan)
/// try driver.pipe(topic: "clicks", key: "u1", value: #"{"page":"home"}"#, timestamp: noon)
/// try driver.finish()
/// for record in driver.takeOutputs() { print(record) }
/// ```
public final class TopologyDriver {
    /// Where the records of a topic go: to one task, or to every one that reads a broadcast.
    private struct Route {
        let task: Int
        let input: Int
    }

    public let plan: TopologyPlan
    /// What the sinks were given since it was last emptied.
    public let output = OutputBatch()

    private let tasks: [StreamTask]
    private let routes: [Int: [Route]]
    /// What a task has just written, where some of it goes to other tasks.
    private let written = OutputBatch()
    /// What waits in the repartition topics, by topic.
    private let waiting: [Int: OutputBatch]
    private var nextOffsets: [Int64]
    private var now: Timestamp

    /// Where to begin, and with what:
    /// `storage`: where state is kept; in memory by default.
    /// `committed`: offsets that an earlier driver's ``commit()`` returned, as the group would
    /// keep them; a task with state goes by its own.
    /// `now`: the wall clock, which moves only by ``setNow(_:)``.
    public init(
        plan: TopologyPlan, storage: any StateStorage = InMemoryStateStorage(),
        committed: [TopicPartition: Int64] = [:],
        options: StreamTask.Options = StreamTask.Options(), now: Timestamp = .distantFuture
    ) throws(StoreError) {
        self.plan = plan
        self.now = now
        var tasks: [StreamTask] = []
        var routes: [Int: [Route]] = [:]
        for subtopology in plan.subtopologies {
            let identifier = TaskIdentifier(subtopology: subtopology.index, partition: 0)
            let stores = subtopology.stores
            let state = stores.isEmpty ? nil : try storage.open(identifier, stores: stores)
            let task = StreamTask(
                plan: plan, identifier: identifier, state: state, options: options, now: now)
            for (input, source) in (task.sources + task.broadcastSources).enumerated() {
                if let topic = plan.topics.firstIndex(of: source.topic) {
                    routes[topic, default: []].append(Route(task: tasks.count, input: input))
                }
            }
            tasks.append(task)
        }
        self.tasks = tasks
        self.routes = routes
        waiting = Dictionary(
            uniqueKeysWithValues: plan.repartitions.map { ($0.topic, OutputBatch()) })
        nextOffsets = plan.topics.indices.map { _ in 0 }
        for (topic, routes) in routes {
            for route in routes {
                let task = tasks[route.task]
                let source = (task.sources + task.broadcastSources)[route.input]
                let offset = task.checkpoint().offsets[source] ?? committed[source] ?? 0
                // Tasks commit together here, so all have read a broadcast equally far.
                nextOffsets[topic] = offset
                task.start(input: route.input, at: offset)
                task.accept(input: route.input, position: offset, isAtEnd: true, now: now)
            }
        }
    }

    /// What the operators of all tasks have done.
    public var metrics: [OperatorMetrics] { tasks.flatMap(\.metrics) }

    /// Hands operators their new definitions, by name, as when files have changed.
    public func adopt(_ definitions: [String: any OperatorDefinition]) {
        for task in tasks { task.adopt(definitions, ofReload: task.reload + 1) }
    }

    /// Stream time of each sub-topology.
    public var streamTimes: [Timestamp] { tasks.map(\.streamTime) }

    /// The offset that the next record of a source topic gets.
    public func nextOffset(topic: String) -> Int64? {
        plan.topics.firstIndex(of: topic).map { nextOffsets[$0] }
    }

    // MARK: Records in

    /// Sends one record through the topology.
    ///
    /// - Precondition: the topology reads `topic`.
    public func pipe(
        topic: String, key: String?, value: String?, headers: [(name: String, value: String)] = [],
        timestamp: Timestamp? = nil
    ) throws(TaskError) {
        try pipe(
            topic: topic, key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) },
            headers: headers, timestamp: timestamp)
    }

    /// Sends one record of bytes with headers through the topology.
    public func pipe(
        topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: String)],
        timestamp: Timestamp? = nil
    ) throws(TaskError) {
        var encoded = ByteBuffer()
        for header in headers {
            var (name, value) = header
            name.withUTF8 { name in
                value.withUTF8 { value in
                    unsafe encoded.append(
                        headerName: UnsafeRawBufferPointer(name),
                        value: UnsafeRawBufferPointer(value))
                }
            }
        }
        try pipe(
            topic: topic, key: key, value: value, encodedHeaders: encoded.span,
            timestamp: timestamp)
    }

    /// Sends one record of bytes through the topology.
    public func pipe(
        topic: String, key: [UInt8]?, value: [UInt8]?, timestamp: Timestamp? = nil
    ) throws(TaskError) {
        let none = ByteBuffer(capacity: 0)
        try pipe(
            topic: topic, key: key, value: value, encodedHeaders: none.span, timestamp: timestamp)
    }

    private func pipe(
        topic: String, key: [UInt8]?, value: [UInt8]?, encodedHeaders: RawSpan,
        timestamp: Timestamp?
    ) throws(TaskError) {
        let index = topicIndex(topic)
        fill(topic: index) { batch, offset in
            append(
                key, value, encodedHeaders, offset: offset,
                timestamp: timestamp?.milliseconds ?? -1, to: batch)
        }
        accept(topic: index, isAtEnd: true)
        try run()
    }

    /// Puts records into the batches of all tasks that read a topic.
    private func fill(
        topic: Int, _ fill: (RecordBatch, _ firstOffset: Int64) -> Void
    ) {
        let routes = routes[topic]!
        let first = tasks[routes[0].task].batch(input: routes[0].input)
        first.removeAll()
        fill(first, nextOffsets[topic])
        for route in routes.dropFirst() {
            let batch = tasks[route.task].batch(input: route.input)
            batch.removeAll()
            batch.append(contentsOf: first)
        }
        nextOffsets[topic] += Int64(first.count)
    }

    private func accept(topic: Int, isAtEnd: Bool) {
        for route in routes[topic]! {
            tasks[route.task].accept(
                input: route.input, position: nextOffsets[topic], isAtEnd: isAtEnd, now: now)
        }
    }

    private func append(
        _ key: [UInt8]?, _ value: [UInt8]?, _ headers: RawSpan, offset: Int64, timestamp: Int64,
        to batch: RecordBatch
    ) {
        switch (key, value) {
        case (let key?, let value?):
            batch.append(
                key: unsafe key.span.bytes, value: unsafe value.span.bytes, headers: headers,
                offset: offset, timestamp: timestamp)
        case (let key?, nil):
            batch.append(
                key: unsafe key.span.bytes, value: nil, headers: headers, offset: offset,
                timestamp: timestamp)
        case (nil, let value?):
            batch.append(
                key: nil, value: unsafe value.span.bytes, headers: headers, offset: offset,
                timestamp: timestamp)
        case (nil, nil):
            batch.append(
                key: nil, value: nil, headers: headers, offset: offset, timestamp: timestamp)
        }
    }

    /// Sends many records at once: `fill` appends them to the batch, with offsets from the given
    /// one on. For bulk input; the records' bytes may also be borrowed.
    public func pipe(
        topic: String, filling fill: (RecordBatch, _ firstOffset: Int64) -> Void
    ) throws(TaskError) {
        let index = topicIndex(topic)
        self.fill(topic: index, fill)
        accept(topic: index, isAtEnd: true)
        try run()
    }

    /// Puts records into a topic without running; `fill` appends them to the batch, with offsets
    /// from the given one on. With several topics, a run waits for those that are not at their
    /// end, so that records are taken in the order of their event time.
    ///
    /// - Precondition: the topic's earlier records are processed (``needsRecords(topic:)``).
    public func feed(
        topic: String, isAtEnd: Bool, filling fill: (RecordBatch, _ firstOffset: Int64) -> Void
    ) {
        let index = topicIndex(topic)
        self.fill(topic: index, fill)
        accept(topic: index, isAtEnd: isAtEnd)
    }

    /// Whether everything that was put into a topic is processed.
    public func needsRecords(topic: String) -> Bool {
        routes[topicIndex(topic)]!.allSatisfy { tasks[$0.task].needsRecords(input: $0.input) }
    }

    /// Runs until every task needs records.
    public func run() throws(TaskError) {
        var hasProgress = true
        while hasProgress {
            hasProgress = false
            for task in tasks.indices where try run(task: task) { hasProgress = true }
        }
    }

    private func topicIndex(_ topic: String) -> Int {
        guard let index = plan.topics.firstIndex(of: topic), routes[index] != nil else {
            preconditionFailure("the topology does not read '\(topic)'")
        }
        return index
    }

    /// Returns whether there was anything to do.
    private func run(task index: Int) throws(TaskError) -> Bool {
        var hasRun = false
        fetchWaiting(for: index)
        while try tasks[index].run(now: now, output: outputOfTasks) != .starved {
            hasRun = true
            route()
            fetchWaiting(for: index)
        }
        return hasRun
    }

    private var outputOfTasks: OutputBatch { waiting.isEmpty ? output : written }

    /// Hands what a task wrote to the next tasks, or to the outputs.
    private func route() {
        guard !waiting.isEmpty else { return }
        for record in 0..<written.count {
            let topic = Int(written.slots[record].topic)
            if let queue = waiting[topic] {
                queue.append(written, record: record)
                let route = routes[topic]![0]
                tasks[route.task].noteUnfetched(input: route.input)
            } else {
                output.append(written, record: record)
            }
        }
        written.removeAll()
    }

    /// Gives a task what waits for it in repartition topics.
    private func fetchWaiting(for index: Int) {
        for repartition in plan.repartitions where repartition.consumer == index {
            let topic = repartition.topic
            let route = routes[topic]![0]
            guard let queue = waiting[topic], queue.count > 0,
                tasks[route.task].needsRecords(input: route.input)
            else { continue }
            fill(topic: topic) { batch, offset in
                for record in 0..<queue.count {
                    batch.append(queue, record: record, offset: offset + Int64(record))
                }
            }
            queue.removeAll()
            accept(topic: topic, isAtEnd: true)
        }
    }

    // MARK: Time

    /// Turns the wall clock and lets stream time follow where inputs are idle.
    public func setNow(_ now: Timestamp) throws(TaskError) {
        self.now = now
        for task in tasks {
            try task.advance(now: now, output: outputOfTasks)
            route()
            try run()
        }
    }

    /// Moves stream time forward everywhere and fires what is due.
    public func advanceStreamTime(to time: Timestamp) throws(TaskError) {
        for moment in momentsBefore(time) {
            for task in tasks {
                try task.advance(to: moment, output: outputOfTasks)
                route()
                try run()
            }
        }
    }

    /// Moves stream time forward by `duration`.
    public func advanceStreamTime(by duration: Duration) throws(TaskError) {
        let latest = streamTimes.max() ?? .distantPast
        try advanceStreamTime(to: latest.adding(milliseconds: duration.wholeMilliseconds))
    }

    /// Ends the input: fires every timer there is.
    public func finish() throws(TaskError) {
        for moment in momentsBefore(.distantFuture) {
            for task in tasks {
                try task.finish(until: moment, output: outputOfTasks)
                route()
                try run()
            }
        }
    }

    /// The moments at which the clock must stop on its way to `time`, and `time` itself. With
    /// several tasks each timer is one, so that what it gives comes to the next task before a
    /// later timer of that one fires.
    private func momentsBefore(_ time: Timestamp) -> some Sequence<Timestamp> {
        sequence(state: false) { [tasks, waiting] (isDone: inout Bool) -> Timestamp? in
            if isDone { return nil }
            let next = waiting.isEmpty ? time : tasks.map(\.nextTimer).min() ?? time
            isDone = next >= time
            return min(next, time)
        }
    }

    // MARK: Commit

    /// Commits every task, as a restart would find it; returns the offsets of the next records.
    ///
    /// - Precondition: nothing is on its way between tasks; on a cluster the repartition topics
    ///   would keep it.
    @discardableResult
    public func commit() throws(StoreError) -> [TopicPartition: Int64] {
        for repartition in plan.repartitions {
            let route = routes[repartition.topic]![0]
            precondition(
                tasks[route.task].needsRecords(input: route.input)
                    && waiting[repartition.topic]?.count == 0,
                "'\(plan.topics[repartition.topic])' has records that are not processed")
        }
        var offsets: [TopicPartition: Int64] = [:]
        for task in tasks { offsets.merge(try task.commit().offsets) { _, new in new } }
        return offsets
    }

    /// Gives all state back.
    public func close() {
        for task in tasks { task.close() }
    }

    // MARK: Records out

    /// What the sinks were given since the last call, as text.
    public func takeOutputs() -> [DriverRecord] {
        defer { output.removeAll() }
        return (0..<output.count).map { DriverRecord(output, record: $0, topics: plan.topics) }
    }
}
