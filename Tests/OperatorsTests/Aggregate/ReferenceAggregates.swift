import Foundation

/// One event of a group, as the tests of `aggregate` use it.
struct SaleEvent {
    var key: String
    /// Event time in milliseconds.
    var time: Int64
    /// As JSON writes it; `nil` where there is none.
    var amount: String?
    var product: String
    var isPurchase = true
    var number = 0

    var record: TimedRecord {
        var json = "{\"number\":\(number),\"user\":\"\(key)\",\"product\":\"\(product)\""
        if let amount { json += ",\"amount\":\(amount)" }
        json += ",\"type\":\"\(isPurchase ? "buy" : "view")\"}"
        return TimedRecord(key: key, json: json, time: time)
    }
}

/// A slow and simple model of `aggregate`: all events of each window are kept.
struct ReferenceAggregates {
    struct Window {
        var key: String
        var start: Int64
        /// For sessions the last event.
        var end: Int64
        var events: [SaleEvent]
    }

    private(set) var closed: [Window] = []
    private(set) var late: [SaleEvent] = []

    /// Kafka Streams' hopping windows (`TimeWindows.windowsFor`, `KStreamWindowAggregate`): windows
    /// start at multiples of the advance, an event is in those with start <= t < start + size, and
    /// one whose end is at or before the observed time less grace is closed.
    static func aligned(
        _ events: [SaleEvent], size: Int64, advance: Int64, grace: Int64, outOfOrderness: Int64
    ) -> ReferenceAggregates {
        var model = ReferenceAggregates()
        var open: [Window] = []
        var observed = Int64.min
        for event in events {
            observed = max(observed, event.time - outOfOrderness)
            let closeTime = observed - grace
            model.close(&open) { $0.end <= closeTime }
            var start = max(0, event.time - size + advance) / advance * advance
            var isLate = false
            while start <= event.time {
                if start + size > closeTime {
                    if let index = open.firstIndex(where: {
                        $0.key == event.key && $0.start == start
                    }) {
                        open[index].events.append(event)
                    } else {
                        open.append(
                            Window(key: event.key, start: start, end: start + size, events: [event])
                        )
                    }
                } else {
                    isLate = true
                }
                start += advance
            }
            if isLate { model.late.append(event) }
        }
        model.close(&open) { _ in true }
        return model
    }

    /// Kafka Streams' session windows (`KStreamSessionWindowAggregate`).
    static func sessions(
        _ events: [SaleEvent], gap: Int64, grace: Int64, outOfOrderness: Int64
    ) -> ReferenceAggregates {
        var model = ReferenceAggregates()
        var open: [Window] = []
        var observed = Int64.min
        for event in events {
            observed = max(observed, event.time - outOfOrderness)
            model.close(&open) { $0.end + gap < observed - grace }
            var merged = Window(
                key: event.key, start: event.time, end: event.time, events: [event])
            let found = open.indices.filter {
                open[$0].key == event.key && open[$0].start <= event.time + gap
                    && open[$0].end >= event.time - gap
            }
            for index in found {
                merged.start = min(merged.start, open[index].start)
                merged.end = max(merged.end, open[index].end)
                merged.events += open[index].events
            }
            if merged.end + gap < observed - grace {
                model.late.append(event)
                continue
            }
            for index in found.reversed() { open.remove(at: index) }
            open.append(merged)
        }
        model.close(&open) { _ in true }
        return model
    }

    /// In the order in which their moments come; those of one moment by key.
    private mutating func close(_ open: inout [Window], where isDue: (Window) -> Bool) {
        closed += open.filter(isDue).sorted { ($0.end, $0.key) < ($1.end, $1.key) }
        open.removeAll(where: isDue)
    }
}

