import Events
import JSONSchema
import Operators
import StreamCore
import Testing
import TextModels
import TrainedModels

@Suite("classify", .enabled(if: TrainedModel.isTrainable, Comment(rawValue: TrainedModel.need)))
struct ClassifyOperatorTests {
    /// The name of the model in a topology, and the models that stand there.
    private static let file = "intents.bin"

    private func definition(
        _ settings: Setting = [:], model: [UInt8] = TrainedModel.all[0].bytes
    ) throws -> any OperatorDefinition {
        try makeDefinition(
            ClassifyOperator.spec, Self.withModel(settings), binaries: [Self.file: model])
    }

    private static func withModel(_ settings: Setting) -> Setting {
        guard case .map(let entries) = settings else { return settings }
        return .map([("model", .string(file))] + entries)
    }

    private func rig(_ definition: any OperatorDefinition) throws -> OperatorRig {
        try OperatorRig([
            Topology.Node(
                name: "tested", spec: ClassifyOperator.spec, definition: definition, inputs: [])
        ])
    }

    private func rig(_ settings: Setting = [:]) throws -> OperatorRig {
        try rig(definition(settings))
    }

    private func problems(_ settings: Setting, model: [UInt8]? = nil) -> [String] {
        OperatorsTests.problems(
            of: ClassifyOperator.spec, settings, binaries: model.map { [Self.file: $0] } ?? [:])
    }

    private static func version(of bytes: [UInt8]) -> String {
        "fasttext/\(SHA256.hexadecimal(of: bytes).prefix(16))"
    }

