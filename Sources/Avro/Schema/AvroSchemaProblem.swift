/// What is wrong with an Avro schema, or keeps one from being read as another.
package struct AvroSchemaProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence without a full stop.
    package let message: String
    /// Where in the schema: names of types and fields, joined with dots; empty for the top.
    package let place: String

    package init(_ message: String, at place: String) {
        self.message = message
        self.place = place
    }

    package var description: String { place.isEmpty ? message : "\(place): \(message)" }
}
