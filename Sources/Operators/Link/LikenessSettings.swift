internal import Events
internal import Foundation
internal import Linkage
internal import StreamCore

/// How profiles are linked that have no identifier in common, by what events say of the person.
struct LikenessSettings: Sendable {
    let comparer: LinkageComparer
    /// Where the values of the model's fields are in an event.
    let fields: [FieldPath]
    /// From this weight on two identifiers are one profile's.
    let linkWeight: Double
    /// From this weight on, and below the other, people are asked.
    let reviewWeight: Double
    let storeName: String

    /// What the stored descriptions are made of.
    var definition: String {
        "likeness of "
            + comparer.model.fields.map { "\($0.name):\($0.kind.rawValue)" }
            .joined(separator: ",")
    }

    /// Reads the settings and the model; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        storeName = "\(configuration.name).likeness"
        let link = Self.weight("link_above", default: 0.99, &configuration)
        let review = Self.weight("review_above", default: 0.8, &configuration)
        linkWeight = link
        reviewWeight = review
        if review > link {
            configuration.report(
                "'review_above' is above 'link_above'",
                at: configuration.value["review_above"]?.location,
                remedy: "what is likelier than 'link_above' is linked without a review")
        }
        guard let model = Self.model(&configuration) else { return nil }
        comparer = LinkageComparer(model)
        fields = Self.fields(of: model, &configuration)
        if !configuration.diagnostics.isEmpty { return nil }
    }

    private static func weight(
        _ key: String, default fallback: Double, _ configuration: inout Configuration
    ) -> Double {
        guard let found = configuration.value[key] else {
            return LinkageComparer.weight(ofProbability: fallback)
        }
        guard let probability = Double(found.text), probability > 0, probability < 1 else {
            configuration.report(
                "'\(key)' is no probability between 0 and 1: '\(found.text)'", at: found.location,
                remedy: "write for example \(fallback)")
            return LinkageComparer.weight(ofProbability: fallback)
        }
        return LinkageComparer.weight(ofProbability: probability)
    }

    private static func model(_ configuration: inout Configuration) -> LinkageModel? {
        guard let file = configuration.string("model") else {
            configuration.report(
                "'model' is missing", remedy: "'millrace link train' makes one from a CSV file")
            return nil
        }
        let location = configuration.value["model"]?.location
        let text: [UInt8]
        do {
            text = try configuration.readFile(file)
        } catch {
            configuration.report("the model '\(file)' can't be read: \(error)", at: location)
            return nil
        }
        var problem: String?
        do {
            let model = try JSONDecoder().decode(LinkageModel.self, from: Data(text))
            problem = model.problem
            if problem == nil, model.fields.count > 16 {
                problem = "it has \(model.fields.count) fields, more than 16"
            }
            if problem == nil { return model }
        } catch {
            problem = "it is none that 'millrace link train' writes"
        }
        configuration.report(
            "the model '\(file)' can't be used: \(problem ?? "")", at: location,
            remedy: "make it anew with 'millrace link train'")
        return nil
    }

    private static func fields(
        of model: LinkageModel, _ configuration: inout Configuration
    ) -> [FieldPath] {
        let given = configuration.value["fields"]?.entries
        let known = model.fields.map(\.name)
        for entry in given ?? [] where !known.contains(entry.key) {
            configuration.report(
                "the model has no field '\(entry.key)'", at: entry.keyLocation,
                remedy: NearestName.remedy(for: entry.key, known: known))
        }
        var paths: [FieldPath] = []
        for field in model.fields {
            guard let given else {
                // Without a list the events call them as the model does.
                if let path = try? FieldPath(field.name) {
                    paths.append(path)
                } else {
                    configuration.report(
                        "the field '\(field.name)' of the model is no field path",
                        remedy: "say under 'fields' where it is in an event")
                }
                continue
            }
            guard let entry = given.first(where: { $0.key == field.name }) else {
                configuration.report(
                    "'fields' does not say where '\(field.name)' of the model is",
                    at: configuration.value["fields"]?.location,
                    remedy: "add it, with the path of the field in an event")
                continue
            }
            if let path = configuration.fieldPath(of: entry.value, named: field.name) {
                paths.append(path)
            }
        }
        return paths
    }
}

// MARK: Descriptions

/// What one event says of a person: the values of the model's fields in the form in which they are
/// compared, each behind its length plus one (2 bytes, little-endian; 0 where there is none).
enum PersonDescription {
    /// The fewest values that say anything.
    private static let fewest = 2
    private static let longest = 256

    /// Writes the description that an event has into `bytes`; false, and nothing, when it says too
    /// little.
    static func read(
        _ event: Event, in arena: EventArena, _ settings: LikenessSettings,
        into bytes: inout [UInt8]
    ) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        var count = 0
        for (place, field) in settings.comparer.model.fields.enumerated() {
            let head = bytes.count
            bytes.append(0)
            bytes.append(0)
            let value = arena.value(of: event, at: settings.fields[place])
            switch value.kind {
            case .string:
                unsafe field.kind.append(normalized: arena.bytes(value.text), to: &bytes)
            case .integer, .unsignedInteger:
                unsafe field.kind.append(normalized: arena.bytes(value.raw), to: &bytes)
            case .missing, .null, .boolean, .decimal, .object, .array: continue
            }
            let length = bytes.count - head - 2
            guard length > 0, length <= longest else {
                bytes.removeLast(length)
                continue
            }
            bytes[head] = UInt8((length + 1) & 255)
            bytes[head + 1] = UInt8((length + 1) >> 8)
            count += 1
        }
        if count < fewest { bytes.removeAll(keepingCapacity: true) }
        return count >= fewest
    }

    static func values(of bytes: [UInt8], fieldCount: Int) -> LinkageComparer.Values {
        var values: LinkageComparer.Values = []
        var position = 0
        while values.count < fieldCount {
            guard position + 2 <= bytes.count else {
                values.append(nil)
                continue
            }
            let length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
            position += 2
            guard length > 0 else {
                values.append(nil)
                continue
            }
            let end = min(bytes.count, position + length - 1)
            values.append(Array(bytes[position..<end]))
            position = end
        }
        return values
    }
}
