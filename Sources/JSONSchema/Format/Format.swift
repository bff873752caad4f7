/// The formats of JSON Schema 2020-12, validation, section 7.3.
enum Format: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case none
    case dateTime, date, time, duration
    case email, idnEmail
    case hostname, idnHostname
    case ipv4, ipv6
    case uri, uriReference, iri, iriReference, uriTemplate
    case uuid
    case jsonPointer, relativeJSONPointer
    case regex

    /// The name as a schema writes it.
    var rawName: String {
        switch self {
        case .none: ""
        case .dateTime: "date-time"
        case .date: "date"
        case .time: "time"
        case .duration: "duration"
        case .email: "email"
        case .idnEmail: "idn-email"
        case .hostname: "hostname"
        case .idnHostname: "idn-hostname"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .uri: "uri"
        case .uriReference: "uri-reference"
        case .iri: "iri"
        case .iriReference: "iri-reference"
        case .uriTemplate: "uri-template"
        case .uuid: "uuid"
        case .jsonPointer: "json-pointer"
        case .relativeJSONPointer: "relative-json-pointer"
        case .regex: "regex"
        }
    }

    init?(named name: String) {
        guard let found = Self.allCases.first(where: { $0 != .none && $0.rawName == name }) else {
            return nil
        }
        self = found
    }

    /// Whether a text is of the format.
    func holds(_ text: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .none: true
        case .dateTime: unsafe Moment.isDateTime(text)
        case .date: unsafe Moment.isDate(text)
        case .time: unsafe Moment.isTime(text)
        case .duration: unsafe Moment.isDuration(text)
        case .email: unsafe MailAddress.isAddress(text, isInternational: false)
        case .idnEmail: unsafe MailAddress.isAddress(text, isInternational: true)
        case .hostname: unsafe HostName.isHostName(text)
        case .idnHostname: unsafe HostName.isInternationalHostName(text)
        case .ipv4: unsafe NetworkAddress.isVersion4(text)
        case .ipv6: unsafe NetworkAddress.isVersion6(text)
        case .uri: unsafe ResourceIdentifier.holds(text, isInternational: false, isWhole: true)
        case .uriReference:
            unsafe ResourceIdentifier.holds(text, isInternational: false, isWhole: false)
        case .iri: unsafe ResourceIdentifier.holds(text, isInternational: true, isWhole: true)
        case .iriReference:
            unsafe ResourceIdentifier.holds(text, isInternational: true, isWhole: false)
        case .uriTemplate: unsafe URITemplate.holds(text)
        case .uuid: unsafe Identifiers.isUUID(text)
        case .jsonPointer: unsafe Identifiers.isJSONPointer(text)
        case .relativeJSONPointer: unsafe Identifiers.isRelativeJSONPointer(text)
        case .regex: PatternTranslator.isPattern(unsafe String(decoding: text, as: UTF8.self))
        }
    }
}
