internal import CEL
internal import Events
internal import JSONSchema
internal import Models
internal import StreamCore

/// One model of a `score` operator.
final class ModelDefinition: Sendable {
    enum Form: Sendable {
        /// A model file, and for each of its inputs the feature that it gets.
        case file(Model, inputs: [Int])
        case expression(Expression)
    }

    let name: String
    let form: Form
    /// The content hash of the file, or of the expression's text.
    let version: String
    let explains: Bool
    /// The model beside which it runs, without effect on the events that go on.
    let shadowed: String?

    var outputCount: Int {
        switch form {
        case .file(let model, _): model.outputCount
        case .expression: 1
        }
    }

    private init?(
        _ name: String, _ configuration: inout Configuration, _ features: [FeatureDefinition],
        in scope: FeatureScope
    ) {
        self.name = name
        explains = configuration.boolean("contributions", default: false)
        shadowed = configuration.string("shadow_of")
        if configuration.has("file") == configuration.has("expression") {
            configuration.report("the model '\(name)' needs a 'file' or an 'expression'")
            return nil
        }
        if let found = configuration.value["expression"] {
            for key in ["inputs", "contributions"] where configuration.has(key) {
                configuration.report("'\(key)' is only for a model with a file")
            }
            guard
                let expression = configuration.expression(of: found, in: scope.events)
            else { return nil }
            form = .expression(expression)
            version = Self.version(of: Array(found.text.utf8))
            return
        }
        let file = configuration.string("file") ?? ""
        let location = configuration.value["file"]?.location
        let bytes: [UInt8]
        do {
            bytes = try configuration.readFile(file)
        } catch {
            configuration.report("the model '\(file)' can't be read: \(error)", at: location)
            return nil
        }
        do {
            let model = try Model(bytes)
            _ = try ModelRunner(model, explains: explains)
            guard let inputs = Self.inputs(of: model, file, &configuration, features) else {
                return nil
            }
            form = .file(model, inputs: inputs)
            version = Self.version(of: bytes)
        } catch {
            configuration.report(
                "the model '\(file)' can't be used: \(error.message)", at: location,
                remedy: error.remedy)
            return nil
        }
    }
}

extension ModelDefinition {
    /// Reads the models; what is wrong with them is reported.
    static func read(
        _ configuration: inout Configuration, _ features: [FeatureDefinition],
        in scope: FeatureScope
    ) -> [ModelDefinition] {
        var models: [ModelDefinition] = []
        for entry in configuration.value["models"]?.entries ?? [] {
            var nested = Configuration(
                name: configuration.name, value: entry.value,
                eventSchema: configuration.eventSchema, readFile: configuration.readFile)
            let model = ModelDefinition(entry.key, &nested, features, in: scope)
            configuration.absorb(nested)
            if let model { models.append(model) }
        }
        let live = models.filter { $0.shadowed == nil }.map(\.name)
        for entry in configuration.value["models"]?.entries ?? [] {
            guard let shadowed = entry.value["shadow_of"], !live.contains(shadowed.text) else {
                continue
            }
            configuration.report(
                "'shadow_of' names no model: '\(shadowed.text)'", at: shadowed.location,
                remedy: NearestName.remedy(for: shadowed.text, known: live))
        }
        return models
    }

    static func version(of bytes: [UInt8]) -> String {
        String(SHA256.hexadecimal(of: bytes).prefix(16))
    }

    /// For each input of the model the index of its feature.
    private static func inputs(
        of model: Model, _ file: String, _ configuration: inout Configuration,
        _ features: [FeatureDefinition]
    ) -> [Int]? {
        let given = configuration.values("inputs")
        var names = given.map(\.text)
        if given.isEmpty {
            guard !model.featureNames.isEmpty else {
                configuration.report(
                    "the model '\(file)' does not name its \(model.featureCount) features",
                    remedy: "list the features in its order, as 'inputs'")
                return nil
            }
            names = model.featureNames
        }
        guard names.count == model.featureCount else {
            configuration.report(
                "'inputs' has \(names.count) features, the model '\(file)' \(model.featureCount)",
                at: configuration.value["inputs"]?.location)
            return nil
        }
        var indices: [Int] = []
        let known = features.map(\.name)
        for (place, name) in names.enumerated() {
            guard let index = known.firstIndex(of: name) else {
                configuration.report(
                    "the model '\(file)' takes a feature '\(name)', which is not there",
                    at: given.isEmpty ? nil : given[place].location,
                    remedy: NearestName.remedy(for: name, known: known))
                return nil
            }
            indices.append(index)
        }
        return indices
    }
}

/// What the expressions of models may name: `event` and `features.NAME`.
struct FeatureScope: Sendable {
    let events: EventScope
    let features: [Variable]

    init(_ scope: EventScope, _ features: [FeatureDefinition]) {
        var scope = scope
        self.features = features.map { scope.declare("features.\($0.name)") }
        events = scope
    }
}