/// What the reference says of a window, and what a result says of it, as far as tests compare it.
struct SaleSummary: Equatable, CustomStringConvertible {
    var key: String
    var start: Int64
    var end: Int64
    var events: Int
    var buys: Int
    var revenue: Decimal
    var average: Double?
    var least: Decimal?
    var most: Decimal?
    var products: Int
    var median: Double?
    var top: [String]

    var description: String {
        "\(key) \(start)-\(end): \(events) events, \(buys) buys, \(revenue) \(average ?? -1) "
            + "\(least ?? -1) \(most ?? -1), \(products) products, \(median ?? -1), \(top)"
    }

    /// The measures that the tests configure.
    static let measures: Setting = [
        "events": ["count": true],
        "buys": ["count": true, "when": "event.type == 'buy'"],
        "revenue": ["sum": "amount", "when": "event.type == 'buy'"],
        "mean": ["average": "amount"], "least": ["min": "amount"], "most": ["max": "amount"],
        "products": ["distinct": "product"],
        "spread": ["quantiles": "amount", "at": ["0.5"]],
        "ranking": ["top": "product", "limit": 3, "counters": 50],
    ]

    init(_ window: ReferenceAggregates.Window) {
        let events = window.events
        let amounts = events.compactMap(\.amount).compactMap { Decimal(string: $0) }.sorted()
        let buys = events.filter(\.isPurchase)
        (key, start, end) = (window.key, window.start, window.end)
        self.events = events.count
        self.buys = buys.count
        revenue = buys.compactMap(\.amount).compactMap { Decimal(string: $0) }.reduce(0, +)
        average =
            amounts.isEmpty
            ? nil
            : NSDecimalNumber(decimal: amounts.reduce(0, +)).doubleValue / Double(amounts.count)
        (least, most) = (amounts.first, amounts.last)
        products = Set(events.map(\.product)).count
        let numbers = amounts.map { NSDecimalNumber(decimal: $0).doubleValue }
        // Hazen's median is the usual one.
        let half = numbers.count / 2
        median =
            numbers.isEmpty
            ? nil : numbers.count % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2
        let counts = Dictionary(grouping: events, by: \.product).mapValues(\.count)
        top = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3).map {
            "\($0.key) \($0.value)"
        }
    }

    /// Reads a result; `nil` for a retraction.
    init?(json text: String) throws {
        struct Spread: Decodable { let p50: Double? }
        struct Ranked: Decodable {
            let value: String
            let count: Int
            let error: Int
        }
        struct Result: Decodable {
            let group: [String: String]
            let start: String
            let end: String
            let events: Int
            let buys: Int
            let revenue: Decimal
            let mean: Double?
            let least: Decimal?
            let most: Decimal?
            let products: Int
            let spread: Spread
            let ranking: [Ranked]
        }
        guard !text.contains("\"retracted\"") else { return nil }
        let found = try JSONDecoder().decode(Result.self, from: Data(text.utf8))
        key = found.group["user"] ?? ""
        start = SessionRecord.milliseconds(found.start)
        end = SessionRecord.milliseconds(found.end)
        (events, buys) = (found.events, found.buys)
        revenue = found.revenue
        average = found.mean
        (least, most) = (found.least, found.most)
        products = found.products
        median = found.spread.p50
        top = found.ranking.map { "\($0.value) \($0.count)" }
    }

    /// Averages are rounded to at least six more digits than amounts have; all else is exact.
    static func == (left: SaleSummary, right: SaleSummary) -> Bool {
        func isNear(_ a: Double?, _ b: Double?, _ tolerance: Double) -> Bool {
            guard let a, let b else { return a == nil && b == nil }
            return abs(a - b) <= tolerance
        }
        return (left.key, left.start, left.end) == (right.key, right.start, right.end)
            && (left.events, left.buys, left.products)
                == (right.events, right.buys, right.products)
            && left.revenue == right.revenue && left.least == right.least
            && left.most == right.most && isNear(left.average, right.average, 1e-6)
            && isNear(left.median, right.median, 1e-9) && left.top == right.top
    }
}
