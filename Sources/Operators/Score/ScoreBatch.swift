internal import CEL
internal import Events
internal import Models
internal import StreamCore

/// Events that wait for their scores, with the rows of their features.
struct ScoreBatch: ~Copyable {
    /// A model and what it predicted for the batch.
    private struct Work {
        let model: ModelDefinition
        let runner: ModelRunner?
        var rows: [Double] = []
        var results: [Double] = []
    }

    private let settings: ScoreSettings
    private let evaluation: Evaluation
    private let writer: ScoreWriter
    private let width: Int
    /// What stands for features that are missing.
    private let fallbacks: [Double]
    /// The features that an event has by itself.
    private let ownFeatures: [Int]
    /// With the row of each; -1 for one that goes on as it is, and below for one that is refused.
    private var waiting: [(event: Event, row: Int)] = []
    /// Why events are refused: `waiting` has -2 for the first, -3 for the next.
    private var refusals: [FeatureReader.Obstacle] = []
    private var rows: [Double] = []
    private var work: [Work]
    private var drift: DriftCounts?
    /// Rows for which an expression of a model that counts has no value.
    private var failures: [(row: Int, reason: String)] = []
    private(set) var rowCount = 0

    init(_ settings: ScoreSettings, _ evaluation: Evaluation) {
        self.settings = settings
        self.evaluation = evaluation
        writer = ScoreWriter(settings)
        width = settings.features.count
        fallbacks = settings.features.map(\.fallback)
        ownFeatures = settings.features.indices.filter { settings.features[$0].history == nil }
        work = settings.models.map { model in
            guard case .file(let compiled, _) = model.form else {
                return Work(model: model, runner: nil)
            }
            guard let runner = try? ModelRunner(compiled, explains: model.explains) else {
                preconditionFailure("the model '\(model.name)' was made before and can't be now")
            }
            return Work(model: model, runner: runner)
        }
        drift = settings.drift.map { DriftCounts($0) }
    }

    // MARK: Filling

    /// Whether the last event has a row.
    var isOpen: Bool { waiting.last.map { $0.row >= 0 } ?? false }

    /// Adds an event that is not scored.
    mutating func pass(_ event: Event) { waiting.append((event, -1)) }

    /// Adds an event that can't be scored; it is refused in its place.
    mutating func refuse(_ event: Event, _ obstacle: FeatureReader.Obstacle) {
        refusals.append(obstacle)
        waiting.append((event, -1 - refusals.count))
    }

    /// Adds an event with the features that it has by itself.
    mutating func begin(
        _ event: Event, _ reader: borrowing FeatureReader, in arena: EventArena
    ) throws(FeatureReader.Obstacle) {
        let start = rows.count
        do {
            rows += fallbacks
            for feature in ownFeatures {
                let value = try reader.value(of: settings.features[feature], event, in: arena)
                if !value.isNaN { rows[start + feature] = value }
            }
        } catch {
            rows.removeLast(rows.count - start)
            throw error
        }
        waiting.append((event, rowCount))
        rowCount += 1
    }

    /// Gives the last event's feature its value.
    mutating func set(_ feature: Int, to value: Double) {
        rows[rows.count - width + feature] =
            value.isNaN ? fallbacks[feature] : value
    }

    /// Takes the last event out again.
    mutating func takeBack() {
        guard let last = waiting.popLast(), last.row >= 0 else { return }
        rowCount -= 1
        rows.removeLast(width)
    }

    // MARK: Scoring

    /// Scores what waits and sends it on, in order.
    mutating func finish(in context: OperatorContext) throws(OperatorError) {
        guard !waiting.isEmpty else { return }
        for index in work.indices { predict(index, in: context.arena) }
        for (event, row) in waiting {
            if row == -1 {
                context.emit(event)
                continue
            }
            if row < -1 {
                let refusal = refusals[-2 - row]
                try context.refuse(event, to: Scorer.Output.failed, error: refusal.error) {
                    refusal.reason
                }
                continue
            }
            let features = rows[row * width..<(row + 1) * width]
            if let failure = failures.first(where: { $0.row == row }) {
                try context.refuse(event, to: Scorer.Output.failed, error: "expression") {
                    failure.reason
                }
                continue
            }
            drift?.add(features, in: context)
            try emit(event, row, features, in: context)
        }
        failures.removeAll()
        refusals.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        rowCount = 0
    }

    private mutating func predict(_ index: Int, in arena: EventArena) {
        let count = rowCount * work[index].model.outputCount
        while work[index].results.count < count { work[index].results.append(.nan) }
        switch work[index].model.form {
        case .expression(let expression):
            evaluate(expression, index, in: arena)
        case .file(let model, let inputs):
            work[index].rows.removeAll(keepingCapacity: true)
            for row in 0..<rowCount {
                for input in inputs { work[index].rows.append(rows[row * width + input]) }
            }
            guard let runner = work[index].runner else { return }
            unsafe work[index].rows.withUnsafeBufferPointer { rows in
                unsafe work[index].results.withUnsafeMutableBufferPointer { results in
                    unsafe runner.predict(
                        rows, count: rowCount, stride: model.featureCount, into: results)
                }
            }
        }
    }

    private mutating func evaluate(_ expression: Expression, _ index: Int, in arena: EventArena) {
        for (event, row) in waiting where row >= 0 {
            evaluation.bind(settings.scope.events.event, to: event, in: arena)
            for (feature, variable) in settings.scope.features.enumerated() {
                let value = rows[row * width + feature]
                evaluation.bind(variable, to: value.isNaN ? .null : .double(value))
            }
            do {
                work[index].results[row] = try evaluation.number(of: expression) { _ in nil }
            } catch {
                work[index].results[row] = .nan
                // A shadow has no effect on the event.
                guard work[index].model.shadowed == nil else { continue }
                let name = work[index].model.name
                failures.append(
                    (row, "the model '\(name)' has no score: \(EventEvaluation.reason(error))"))
            }
        }
    }

    private mutating func emit(
        _ event: Event, _ row: Int, _ features: ArraySlice<Double>, in context: OperatorContext
    ) throws(OperatorError) {
        writer.begin()
        for index in work.indices where work[index].model.shadowed == nil {
            append(index, row)
        }
        var scored = event
        let isSet =
            if let path = settings.featuresOutput {
                writer.set(&scored, path, to: features, in: context.arena)
            } else {
                writer.set(&scored, in: context.arena)
            }
        guard isSet else {
            return try context.refuse(
                event, to: Scorer.Output.failed, error: "field_not_settable"
            ) {
                "the scores can't be set: the event is no object, or an array is in the way"
            }
        }
        context.emit(scored)
        guard context.isConnected(Scorer.Output.shadow),
            work.contains(where: { $0.model.shadowed != nil })
        else { return }
        for index in work.indices where work[index].model.shadowed != nil {
            append(index, row)
        }
        _ = writer.set(&scored, in: context.arena)
        context.emit(scored, to: Scorer.Output.shadow)
    }

    private mutating func append(_ index: Int, _ row: Int) {
        let model = work[index].model
        let count = model.outputCount
        let results = work[index].results[row * count..<(row + 1) * count]
        writer.append(model, results) { values in
            guard case .file(let compiled, _) = model.form, let runner = work[index].runner else {
                return
            }
            let start = row * compiled.featureCount
            unsafe work[index].rows.withUnsafeBufferPointer { rows in
                unsafe values.withUnsafeMutableBufferPointer { values in
                    unsafe runner.explain(
                        UnsafeBufferPointer(
                            rebasing: rows[start..<start + compiled.featureCount]), into: values)
                }
            }
        }
    }
}
