import Foundation
import Testing
import TextModels
import TrainedModels

@Suite(
    "Damaged models", .enabled(if: TrainedModel.isTrainable, Comment(rawValue: TrainedModel.need)))
struct DamagedModelTests {
    /// Why these bytes are refused as a model; nil when they are not, after the model was used.
    private func reason(_ bytes: some Sequence<UInt8>) -> String? {
        do throws(TextModelError) {
            let classifier = try TextClassifier(Array(bytes))
            _ = classifier.predictions("where is my money, xyzzy?", atMost: 3)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a model that ends too early is refused, wherever it ends", arguments: TrainedModel.small)
    func truncated(model: TrainedModel) {
        let bytes = model.bytes
        for length in 0..<bytes.count {
            #expect(reason(bytes.prefix(length)) != nil, "\(length) bytes")
        }
        #expect(reason(bytes) == nil)
        #expect(reason(bytes + [0]) == "it is damaged: it is longer than its model")
    }

    /// No sum tells a changed weight from a trained one; but nothing that is read may crash.
    @Test("changed bytes never crash", arguments: TrainedModel.small)
    func changed(model: TrainedModel) {
        let bytes = model.bytes
        var random = Seeded(state: 11)
        var refused = 0
        for round in 0..<3000 {
            var changed = bytes
            for _ in 0...(round % 4) {
                // Numbers that say how much there is stand in the first few kilobytes.
                let end = round % 2 == 0 ? 120 : changed.count
                let index = Int.random(in: 0..<end, using: &random)
                changed[index] = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255)][round % 6]
            }
            if reason(changed) != nil { refused += 1 }
        }
        #expect(refused > 1000)
    }

    @Test("random bytes are no model, also behind a model's first bytes")
    func random() {
        let start = TrainedModel.small[0].bytes.prefix(8)
        var random = Seeded(state: 3)
        for length in [0, 1, 8, 100, 5000] {
            let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(reason(noise) == "it is no fastText model")
            #expect(reason(start + noise)?.hasPrefix("it is damaged") == true)
        }
    }

    @Test("word vectors are no classifier")
    func wordVectors() throws {
        let input = TrainedModel.file("words.txt")
        TrainedModel.write(Messages.training, to: input)
        let output = TrainedModel.file("vectors")
        TrainedModel.run(
            [
                "skipgram", "-input", input, "-output", output, "-dim", "2", "-bucket", "10",
                "-epoch", "1", "-verbose", "0",
            ])
        let bytes = try Data(contentsOf: URL(filePath: output + ".bin"))
        #expect(reason(bytes) == "it has word vectors only, and no labels")
    }
}

/// SplitMix64, so that a run can be repeated.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
