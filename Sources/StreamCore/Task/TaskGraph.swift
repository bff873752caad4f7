internal import Events

/// The operators of a task, wired as the plan says, and one run of events through them.
///
/// Nodes are in topological order, so one pass over them is a whole run. A node with several
/// inputs gets their events merged by their place in the task: the result does not depend on
/// where runs end.
struct TaskGraph {
    private enum Work {
        case source
        case `operator`(any Operator, OperatorContext, hasTimers: Bool)
        case sink(SinkWriter)
        case repartition(RepartitionWriter)
        case control(ReceiptWriter)
    }

    private struct Node {
        let work: Work
        let inputs: [PlannedNode.Input]
        /// Whether it must be told which of its inputs events come from.
        var hasNamedInputs: Bool { inputs.contains { $0.input > 0 } }
    }

    private let task: TaskIdentifier
    private var nodes: [Node] = []
    private var contexts: [OperatorContext] = []
    private var merge = EventMerge()
    private var received: [Int]

    private(set) var arena: EventArena
    let timeline: Timeline

    init(
        plan: TopologyPlan, subtopology: TopologyPlan.Subtopology, task: TaskIdentifier,
        state: (any TaskState)?, arena: EventArena
    ) {
        self.task = task
        self.arena = arena
        let timeline = Timeline()
        self.timeline = timeline
        let headers = FailureHeaders(application: plan.topology.application, topics: plan.topics)
        received = Array(repeating: 0, count: subtopology.nodes.count)
        for (index, planned) in subtopology.nodes.enumerated() {
            let work: Work
            switch planned.kind {
            case .source, .repartitionSource: work = .source
            case .sink(let sink, let topic):
                work = .sink(SinkWriter(sink, topic: topic, headers: headers))
            case .control(_, let receipts):
                work = .control(ReceiptWriter(topic: Int32(receipts), task: task))
            case .repartitionSink(let repartition):
                work = .repartition(
                    RepartitionWriter(
                        topic: Int32(repartition.topic), key: repartition.key, writer: task,
                        topics: plan.topics))
            case .operator(let node):
                let context = OperatorContext(
                    operatorName: node.name, errorPolicy: node.errorPolicy,
                    partition: task.partition,
                    connected: Self.connected(index, of: node, in: subtopology), arena: arena,
                    state: state, failureHeaders: headers, timeline: timeline)
                contexts.append(context)
                work = .operator(
                    node.definition.makeOperator(), context,
                    hasTimers: node.definition.stores.contains { $0.kind == .timers })
            }
            nodes.append(Node(work: work, inputs: Self.inputs(of: planned, task)))
        }
    }

    /// What every task has is written by one of them only.
    private static func inputs(
        of planned: PlannedNode, _ task: TaskIdentifier
    ) -> [PlannedNode.Input] {
        guard case .sink = planned.kind, task.partition != 0 else { return planned.inputs }
        return planned.inputs.filter { !$0.isBroadcast }
    }

    /// Which outputs of a node anything reads.
    private static func connected(
        _ index: Int, of node: Topology.Node, in subtopology: TopologyPlan.Subtopology
    ) -> [Bool] {
        let feedbackCount = node.definition.hasFeedback ? 1 : 0
        var connected = Array(
            repeating: false, count: node.spec.sideOutputs.count + 1 + feedbackCount)
        for reader in subtopology.nodes {
            for input in reader.inputs where input.node == index { connected[input.output] = true }
        }
        return connected
    }

    /// Hands operators their new definitions, by name; returns the names of those that took them.
    func adopt(_ definitions: [String: any OperatorDefinition]) -> [String] {
        nodes.compactMap { node in
            guard case .operator(let step, let context, _) = node.work,
                let definition = definitions[context.operatorName], step.adopt(definition)
            else { return nil }
            return context.operatorName
        }
    }

    /// No more records will come.
    func endInput() {
        for context in contexts { context.isAtEnd = true }
    }

    /// Begins a run whose events lie in `arena`.
    mutating func beginRun(arena: EventArena) {
        self.arena = arena
        timeline.removeAll()
        for context in contexts { context.arena = arena }
    }

