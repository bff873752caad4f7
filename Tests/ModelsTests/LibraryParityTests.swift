import Foundation
import Models
import Testing

/// Compares predictions and contributions with those of XGBoost and LightGBM, which
/// `scripts/model-parity` has written into the folder that `MILLRACE_MODEL_PARITY` names.
@Suite("Parity with the libraries")
struct LibraryParityTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let folder: URL
        let name: String
        let model: String
        let rows: Int
        let columns: Int

        var testDescription: String { name }

        func numbers(_ kind: String) throws -> [Double] {
            let data = try Data(contentsOf: folder.appending(path: "\(name).\(kind)"))
            var numbers = [Double](repeating: 0, count: data.count / 8)
            _ = unsafe numbers.withUnsafeMutableBytes { unsafe data.copyBytes(to: $0) }
            return numbers
        }
    }

    static let folder = ProcessInfo.processInfo.environment["MILLRACE_MODEL_PARITY"]
        .map { URL(fileURLWithPath: $0) }

    static let cases: [Case] = {
        guard let folder,
            let list = try? String(contentsOf: folder.appending(path: "cases.txt"), encoding: .utf8)
        else { return [] }
        return list.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            return Case(
                folder: folder, name: String(words[0]), model: String(words[1]),
                rows: Int(words[2]) ?? 0, columns: Int(words[3]) ?? 0)
        }
    }()

    @Test("predictions and contributions are the library's to 1e-6", arguments: cases)
    func predictionsAreEqual(_ tested: Case) throws {
        let file = try Data(contentsOf: tested.folder.appending(path: tested.model))
        let model = try Model(Array(file))
        let runner = try ModelRunner(model, explains: model.contributionCount > 0)
        let rows = try tested.numbers("rows")
        let predictions = try runner.predictions(rows, stride: tested.columns)
        try compare(predictions, tested.numbers("predictions"), tested, "prediction")
        let contributions = try runner.contributions(rows, stride: tested.columns)
        try compare(contributions, tested.numbers("contributions"), tested, "contribution")
    }

    private func compare(
        _ ours: [Double], _ theirs: [Double], _ tested: Case, _ what: String
    ) throws {
        try #require(ours.count == theirs.count, "\(what)s of \(tested.name)")
        var worst = 0.0
        var place = 0
        for index in ours.indices {
            let difference = abs(ours[index] - theirs[index]) / max(1, abs(theirs[index]))
            if !(difference <= worst) { (worst, place) = (difference, index) }
        }
        print("\(tested.name): \(ours.count) numbers, largest difference of a \(what) \(worst)")
        #expect(
            worst <= 1e-6,
            "\(what) \(place): \(ours[place]) here, \(theirs[place]) in the library")
    }
}

extension ModelRunner {
    func predictions(_ rows: [Double], stride: Int) throws -> [Double] {
        let count = rows.count / stride
        var results = [Double](repeating: 0, count: count * model.outputCount)
        unsafe rows.withUnsafeBufferPointer { rows in
            unsafe results.withUnsafeMutableBufferPointer { results in
                unsafe predict(rows, count: count, stride: stride, into: results)
            }
        }
        return results
    }

    func contributions(_ rows: [Double], stride: Int) throws -> [Double] {
        let count = rows.count / stride
        let width = model.contributionCount
        var results = [Double](repeating: 0, count: count * width)
        unsafe rows.withUnsafeBufferPointer { rows in
            unsafe results.withUnsafeMutableBufferPointer { results in
                for row in 0..<count {
                    unsafe explain(
                        UnsafeBufferPointer(rebasing: rows[row * stride..<(row + 1) * stride]),
                        into: UnsafeMutableBufferPointer(
                            rebasing: results[row * width..<(row + 1) * width]))
                }
            }
        }
        return results
    }
}
