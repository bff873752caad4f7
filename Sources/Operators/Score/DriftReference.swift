internal import Events
internal import Models
internal import StreamCore

/// How the values of features were distributed when the models were trained.
///
/// ```json
/// { "amount": { "edges": [10, 50, 200], "shares": [0.2, 0.4, 0.2, 0.1], "missing": 0.1 } }
/// ```
///
/// `edges` are the upper bounds of all classes but the last, each inside its class; `shares` are
/// those of the classes, one more than edges; with `missing` they add up to 1.
struct DriftReference: Sendable {
    struct Feature: Sendable {
        let index: Int
        let name: String
        let edges: [Double]
        /// The shares of the classes, then that of missing values.
        let shares: [Double]
    }

    let features: [Feature]
    /// After so many scored events the index is computed and the count begins again.
    let window: Int

    static func read(
        _ configuration: inout Configuration, _ known: [FeatureDefinition]
    ) -> DriftReference? {
        guard let drift = configuration.value["drift"], let file = drift["reference"] else {
            return nil
        }
        var window = 10_000
        if case .integer(let integer)? = drift["window"]?.content {
            window = Int(clamping: integer)
        }
        do {
            let distributions = try Distribution.read(try configuration.readFile(file.text))
            var features: [Feature] = []
            for distribution in distributions {
                guard let index = known.firstIndex(where: { $0.name == distribution.name }) else {
                    configuration.report(
                        "'\(file.text)' is about a feature '\(distribution.name)', which is not "
                            + "there", at: file.location,
                        remedy: NearestName.remedy(
                            for: distribution.name, known: known.map(\.name)))
                    continue
                }
                features.append(
                    Feature(
                        index: index, name: distribution.name, edges: distribution.edges,
                        shares: distribution.shares))
            }
            return DriftReference(features: features, window: window)
        } catch let problem as ModelProblem {
            configuration.report(
                "the reference '\(file.text)' can't be used: \(problem.message)",
                at: file.location, remedy: problem.remedy)
        } catch {
            configuration.report(
                "the reference '\(file.text)' can't be read: \(error)", at: file.location)
        }
        return nil
    }
}

/// Counts of the values that were scored, by class, and how far they are from the reference.
struct DriftCounts {
    private let reference: DriftReference
    private var counts: [[Int]]
    private var total = 0

    init(_ reference: DriftReference) {
        self.reference = reference
        counts = reference.features.map { Array(repeating: 0, count: $0.shares.count) }
    }

    /// Counts a row of feature values; publishes when the window is full.
    mutating func add(_ row: ArraySlice<Double>, in context: OperatorContext) {
        for (place, feature) in reference.features.enumerated() {
            let value = row[row.startIndex + feature.index]
            var bin = 0
            if value.isNaN {
                bin = feature.edges.count + 1
            } else {
                while bin < feature.edges.count, value > feature.edges[bin] { bin += 1 }
            }
            counts[place][bin] += 1
        }
        total += 1
        guard total >= reference.window else { return }
        for (place, feature) in reference.features.enumerated() {
            context.setGauge(
                "drift.\(feature.name)",
                to: PopulationStability.index(of: counts[place], against: feature.shares))
            for bin in counts[place].indices { counts[place][bin] = 0 }
        }
        total = 0
    }
}