    /// Sends the chosen events through all nodes; then fires the timers that are due at
    /// `streamTime`.
    mutating func run(
        chosen: [[Event]], streamTime: Timestamp, output: OutputBatch
    ) throws(TaskError) {
        defer { endRun() }
        // A command has a run of its own. What operators emit when they obey it is written in it.
        for index in nodes.indices where !chosen[index].isEmpty {
            guard case .control(let writer) = nodes[index].work else { continue }
            for event in chosen[index] {
                received[index] += 1
                try obey(event, writer, output)
            }
        }
        for index in nodes.indices {
            switch nodes[index].work {
            case .source, .control: continue
            case .operator(let step, let context, let hasTimers):
                do {
                    if nodes[index].hasNamedInputs {
                        try process(index, step, context, chosen)
                    } else {
                        let events = gather(nodes[index].inputs, chosen)
                        received[index] += events.count
                        if !events.isEmpty { try step.process(events, in: context) }
                    }
                    if hasTimers { try step.advance(to: streamTime, in: context) }
                } catch {
                    throw TaskError(
                        task: task, operatorName: context.operatorName, reason: error)
                }
            case .sink(let writer):
                let events = gather(nodes[index].inputs, chosen)
                received[index] += events.count
                do {
                    try writer.write(events, from: arena, into: output)
                } catch {
                    throw TaskError(
                        task: task, operatorName: "sink \(writer.name)", reason: error)
                }
            case .repartition(let writer):
                let events = gather(nodes[index].inputs, chosen)
                received[index] += events.count
                writer.write(events, from: arena, into: output)
            }
        }
    }

    /// Hands an operator the events of its inputs, one call for as long as they come from the same.
    private mutating func process(
        _ index: Int, _ step: any Operator, _ context: OperatorContext, _ chosen: [[Event]]
    ) throws(OperatorError) {
        for input in nodes[index].inputs { merge.add(events(of: input, chosen), as: input.input) }
        defer { context.input = 0 }
        for part in merge.takeParts() {
            received[index] += part.events.count
            context.input = part.input
            try step.process(part.events, in: context)
        }
    }

    /// Does what a command says, and writes what came of it. What is no command was not written by
    /// us, and is passed over.
    private func obey(
        _ event: Event, _ writer: ReceiptWriter, _ output: OutputBatch
    ) throws(TaskError) {
        guard let command = ForgetCommand(event, in: arena) else { return }
        var erased: [(name: String, count: Int)] = []
        for node in nodes {
            guard case .operator(let step, let context, _) = node.work else { continue }
            do {
                let count = try unsafe step.erase(arena.bytes(command.profile), in: context)
                if count > 0 { erased.append((context.operatorName, count)) }
            } catch {
                throw TaskError(task: task, operatorName: context.operatorName, reason: error)
            }
        }
        writer.write(command, of: event, erased: erased, in: arena, to: output)
    }

    private func endRun() {
        for context in contexts { context.endRun() }
    }

    /// The events of a node's inputs, in the order of their place in the task.
    private mutating func gather(_ inputs: [PlannedNode.Input], _ chosen: [[Event]]) -> [Event] {
        if inputs.count == 1 { return events(of: inputs[0], chosen) }
        for input in inputs { merge.add(events(of: input, chosen)) }
        return merge.take()
    }

    private func events(of input: PlannedNode.Input, _ chosen: [[Event]]) -> [Event] {
        switch nodes[input.node].work {
        case .source: chosen[input.node]
        case .operator(_, let context, _): context.emitted[input.output]
        case .sink, .repartition, .control: []
        }
    }

    /// What each operator has done since the task began.
    var metrics: [OperatorMetrics] {
        nodes.indices.compactMap { index in
            guard case .operator(_, let context, _) = nodes[index].work else { return nil }
            return OperatorMetrics(
                name: context.operatorName, received: received[index],
                emitted: context.emittedCounts, dropped: context.droppedCount,
                late: context.lateCount, gauges: context.gauges)
        }
    }
}

/// What one operator of a task has done.
public struct OperatorMetrics: Sendable, Equatable {
    public let name: String
    public let received: Int
    /// By output: the main one first, then the side outputs in the order of the spec.
    public let emitted: [Int]
    /// Records that it dropped: it could not take them, or need not pass them on.
    public let dropped: Int
    /// Records that were late.
    public let late: Int
    /// What the operator published of itself, by name; of several tasks the greatest.
    public let gauges: [String: Double]

    /// The sum of two tasks' metrics of one operator.
    public static func + (a: OperatorMetrics, b: OperatorMetrics) -> OperatorMetrics {
        OperatorMetrics(
            name: a.name, received: a.received + b.received,
            emitted: zip(a.emitted, b.emitted).map(+), dropped: a.dropped + b.dropped,
            late: a.late + b.late, gauges: a.gauges.merging(b.gauges) { max($0, $1) })
    }
}
