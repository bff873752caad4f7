import Foundation
import Operators
import StreamCore
import Testing
import TopologyFiles

@Suite("Expressions in a topology file")
struct ExpressionPlacesTests {
    /// What is said about a filter whose `when` is written so, behind six spaces and `when: `.
    private func complaints(
        _ when: String, environment: [String: String] = [:]
    ) -> [String] {
        let loading = Loading(operators: .standard, environment: environment)
        return loading.complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { from: raw, on_error: drop, parse: { format: json } }
              kept:
                from: parsed
                on_error: drop
                filter:
                  when: \(when)
            sinks: { out: { from: kept } }
            """)
    }

    private func place(_ when: String) -> String? {
        let complaints = complaints(when)
        guard complaints.count == 1, let complaint = complaints.first else {
            return complaints.joined(separator: "\n")
        }
        return complaint.wholeMatch(of: /shop.yaml:(\d+:\d+): error: .*did you mean 'event'\?/)
            .map { String($0.1) } ?? complaint
    }

    @Test("are refused where they are wrong, with the nearest name")
    func says() {
        #expect(
            complaints("event.type.startWith('view')") == [
                "shop.yaml:9:24: error: there is no function 'startWith'; did you mean 'startsWith'?"
            ])
        #expect(
            complaints("event.a == 1 &&").first?.hasPrefix("shop.yaml:9:28: error: ") == true)
        #expect(
            complaints("event.a + 1.0") == [
                "shop.yaml:9:13: error: a bool is needed, not double"
            ])
    }

    @Test("are followed through quotes, escapes, block and folded lines")
    func places() {
        #expect(place("evnt.a == 1") == "9:13")
        #expect(place("event.a == 1 || evnt.a == 1") == "9:29")
        #expect(place("'evnt.a == 1'") == "9:14")
        #expect(place("'event.a == ''x'' || evnt.a == 1'") == "9:34")
        #expect(place(#""event.a == \"x\" || evnt.a == 1""#) == "9:34")
        #expect(place(#""event.a == '\u00e4\x41' || evnt.a == 1""#) == "9:41")
        #expect(place("'event.a == ''ä'' || evnt.a == 1'") == "9:34")
        #expect(place("&mine event.a == 1 || evnt.a == 1") == "9:35")
        #expect(place("&mine 'event.a == 1 || evnt.a == 1'") == "9:36")
        #expect(place("|\n        event.a == 1 ||\n          evnt.a == 1") == "11:11")
        #expect(place(">-\n        event.a == 1\n\n        || evnt.a == 1") == "12:12")
        #expect(place("event.a == 1\n        || evnt.a == 1") == "10:12")
        #expect(place("\"event.a == 1 \\\n        || evnt.a == 1\"") == "10:12")
        #expect(place("'event.a == 1\n        || evnt.a == 1'") == "10:12")
        #expect(place("{ field: a, equals: 1 }") == "")
        #expect(place("true") == "")
    }

    @Test("with a variable in them are refused at their start, with the place in the expression")
    func variables() {
        #expect(
            complaints("event.a == ${LIMIT} || evnt.a", environment: ["LIMIT": "5"]) == [
                "shop.yaml:9:13: error: nothing is called 'evnt' here (at 1:17 of the expression); did you "
                    + "mean 'event'?"
            ])
    }

    @Test("are an expression or a map, and nothing else")
    func kinds() {
        #expect(
            complaints("[event.a]") == [
                "shop.yaml:9:13: error: 'when' must be a condition, not a list; write for example "
                    + "event.event_type == 'purchase'"
            ])
        #expect(complaints("").count == 1)
    }

    /// What is said about a filter and a map behind a `validate` with the schema that Millrace
    /// ships.
    private func typedComplaints(
        validate: String = "", filter: String = "true", compute: String = "1"
    ) -> [String] {
        let loading = Loading(
            operators: .standard, path: ShippedTopologiesTests.folder.path + "/shop.yaml")
        return loading.complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { from: raw, on_error: drop, parse: { format: json } }
              valid:
                from: parsed
                on_error: drop
                validate: { schema: schemas/customer-event.schema.json\(validate) }
              kept: { from: [dropped, dropped.dropped], filter: { when: "\(filter)" } }
              dropped: { from: valid, filter: { when: "true" } }
              mapped:
                from: kept
                map: { set: { page.kind: 1 }, compute: { order.net: "\(compute)", x: event.order.net } }
            sinks:
              out: { from: [mapped, mapped.failed, kept.failed, dropped.failed] }
            """
        ).map { String($0.drop { $0 != ":" }) }
    }

    @Test("know the fields behind a validate, and what was set there since")
    func typedBySchema() {
        #expect(typedComplaints() == [])
        #expect(
            typedComplaints(filter: "event.order.totl >= 1.0") == [
                ":9:74: error: event.order has no field 'totl'; did you mean 'total'?"
            ])
        #expect(
            typedComplaints(compute: "event.page.kind + event.order.total * 2").first?
                .hasPrefix(":13:94: error: '*' can't be applied to double and int") == true)
        #expect(typedComplaints(compute: "event.page.kind").isEmpty)
        #expect(typedComplaints(validate: ", lineage: by", filter: "event.x == 1").isEmpty)
        #expect(typedComplaints(validate: ", on_violation: tag", filter: "event.x == 1").isEmpty)
    }

    @Test("in circles of operators end")
    func circles() {
        let complaints = Loading(operators: .standard).complaints(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              a: { from: [b, b.dropped], filter: { when: event.x } }
              b: { from: [a, a.dropped], filter: { when: event.x } }
            sinks: { out: { from: [a, b, a.failed, b.failed] } }
            """)
        #expect(!complaints.isEmpty)
    }
}
