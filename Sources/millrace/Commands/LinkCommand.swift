internal import ArgumentParser
internal import Foundation
internal import Linkage

struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Finds records of the same person or thing in a CSV file.",
        subcommands: [TrainCommand.self, EvaluateCommand.self])

    /// What both commands are told of the file.
    struct Input: ParsableArguments {
        @Argument(help: "A CSV file with a header.", completion: .file(extensions: ["csv"]))
        var file: String

        @Option(help: "The column that names a record; else the first row is 1.")
        var idColumn: String?

        @Option(
            name: .customLong("field"),
            help: ArgumentHelp(
                "A column to compare by, and what it holds: COLUMN:KIND. May be repeated; else all "
                    + "columns are taken, and their kinds guessed. Kinds: "
                    + LinkageField.Kind.allCases.map(\.rawValue).joined(separator: ", ") + "."))
        var fields: [String] = []

        @Option(
            help: "The column that says which records are the same thing; it is not compared.")
        var clusterColumn = Self.usualClusterColumn

        private static let usualClusterColumn = "cluster"

        /// The table, and the columns that are compared, `given` or else as the options say.
        /// `needsClusters`: whether the column of clusters must be there.
        func read(
            needsClusters: Bool, given: [LinkageField]? = nil
        ) throws -> (CSVTable, [LinkageField]) {
            let table = try CSVTable(file)
            let mayLack = !needsClusters && clusterColumn == Self.usualClusterColumn
            let left = [clusterColumn] + [idColumn].compactMap { $0 }
            for column in left where !mayLack || column != clusterColumn {
                try table.require(column)
            }
            if let given {
                for field in given { try table.require(field.name) }
                return (table, given)
            }
            if fields.isEmpty {
                let guessed = table.guessedFields(except: left)
                if guessed.isEmpty {
                    throw ValidationError(
                        "'\(file)' has no column to compare by: in each all values are the same, or "
                            + "all differ; name some with --field COLUMN:KIND")
                }
                return (table, guessed)
            }
            return (
                table,
                try fields.map { text in
                    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
                    guard parts.count == 2, let kind = LinkageField.Kind(rawValue: parts[1]) else {
                        throw ValidationError("'\(text)' is not COLUMN:KIND")
                    }
                    try table.require(parts[0])
                    return LinkageField(name: parts[0], kind: kind)
                }
            )
        }
    }
}

extension LinkCommand {
    struct TrainCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "train",
            abstract: "Estimates how records are to be compared, without labels.",
            discussion: """
                Writes the model as JSON: for each column how often its values agree in pairs of \
                the same thing, and in pairs of different things.
                """)

        @OptionGroup var input: Input

        @Option(help: "Where the model goes; else to standard output.", completion: .file())
        var output: String?

        func run() throws {
            let (table, fields) = try input.read(needsClusters: false)
            let records = try table.records(of: fields, idColumn: input.idColumn)
            let model = Estimation.estimate(LinkageModel(fields: fields), from: records)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let text = try encoder.encode(model) + Data("\n".utf8)
            guard let output else {
                return Terminal.write(text)
            }
            do {
                try text.write(to: URL(filePath: output))
            } catch {
                throw Outcome.stop(error)
            }
        }
    }

    struct EvaluateCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "evaluate",
            abstract: "Links the records of a file and compares with the truth.",
            discussion: """
                Prints precision, recall and F1 of pairs (each pair that is likelier the same \
                thing than not) and of clusters (all pairs inside of them).
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

        @OptionGroup var input: Input

        @Option(
            help: "A model of 'millrace link train'; else it is estimated from the file.",
            completion: .file(extensions: ["json"]))
        var model: String?

        @Option(help: "How to print the figures.")
        var format = Format.text

        func validate() throws {
            if model != nil, !input.fields.isEmpty {
                throw ValidationError("--field goes without --model, which names its own")
            }
        }

        func run() throws {
            let model = try model.map { try Self.read($0) }
            let (table, fields) = try input.read(needsClusters: true, given: model?.fields)
            let records = try table.records(of: fields, idColumn: input.idColumn)
            let used = model ?? Estimation.estimate(LinkageModel(fields: fields), from: records)
            let names = table.names(idColumn: input.idColumn)
            let truthOf = Dictionary(
                zip(names, table.column(input.clusterColumn)),
                uniquingKeysWith: { first, _ in first })
            let truth = records.names.map { truthOf[$0] ?? "" }
            var linkage = RecordLinker(used, records)
            let pairs = LinkageScore(
                pairs: linkage.pairs().map { ($0.left, $0.right) }, truth: truth)
            let clusters = LinkageScore(clusters: linkage.clusters(), truth: truth)
            Terminal.print(
                format == .json ? json(pairs, clusters, records) : text(pairs, clusters, records))
        }

        private static func read(_ file: String) throws -> LinkageModel {
            let model: LinkageModel
            do {
                model = try JSONDecoder().decode(
                    LinkageModel.self, from: Data(contentsOf: URL(filePath: file)))
            } catch {
                throw ValidationError(
                    "'\(file)' is no model of 'millrace link train': \(Outcome.describe(error))")
            }
            if let problem = model.problem {
                throw ValidationError("'\(file)' can't be used: \(problem)")
            }
            return model
        }

        private func text(
            _ pairs: LinkageScore, _ clusters: LinkageScore, _ records: LinkageRecords
        ) -> String {
            func row(_ name: String, _ score: LinkageScore) -> String {
                let figures = [score.precision, score.recall, score.f1]
                    .map { String(format: "%10.4f", $0) }.joined()
                return name.padding(toLength: 10, withPad: " ", startingAt: 0) + figures
            }
            return """
                \(records.count) records, \(pairs.wanted) pairs of the same thing
                           precision    recall        F1
                \(row("pairs", pairs))
                \(row("clusters", clusters))
                """
        }

        private func json(
            _ pairs: LinkageScore, _ clusters: LinkageScore, _ records: LinkageRecords
        ) -> String {
            func object(_ score: LinkageScore) -> String {
                "{\"precision\":\(score.precision),\"recall\":\(score.recall),\"f1\":\(score.f1)}"
            }
            return "{\"records\":\(records.count),\"pairs\":\(object(pairs)),"
                + "\"clusters\":\(object(clusters))}"
        }
    }
}
