/// What happens in an event.
enum EventType: Sendable {
    case pageView, screenView, appOpen, search, addToCart, removeFromCart, logIn, purchase
    case itemScanned, refund, ticketOpened, messageSent, ticketClosed

    /// The type as the events name it.
    var name: StaticString {
        switch self {
        case .pageView: "page_view"
        case .screenView: "screen_view"
        case .appOpen: "app_open"
        case .search: "search"
        case .addToCart: "add_to_cart"
        case .removeFromCart: "remove_from_cart"
        case .logIn: "login"
        case .purchase: "purchase"
        case .itemScanned: "item_scanned"
        case .refund: "refund"
        case .ticketOpened: "ticket_opened"
        case .messageSent: "message_sent"
        case .ticketClosed: "ticket_closed"
        }
    }
}

/// One person's stay in one channel, and what they do next.
struct Visit: Sendable {
    let customer: Int
    let channel: SampleChannel
    /// Whether the person has said who they are; before, only the device is known.
    private(set) var isKnown: Bool
    /// Events to come.
    private(set) var remaining: Int
    private(set) var isFirst = true
    /// An index into the catalogue: the product of the latest event.
    private(set) var product = 0
    private(set) var cartItems = 0
    /// In cents.
    private(set) var cartValue = 0

    init(customer: Int, channel: SampleChannel, isKnown: Bool, random: inout RandomSequence) {
        self.customer = customer
        self.channel = channel
        self.isKnown = isKnown
        remaining =
            switch channel {
            case .web: 2 + random.below(14)
            case .mobile: 2 + random.below(10)
            case .pos: 1 + random.below(5)
            case .support: 2 + random.below(5)
            }
    }

    var isOver: Bool { remaining == 0 }

    /// Goes one event further. An event reads the visit as it is afterwards, but for the cart of a
    /// purchase, which `emptyCart()` empties when the event is written.
    mutating func advance(random: inout RandomSequence) -> EventType {
        product = random.below(Catalogue.products.count)
        let type: EventType =
            switch channel {
            case .web, .mobile: nextOnline(random: &random)
            case .pos: nextAtTill(random: &random)
            case .support: isFirst ? .ticketOpened : remaining == 1 ? .ticketClosed : .messageSent
            }
        remaining -= 1
        return type
    }

    /// Ends an event: what only holds during it is forgotten.
    mutating func settle(after type: EventType) {
        isFirst = false
        if type == .purchase || type == .refund {
            cartItems = 0
            cartValue = 0
        }
    }

    private mutating func nextOnline(random: inout RandomSequence) -> EventType {
        let view: EventType = channel == .web ? .pageView : .screenView
        if isFirst { return channel == .web ? .pageView : .appOpen }
        if remaining == 1, cartItems > 0, random.below(100) < 60 { return .purchase }
        switch random.below(100) {
        case ..<48: return view
        case ..<62: return .search
        case ..<82:
            putIntoCart()
            return .addToCart
        case ..<87 where cartItems > 0:
            cartItems -= 1
            cartValue = max(cartValue - Catalogue.products[product].price, 0)
            return .removeFromCart
        case 87..<96 where !isKnown:
            isKnown = true
            return .logIn
        default: return view
        }
    }

    private mutating func nextAtTill(random: inout RandomSequence) -> EventType {
        if remaining > 1 {
            putIntoCart()
            return .itemScanned
        }
        if cartItems > 0 { return .purchase }
        putIntoCart()
        return .refund
    }

    private mutating func putIntoCart() {
        cartItems += 1
        cartValue += Catalogue.products[product].price
    }
}
