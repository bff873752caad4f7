internal import Foundation
internal import TextModels

/// Models that the `fasttext` command trains on made-up support messages, once per test run.
///
/// The repository holds no model: what tests need is trained where they run.
package struct TrainedModel: Sendable, CustomStringConvertible {
    package let path: String
    package let description: String

    /// The content of the file.
    package var bytes: [UInt8] { Array(try! Data(contentsOf: URL(filePath: path))) }

    private static let tool = ["/usr/bin/fasttext", "/usr/local/bin/fasttext"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Why a test that needs a model is skipped.
    package static let need = "needs libfasttext-dev and the command fasttext"

    package static var isTrainable: Bool { tool != nil && TextClassifier.isAvailable }

    /// One model per kind of file that the library reads differently.
    package static let all: [TrainedModel] =
        isTrainable
        ? [
            train("softmax", "-loss softmax -wordNgrams 2 -minn 2 -maxn 4 -bucket 5000 -dim 16"),
            train("tree", "-loss hs -wordNgrams 1 -dim 16"),
            train("one-vs-all", "-loss ova -wordNgrams 3 -bucket 1000 -dim 10"),
            train("negative", "-loss ns -minn 3 -maxn 3 -bucket 300 -dim 8"),
            quantize("softmax", "-qnorm"), quantize("one-vs-all", "-cutoff 400 -qnorm -dsub 3"),
        ] : []

    /// Another model with the same labels.
    package static let other: TrainedModel? =
        isTrainable ? train("other", "-loss softmax -dim 8 -seed 7") : nil

    /// Small enough to be damaged at every byte: one as it was trained, one quantized and pruned.
    package static let small: [TrainedModel] =
        isTrainable
        ? [
            train("small", "-loss hs -minn 2 -maxn 2 -bucket 300 -dim 2"),
            quantize("small", "-cutoff 256 -qnorm"),
        ] : []

    private static let folder: URL = {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "text-models-\(ProcessInfo.processInfo.processIdentifier)")
        try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: TrainedModel.folder) }
        return folder
    }()

    /// A folder in which the first model lies under that name.
    package static func folder(holding name: String) -> String {
        let place = folder.appending(path: "example").appending(path: name)
        try! FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try! Data(all[0].bytes).write(to: place)
        return folder.appending(path: "example").path
    }

    /// A place in the folder of the models, which goes with the process.
    package static func file(_ name: String) -> String { folder.appending(path: name).path }

    private static let training: String = {
        let path = file("training.txt")
        write(Messages.training, to: path)
        return path
    }()

    private static func train(_ name: String, _ options: String) -> TrainedModel {
        let output = file(name)
        let fixed = "-epoch 20 -lr 0.5 -thread 1 -verbose 0 -minCount 1"
        run(["supervised", "-input", training, "-output", output] + words("\(options) \(fixed)"))
        return TrainedModel(path: output + ".bin", description: name)
    }

    private static func quantize(_ name: String, _ options: String) -> TrainedModel {
        let model = ["-input", training, "-output", file(name)]
        run(["quantize"] + model + words("\(options) -verbose 0 -thread 1"))
        return TrainedModel(path: file(name) + ".ftz", description: "\(name), quantized")
    }

    private static func words(_ options: String) -> [String] {
        options.split(separator: " ").map(String.init)
    }

    package static func write(_ lines: [String], to path: String) {
        try! Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    }

    /// What the tool prints.
    @discardableResult package static func run(_ arguments: [String]) -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: tool!)
        process.arguments = arguments
        process.standardOutput = output
        try! process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        precondition(process.terminationStatus == 0, "fasttext \(arguments)")
        return String(decoding: data, as: UTF8.self)
    }
}
