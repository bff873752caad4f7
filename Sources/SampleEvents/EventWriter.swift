internal import Events

/// Writes the events of visits as JSON, with the field names of the canonical customer event.
struct EventWriter: Sendable {
    // Held here because a global is behind a check at each use.
    private let products = Catalogue.products
    private let campaigns = Catalogue.campaigns
    private let referrers = Catalogue.referrers
    private let messages = Catalogue.messages
    private let cities = Catalogue.cities
    private let firstNames = Catalogue.firstNames
    private let lastNames = Catalogue.lastNames

    /// What one event is about, besides the visit.
    struct Occasion {
        let type: EventType
        let occurredAt: Timestamp
        let receivedAt: Timestamp
        /// 128 random bits that become the event's id; the details of the event follow from them.
        let identifier: (high: UInt64, low: UInt64)
        let fault: SampleFault?

        /// One of `count` details, independent for each `salt`.
        func detail(_ salt: UInt64, below count: Int) -> Int {
            Int(truncatingIfNeeded: (identifier.low >> (salt * 7)) % UInt64(count))
        }
    }

    func write(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        value.append("{")
        writeHead(occasion, of: visit, into: &value)
        writeIdentifiers(of: visit, into: &value)
        switch occasion.type {
        case .pageView, .screenView, .appOpen, .logIn: writePage(occasion, of: visit, into: &value)
        case .search:
            writePage(occasion, of: visit, into: &value)
            writeSearch(occasion, of: visit, into: &value)
        case .addToCart, .removeFromCart, .itemScanned: writeProduct(of: visit, into: &value)
        case .purchase, .refund: writeOrder(occasion, of: visit, into: &value)
        case .ticketOpened, .messageSent, .ticketClosed:
            writeMessage(occasion, of: visit, into: &value)
        }
        if visit.channel == .web, visit.isFirst { writeCampaign(occasion, into: &value) }
        writeContext(occasion, of: visit, into: &value)
        value.append("}")
    }

    private func writeHead(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        // A fault hits one of two fields, so that a sample has more than one reason of each kind.
        let hitsIdentifier = occasion.identifier.high & 1 == 0
        switch occasion.fault {
        case .missingField where hitsIdentifier: break
        case .wrongType where hitsIdentifier:
            value.append("\"event_id\":")
            value.append(unsignedInteger: occasion.identifier.low)
            value.append(",")
        default:
            value.append("\"event_id\":\"")
            value.append(uuid: occasion.identifier)
            value.append("\",")
        }
        if occasion.fault != .missingField || hitsIdentifier {
            value.append("\"event_type\":\"")
            value.append(occasion.type.name)
            value.append("\",")
        }
        value.append("\"occurred_at\":\"")
        value.append(iso8601: occasion.occurredAt)
        value.append("\",\"received_at\":\"")
        value.append(iso8601: occasion.receivedAt)
        value.append("\",\"channel\":")
        if occasion.fault == .wrongType, !hitsIdentifier {
            value.append(integer: Int64(visit.channel.rawValue))
        } else {
            value.append("\"")
            value.append(visit.channel.name)
            value.append("\"")
        }
    }

    /// A person has a device in each online channel, an account, an address and mostly a loyalty
    /// card; which of them an event shows depends on the channel and on whether they logged in.
    private func writeIdentifiers(of visit: Visit, into value: inout ByteBuffer) {
        let bits = RandomSequence.mixed(UInt64(visit.customer) &+ 0x6D69_6C6C)
        switch visit.channel {
        case .web:
            value.append(",\"device_id\":\"web-")
            value.append(hexadecimal: bits)
            value.append("\"")
        case .mobile:
            value.append(",\"device_id\":\"app-")
            value.append(hexadecimal: RandomSequence.mixed(bits))
            value.append("\"")
        case .pos, .support: break
        }
        if visit.isKnown, visit.channel != .pos {
            value.append(",\"user_id\":\"u-")
            value.append(visit.customer, width: 6)
            value.append("\"")
        }
        if visit.channel == .support || (visit.isKnown && visit.channel == .web) {
            writeEmail(of: visit.customer, bits: bits, into: &value)
        }
        let hasCard = bits % 10 < 7
        if hasCard, visit.channel == .pos || (visit.isKnown && visit.channel == .mobile) {
            value.append(",\"loyalty_id\":\"L-")
            value.append(Int(truncatingIfNeeded: bits % 100_000), width: 5)
            value.append(visit.customer, width: 6)
            value.append("\"")
        }
    }

