import Foundation

/// A listener on loopback that isn't Kafka: it answers every connection in plain text.
final class Stranger {
    let address: String
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutableBytes(of: &name) {
            let generic = unsafe $0.assumingMemoryBound(to: sockaddr.self).baseAddress!
            return unsafe bind(descriptor, generic, size) == 0 && listen(descriptor, 8) == 0
                && getsockname(descriptor, generic, &size) == 0
        }
        guard isListening else { throw Overdue(what: "listener") }
        address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
        Thread.detachNewThread { Self.answer(descriptor) }
    }

    deinit {
        // A listener that is shut down accepts no more, which ends the thread.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func answer(_ descriptor: Int32) {
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { break }
            _ = unsafe send(connection, "Who are you?", 12, Int32(MSG_NOSIGNAL))
            close(connection)
        }
        close(descriptor)
    }
}