    @Test("a text is tagged with its label, its probability and the version of the model")
    func tagged() throws {
        let value = try rig().values(#"{"text":"please give me my money back"}"#)[0]
        let start = #"out {"text":"please give me my money back","intent":{"label":"refund","#
        #expect(value.hasPrefix(start + #""probability":"#))
        let version = Self.version(of: TrainedModel.all[0].bytes)
        #expect(value.hasSuffix(#","version":"\#(version)"}}"#))
        #expect(!value.contains("labels") && !value.contains("reason"))
    }

    @Test("the text is what it says, not how JSON writes it")
    func escapes() throws {
        let plain = try rig().values(#"{"text":"where is my parcel"}"#)[0]
        let escaped = try rig().values(#"{"text":"wh\u0065re is my\tparcel"}"#)[0]
        #expect(plain.split(separator: "intent").last == escaped.split(separator: "intent").last)
    }

    @Test("'text' and 'into' say where the text is and where the label goes")
    func places() throws {
        let rig = try rig(["text": "message.body", "into": "meta.wants"])
        let event = #"{"message":{"body":"where is my parcel"},"meta":"#
        #expect(
            try rig.values(event + #"{"a":1}}"#)[0].contains(
                #""meta":{"a":1,"wants":{"label":"delivery""#))
        let failed = try rig.run(event + "[1]}")[0]
        #expect(failed.topic == "failed" && failed.value == event + "[1]}")
        #expect(
            failed.failure
                == "field_not_settable: the field 'meta.wants' can't be set: an array is in the way"
        )
    }

    @Test(
        "an event without a text goes on as it is",
        arguments: [#"{"a":1}"#, #"{"text":null}"#, #"{"text":5}"#, #"{"text":["where"]}"#])
    func noText(json: String) throws {
        #expect(try rig().values(json) == ["out \(json)"])
    }

    @Test("with 'top' the most likely labels are told, best first, as many as there are")
    func top() throws {
        func labels(_ top: Int64) throws -> [Substring] {
            let value = try rig(["top": .integer(top)]).values(#"{"text":"where is my"}"#)[0]
            let list = value.split(separator: #""labels":["#).last?.prefix { $0 != "]" } ?? ""
            return list.split(separator: #"{"label":""#).map { $0.prefix { $0 != "\"" } }
        }
        let all = try labels(50)
        #expect(Set(all) == ["refund", "delivery", "praise", "account"] && all.count == 4)
        #expect(try labels(2) == Array(all.prefix(2)))
        #expect(all[0] == "delivery")
    }

    @Test("a label that is not likely enough is null, with the reason and how likely it was")
    func threshold() throws {
        let event = #"{"text":"where is my money, please"}"#
        let version = Self.version(of: TrainedModel.all[0].bytes)
        let value = try rig(["threshold": 1, "top": 3]).values(event)[0]
        let start = #""intent":{"label":null,"reason":"threshold","probability":0."#
        #expect(value.contains(start))
        #expect(value.hasSuffix(#","labels":[],"version":"\#(version)"}}"#))
        #expect(try rig(["threshold": 0.3]).values(event)[0].contains(#"{"label":""#))
    }

    @Test(
        "an empty text has no label, whatever the model makes of one",
        arguments: ["", "  ", #"\n\t\u0000"#])
    func empty(text: String) throws {
        let version = Self.version(of: TrainedModel.all[0].bytes)
        #expect(
            try rig().values(#"{"text":"\#(text)"}"#)[0].hasSuffix(
                #""intent":{"label":null,"reason":"empty","probability":0.0,"#
                    + #""version":"\#(version)"}}"#))
    }

    @Test("a rule compares the label and the probability, also where no label is told")
    func rules() throws {
        let filter = Topology.Node(
            name: "refunds", spec: FilterOperator.spec,
            definition: try makeDefinition(
                FilterOperator.spec,
                ["when": "event.intent.label == 'refund' && event.intent.probability > 0.5"]),
            inputs: [])
        let sorted = Topology.Node(
            name: "sorted", spec: ClassifyOperator.spec,
            definition: try definition(["threshold": 0.9]), inputs: [])
        let rig = try OperatorRig([sorted, filter])
        func output(_ text: String) throws -> [String] {
            try rig.run(#"{"text":"\#(text)"}"#).map(\.topic)
        }
        #expect(try output("please give me my money back") == ["out"])
        #expect(try output("where is my parcel") == ["dropped"])
        #expect(try output("") == ["dropped"])
    }

    @Test("a model that changed is used from the next run on, and the version tells")
    func reload() throws {
        let other = try #require(TrainedModel.other).bytes
        let first = try definition()
        #expect(first.reloadedFiles == [Self.file])
        let rig = try rig(first)
        let event = #"{"text":"where is my parcel"}"#
        #expect(try rig.values(event)[0].contains(Self.version(of: TrainedModel.all[0].bytes)))
        rig.driver.adopt(["tested": try definition(model: other)])
        let value = try rig.values(event)[0]
        #expect(value.contains(#""label":"delivery""#))
        #expect(value.contains(Self.version(of: other)))
    }

    @Test("a text allocates no more than the library does for it", .enabled(if: isOptimised))
    func allocations() throws {
        let rig = try rig(["top": 2])
        let text = Array("please give me my money back".utf8)
        let value = Array(#"{"text":"please give me my money back"}"#.utf8)
        func round() throws { #expect(try rig.pipeMany(value) == 200) }
        for _ in 0..<3 { try round() }
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        var predictions: [TextClassifier.Prediction] = []
        predictions.reserveCapacity(2)
        let own = mallocs {
            for _ in 0..<200 {
                unsafe text.withUnsafeBytes {
                    unsafe classifier.predict($0, atMost: 2, atLeast: 0, into: &predictions)
                }
            }
        }
        // `#expect` allocates a little of its own.
        let all = try mallocs { for _ in 0..<10 { try round() } }
        #expect(all <= 10 * own + 200, "\(all) allocations, \(own) of the library for a tenth")
    }

    @Test("mistakes are told with what to do")
    func mistakes() {
        let remedy = "name a file that 'fasttext supervised' or 'fasttext quantize' wrote"
        #expect(
            problems(["model": "none.bin"]) == [
                "the model 'none.bin' can't be read: no such file"
            ])
        let bytes = TrainedModel.all[0].bytes
        #expect(
            problems(["model": "intents.bin"], model: Array(bytes.dropLast())) == [
                "the model 'intents.bin' can't be used: it is damaged: it ends too early; \(remedy)"
            ])
        #expect(
            problems(["model": "intents.bin"], model: Array("label,text\n".utf8)) == [
                "the model 'intents.bin' can't be used: it is no fastText model; \(remedy)"
            ])
        #expect(
            problems(["model": "intents.bin", "threshold": "high"], model: bytes) == [
                "'threshold' must be a number, not a string"
            ])
    }
}

@Suite("classify without its library", .enabled(if: !TextClassifier.isAvailable, "it is there"))
struct MissingClassifierTests {
    @Test("a build without fastText refuses the operator and says what to install")
    func refused() {
        #expect(
            problems(of: ClassifyOperator.spec, ["model": "intents.bin"]) == [
                "'classify' can't be used: this build of Millrace has no fastText; install the "
                    + "Debian package 'libfasttext-dev', run 'swift package purge-cache' and build "
                    + "again"
            ])
    }
}
