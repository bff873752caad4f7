internal import Events

/// Customer events of a shop with several channels, the same bytes for the same seed everywhere.
///
/// People come to the web shop, the app, a store or the support desk; each visit is a row of
/// events, some people go on in another channel, and most come back. They are anonymous until they
/// log in. Some records arrive late, twice or broken, in the shares that the settings name.
///
/// ```swift
/// var generator = SampleEventGenerator(seed: 1)
/// var record = SampleRecord()
/// for _ in 0..<1000 {
///     generator.next(into: &record)
///     produce(record.channel.topic, record.key.span, record.value.span, record.timestamp)
/// }
/// ```
public struct SampleEventGenerator: ~Copyable {
    private let customers: Int
    private let broken: Likelihood
    private let duplicate: Likelihood
    private let outOfOrder: Likelihood
    /// The longest time between two events, in microseconds; the mean is half of it.
    private let longestStep: Int
    /// How long a record is on its way at most, in microseconds.
    private let longestWay: Int

    private var random: RandomSequence
    private let writer = EventWriter()
    /// When the next event happens, in microseconds since 1970.
    private var clock: Int64
    /// The visits that go on at the moment. Each event belongs to one of them, drawn at random, so
    /// the time between two events of one visit is spread as the exponential distribution is.
    private var visits: [Visit] = []
    private var isVisiting: [Bool]
    /// Who has logged in at least once.
    private var isKnown: [Bool]
    private var held = HeldRecords()

    /// A sample that has not begun.
    ///
    /// - Parameters:
    ///   - seed: Any number; another one gives another sample of the same kind.
    ///   - settings: What the sample is like, within the limits that they name.
    public init(seed: UInt64, settings: SampleEventSettings = SampleEventSettings()) {
        precondition(
            SampleEventSettings.customerLimits.contains(settings.customers),
            "a sample can't have \(settings.customers) customers")
        precondition(
            SampleEventSettings.rateLimits.contains(settings.eventsPerSecond),
            "a sample can't have \(settings.eventsPerSecond) events a second")
        random = RandomSequence(seed: seed)
        customers = settings.customers
        broken = Likelihood(settings.brokenShare)
        duplicate = Likelihood(settings.duplicateShare)
        outOfOrder = Likelihood(settings.outOfOrderShare)
        longestStep = max(Int(2_000_000 / settings.eventsPerSecond), 1)
        longestWay = Int(settings.outOfOrderBound / .microseconds(1))
        clock = settings.start.milliseconds * 1000
        isVisiting = Array(repeating: false, count: settings.customers)
        isKnown = Array(repeating: false, count: settings.customers)
        let wanted = Int(settings.eventsPerSecond * Self.meanSecondsBetweenEvents)
        for _ in 0..<min(max(wanted, 1), settings.customers / 2) { visits.append(newVisit()) }
    }

    /// Within one visit, where there are enough customers for it.
    private static let meanSecondsBetweenEvents = 40.0

    /// Replaces the content of `record` with the next record to arrive. A sample never ends.
    public mutating func next(into record: inout SampleRecord) {
        while true {
            if let due = held.nextDue, due <= clock {
                held.takeNext(into: &record)
                arrive(&record, at: due)
                return
            }
            let now = clock
            clock += Int64(random.below(longestStep + 1))
            let way = random.hits(outOfOrder) ? Int64(random.below(longestWay + 1)) : 0
            makeEvent(at: now, arrivingAt: now + way, into: &record)
            if random.hits(duplicate) {
                let later = now + way + 1 + Int64(random.below(longestWay - Int(way) + 1))
                held.hold(record, until: later, isDuplicate: true)
            }
            if way == 0 {
                arrive(&record, at: now)
                return
            }
            held.hold(record, until: now + way, isDuplicate: false)
        }
    }

    private func arrive(_ record: inout SampleRecord, at microseconds: Int64) {
        record.timestamp = Timestamp(milliseconds: microseconds / 1000)
        record.key.removeAll()
        record.key.append(keyOf: record.customer)
    }

    /// Writes what happens next in one of the visits.
    private mutating func makeEvent(
        at occurrence: Int64, arrivingAt arrival: Int64, into record: inout SampleRecord
    ) {
        let index = random.below(visits.count)
        let type = visits[index].advance(random: &random)
        let visit = visits[index]
        let occasion = EventWriter.Occasion(
            type: type, occurredAt: Timestamp(milliseconds: occurrence / 1000),
            receivedAt: Timestamp(milliseconds: arrival / 1000),
            identifier: (random.next(), random.next()), fault: drawFault())
        record.channel = visit.channel
        record.customer = visit.customer
        record.occurredAt = occasion.occurredAt
        record.fault = occasion.fault
        record.isDuplicate = false
        record.value.removeAll()
        writer.write(occasion, of: visit, into: &record.value)
        if occasion.fault == .truncated {
            record.value.truncate(to: 1 + random.below(record.value.count - 1))
        }
        visits[index].settle(after: type)
        if type == .logIn { isKnown[visit.customer] = true }
        if visit.isOver { visits[index] = successor(of: visit) }
    }

    private mutating func drawFault() -> SampleFault? {
        guard random.hits(broken) else { return nil }
        return SampleFault.allCases[random.below(SampleFault.allCases.count)]
    }

    /// Some people go on in another channel; else somebody else comes.
    private mutating func successor(of visit: Visit) -> Visit {
        if random.below(100) < 12 {
            let next = SampleChannel.allCases[random.below(SampleChannel.allCases.count)]
            if next != visit.channel {
                return Visit(
                    customer: visit.customer, channel: next, isKnown: visit.isKnown,
                    random: &random)
            }
        }
        isVisiting[visit.customer] = false
        return newVisit()
    }

    private mutating func newVisit() -> Visit {
        // At most half of the customers are visiting, so this takes two draws on average.
        var customer = random.below(customers)
        while isVisiting[customer] { customer = random.below(customers) }
        isVisiting[customer] = true
        let channel: SampleChannel =
            switch random.below(100) {
            case ..<52: .web
            case ..<82: .mobile
            case ..<93: .pos
            default: .support
            }
        let isLoggedIn = isKnown[customer] && random.below(100) < 70
        return Visit(customer: customer, channel: channel, isKnown: isLoggedIn, random: &random)
    }
}
