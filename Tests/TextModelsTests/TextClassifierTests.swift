import Foundation
import Testing
import TextModels
import TrainedModels

@Suite(
    "Text classifier",
    .enabled(if: TrainedModel.isTrainable, Comment(rawValue: TrainedModel.need)))
struct TextClassifierTests {
    @Test("it predicts what the fasttext command predicts", arguments: TrainedModel.all)
    func parity(model: TrainedModel) throws {
        let classifier = try TextClassifier(model.bytes)
        let texts = Messages.unseen
        let input = TrainedModel.file("\(model.description).txt")
        TrainedModel.write(texts, to: input)
        let lines = TrainedModel.run(["predict-prob", model.path, input, "3"])
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(texts.count > 200)
        #expect(lines.count == texts.count + 1)
        for (text, line) in zip(texts, lines) {
            let fields = line.split(separator: " ")
            let predictions = classifier.predictions(text, atMost: 3)
            #expect(predictions.count == fields.count / 2, "\(text)")
            for (index, prediction) in predictions.enumerated() {
                let label = classifier.labels[prediction.label]
                #expect("__label__\(label)" == fields[2 * index], "\(text)")
                // The tool prints more than 1 for what is certain.
                let expected = min(Float(fields[2 * index + 1])!, 1)
                #expect(abs(prediction.probability - expected) <= 1e-5, "\(text)")
            }
        }
    }

    @Test("it knows the labels without their prefix")
    func labels() throws {
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        #expect(Set(classifier.labels) == ["refund", "delivery", "praise", "account"])
        let best = classifier.predictions("where is my parcel", atMost: 1)
        #expect(best.map { classifier.labels[$0.label] } == ["delivery"])
        #expect(best[0].probability > 0.9)
    }

    @Test("line breaks are spaces, so that a text is one line")
    func lineBreaks() throws {
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        let text = String(repeating: "where is my parcel and give me money ", count: 200)
        let expected = classifier.predictions(text, atMost: 4)
        let broken = text.replacing(" my ", with: "\nmy\n").replacing(" and ", with: "\r\nand\n\n")
        #expect(classifier.predictions(broken, atMost: 4) == expected)
        #expect(
            classifier.predictions("\n\nmoney back\n", atMost: 4)
                == classifier.predictions("money back", atMost: 4))
    }

    @Test("the library's own word for a line's end ends no text")
    func lineEnd() throws {
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        for text in ["</s> where is my parcel", "where is </s> </s> my parcel", "my parcel </s>"] {
            let best = classifier.predictions(text, atMost: 1)
            #expect(best.map { classifier.labels[$0.label] } == ["delivery"], "\(text)")
        }
    }

    @Test("as many labels come back as asked for and as are likely enough")
    func limits() throws {
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        #expect(classifier.predictions("where is", atMost: 0).isEmpty)
        #expect(classifier.predictions("where is", atMost: -1).isEmpty)
        #expect(classifier.predictions("where is", atMost: .max).count == 4)
        let likely = classifier.predictions("where is", atMost: 4, atLeast: 0.5)
        #expect(likely.count == 1 && likely[0].probability >= 0.5)
        #expect(classifier.predictions("where is", atMost: 4, atLeast: 1.1).isEmpty)
    }

    @Test("any bytes can be classified")
    func anyBytes() throws {
        let classifier = try TextClassifier(TrainedModel.all[0].bytes)
        var random = Seeded(state: 7)
        var predictions: [TextClassifier.Prediction] = []
        for length in [0, 1, 7, 1022, 1023, 1024, 5000, 1 << 20] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            unsafe bytes.withUnsafeBytes {
                unsafe classifier.predict($0, atMost: 2, atLeast: 0, into: &predictions)
            }
            #expect(predictions.count == 2)
        }
    }

    @Test("many threads predict with one model", arguments: TrainedModel.all)
    func concurrency(model: TrainedModel) throws {
        let classifier = try TextClassifier(model.bytes)
        let texts = Messages.unseen
        let expected = texts.map { classifier.predictions($0, atMost: 4) }
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for round in 0..<5 {
                for index in texts.indices {
                    let index = (index + thread * 31 + round) % texts.count
                    #expect(classifier.predictions(texts[index], atMost: 4) == expected[index])
                }
            }
        }
    }
}

extension TextClassifier {
    func predictions(_ text: String, atMost count: Int, atLeast threshold: Float = 0)
        -> [Prediction]
    {
        var predictions: [Prediction] = []
        var text = text
        text.withUTF8 {
            unsafe predict(
                UnsafeRawBufferPointer($0), atMost: count, atLeast: threshold, into: &predictions)
        }
        return predictions
    }
}
