internal import Events
internal import Foundation
internal import StreamCore

/// The output files of a ``FileRun``: one per sink, lines of values.
final class SinkFiles {
    private struct Sink {
        let path: String
        let partialPath: String
        let file: FileHandle
        /// Whether records are written with their headers, as for failures.
        let isEnveloped: Bool
        var buffer: [UInt8] = []

        /// Appends JSON. White space between its tokens: a line break inside a line ends it.
        mutating func append(line value: UnsafeRawBufferPointer) {
            let start = buffer.count
            unsafe buffer.append(contentsOf: value)
            for lineBreak: UInt8 in [0x0A, 0x0D]
            where unsafe value.count > 0
                && memchr(value.baseAddress!, Int32(lineBreak), value.count) != nil
            {
                for index in start..<buffer.count where buffer[index] == lineBreak {
                    buffer[index] = 0x20
                }
            }
        }
    }

    private var sinks: [Int32: Sink] = [:]
    private static let bufferLimit = 1 << 20

    init(plan: TopologyPlan, directory: String, inputs: [FileIdentity]) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for sink in plan.topology.sinks {
            guard let topic = plan.topics.firstIndex(of: sink.topic) else { continue }
            let path = "\(directory)/\(sink.topic).ndjson"
            let partialPath = path + ".partial"
            for path in [path, partialPath] {
                guard let found = FileIdentity(path: path) else { continue }
                let remedy = "choose another --output-directory"
                if found.isFolder {
                    throw UnusableFile(
                        path: path,
                        reason: "it is a folder, and a file of that name is to be written; "
                            + "move it, or \(remedy)")
                }
                if inputs.contains(where: { $0.isSameFile(as: found) }) {
                    throw UnusableFile(
                        path: path,
                        reason:
                            "it is an input, and a file of that name is to be written; \(remedy)")
                }
            }
            guard FileManager.default.createFile(atPath: partialPath, contents: nil) else {
                throw UnusableFile(path: partialPath, reason: UnusableFile.systemReason())
            }
            sinks[Int32(topic)] = Sink(
                path: path, partialPath: partialPath,
                file: try FileHandle(forWritingTo: URL(filePath: partialPath)),
                isEnveloped: Self.takesFailures(sink, plan.topology))
        }
    }

    private static func takesFailures(_ sink: Topology.Sink, _ topology: Topology) -> Bool {
        sink.inputs.contains { input in
            let spec = topology.operators.first { $0.name == input.node }?.spec
            return spec?.sideOutputs.contains { $0.name == input.output && $0.isForFailures }
                ?? false
        }
    }

    /// Writes the records and empties the batch.
    func write(_ output: OutputBatch) throws {
        for record in 0..<output.count {
            let topic = output.slots[record].topic
            guard sinks[topic] != nil else { continue }
            append(output, record: record, topic: topic)
            if sinks[topic]!.buffer.count >= Self.bufferLimit { try flush(topic) }
        }
        output.removeAll()
    }

    private func append(_ output: OutputBatch, record: Int, topic: Int32) {
        if sinks[topic]!.isEnveloped {
            var line = ByteBuffer()
            Self.writeEnvelope(output, record: record, to: &line)
            unsafe sinks[topic]!.buffer.append(contentsOf: line.bytes)
        } else if let value = unsafe output.value(of: record) {
            unsafe sinks[topic]!.append(line: value)
        } else {
            sinks[topic]!.buffer.append(contentsOf: "null".utf8)
        }
        sinks[topic]!.buffer.append(0x0A)
    }

    private static func writeEnvelope(
        _ output: OutputBatch, record: Int, to line: inout ByteBuffer
    ) {
        line.append("{\"key\":")
        unsafe write(output.key(of: record), to: &line)
        line.append(",\"value\":")
        unsafe write(output.value(of: record), to: &line)
        line.append(",\"headers\":{")
        var reader = unsafe RecordHeaders(output.headers(of: record))
        var isFirst = true
        while let header = reader.next() {
            if !isFirst { line.append(UInt8(ascii: ",")) }
            isFirst = false
            unsafe line.append(jsonString: header.name)
            line.append(UInt8(ascii: ":"))
            unsafe write(header.value, to: &line)
        }
        line.append("}}")
    }

    private static func write(_ text: UnsafeRawBufferPointer?, to line: inout ByteBuffer) {
        if let text = unsafe text {
            unsafe line.append(jsonString: text)
        } else {
            line.append("null")
        }
    }

    private func flush(_ topic: Int32) throws {
        try sinks[topic]!.file.write(contentsOf: Data(sinks[topic]!.buffer))
        sinks[topic]!.buffer.removeAll(keepingCapacity: true)
    }

    /// Gives the files their names.
    func finish() throws {
        for topic in sinks.keys.sorted() {
            try flush(topic)
            try sinks[topic]!.file.close()
            let sink = sinks[topic]!
            if FileManager.default.fileExists(atPath: sink.path) {
                try FileManager.default.removeItem(atPath: sink.path)
            }
            try FileManager.default.moveItem(atPath: sink.partialPath, toPath: sink.path)
        }
    }
}