    private func writeEmail(of customer: Int, bits: UInt64, into value: inout ByteBuffer) {
        value.append(",\"email\":\"")
        value.append(firstNames[Int(truncatingIfNeeded: bits % UInt64(firstNames.count))])
        value.append(".")
        value.append(lastNames[Int(truncatingIfNeeded: (bits >> 8) % UInt64(lastNames.count))])
        value.append(integer: Int64(customer))
        value.append("@mail.example\"")
    }

    private func writePage(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        let product = products[visit.product]
        value.append(",\"page\":{\"url\":\"")
        value.append(visit.channel == .web ? "https://shop.example/" : "app://shop/")
        switch occasion.type {
        case .appOpen: value.append("home\",\"title\":\"Home")
        case .logIn: value.append("login\",\"title\":\"Log in")
        case .search: value.append("search\",\"title\":\"Search")
        default:
            value.append(product.category)
            value.append("/")
            value.append(product.slug)
            value.append("\",\"title\":\"")
            value.append(product.name)
        }
        if visit.isFirst, visit.channel == .web {
            value.append("\",\"referrer\":\"")
            value.append(referrers[occasion.detail(1, below: referrers.count)])
        }
        value.append("\"}")
    }

    private func writeSearch(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        value.append(",\"search\":{\"query\":\"")
        value.append(products[visit.product].slug)
        value.append("\",\"results\":")
        value.append(integer: Int64(occasion.detail(1, below: 200)))
        value.append("}")
    }

    private func writeProduct(of visit: Visit, into value: inout ByteBuffer) {
        let product = products[visit.product]
        value.append(",\"product\":{\"sku\":\"SKU-")
        value.append(visit.product, width: 4)
        value.append("\",\"name\":\"")
        value.append(product.name)
        value.append("\",\"category\":\"")
        value.append(product.category)
        value.append("\",\"price\":")
        value.append(cents: product.price)
        value.append(",\"quantity\":1}")
    }

    private func writeOrder(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        value.append(",\"order\":{\"id\":\"O-")
        value.append(hexadecimal: occasion.identifier.high)
        value.append("\",\"total\":")
        value.append(cents: occasion.type == .refund ? -visit.cartValue : visit.cartValue)
        value.append(",\"currency\":\"EUR\",\"items\":")
        value.append(integer: Int64(visit.cartItems))
        value.append(
            occasion.detail(1, below: 3) == 0
                ? ",\"payment\":\"invoice\"}" : ",\"payment\":\"card\"}")
    }

    private func writeMessage(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        value.append(",\"ticket\":{\"id\":\"T-")
        value.append(visit.customer, width: 6)
        value.append("\",\"priority\":")
        value.append(integer: Int64(1 + visit.customer % 3))
        value.append("},\"message\":\"")
        value.append(messages[occasion.detail(1, below: messages.count)])
        value.append("\"")
    }

    private func writeCampaign(_ occasion: Occasion, into value: inout ByteBuffer) {
        guard occasion.detail(2, below: 5) < 2 else { return }
        let campaign = campaigns[occasion.detail(3, below: campaigns.count)]
        value.append(",\"campaign\":{\"source\":\"")
        value.append(campaign.source)
        value.append("\",\"medium\":\"")
        value.append(campaign.medium)
        value.append("\",\"name\":\"")
        value.append(campaign.name)
        value.append("\"}")
    }

    private func writeContext(_ occasion: Occasion, of visit: Visit, into value: inout ByteBuffer) {
        value.append(",\"context\":{\"locale\":\"")
        // 0xFF is a byte that no UTF-8 text holds.
        if occasion.fault == .invalidUTF8 { value.append(0xFF) }
        value.append(visit.customer % 3 == 0 ? "de-DE" : "en-GB")
        switch visit.channel {
        case .web:
            value.append("\",\"user_agent\":\"Firefox/124.0 (Linux x86_64)")
        case .mobile:
            value.append("\",\"app_version\":\"7.4.1+20240229\",\"os\":\"")
            value.append(visit.customer & 1 == 0 ? "iOS 17.3" : "Android 14")
            value.append("\",\"device_model\":\"")
            value.append(visit.customer & 1 == 0 ? "iPhone15,2" : "Pixel 8 Pro")
        case .pos:
            value.append("\",\"store\":\"S-")
            value.append(visit.customer % 200, width: 3)
            value.append("\",\"city\":\"")
            value.append(cities[visit.customer % cities.count])
            value.append("\",\"till\":\"K-")
            value.append(1 + visit.customer % 9, width: 2)
        case .support:
            value.append("\",\"agent\":\"a-")
            value.append(visit.customer % 90, width: 2)
        }
        value.append("\"}")
    }
}
