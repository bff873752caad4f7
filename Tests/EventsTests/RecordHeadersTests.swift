import Events
import Testing

@Suite struct RecordHeadersTests {
    private static func encoded(_ headers: [(String, [UInt8]?)]) -> [UInt8] {
        var buffer = ByteBuffer()
        for (name, value) in headers {
            let name = Array(name.utf8)
            unsafe name.withUnsafeBytes { name in
                guard let value else {
                    unsafe buffer.append(headerName: name, value: nil)
                    return
                }
                unsafe value.withUnsafeBytes { unsafe buffer.append(headerName: name, value: $0) }
            }
        }
        return unsafe Array(buffer.bytes)
    }

    static func decoded(_ bytes: [UInt8]) -> [(String, [UInt8]?)] {
        unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe RecordHeaders(bytes)
            var headers: [(String, [UInt8]?)] = []
            while let header = reader.next() {
                let name = unsafe String(decoding: header.name, as: UTF8.self)
                headers.append((name, unsafe header.value.map { unsafe Array($0) }))
            }
            return headers
        }
    }

    @Test("headers are read as they were written: null, empty, repeated")
    func roundTrips() {
        let headers: [(String, [UInt8]?)] = [
            ("a", [1, 2]), ("", []), ("null", nil), ("a", [3]), ("ü", [0]),
        ]
        let decoded = Self.decoded(Self.encoded(headers))
        #expect(decoded.map(\.0) == headers.map(\.0))
        #expect(decoded.map(\.1) == headers.map(\.1))
    }

    @Test("the first header of a name is found")
    func finds() {
        let bytes = Self.encoded([("a", [1]), ("b", [2]), ("b", [3])])
        unsafe bytes.withUnsafeBytes { bytes in
            let headers = unsafe RecordHeaders(bytes)
            #expect(unsafe headers.first(named: "b")?.value.map { unsafe Array($0) } == [2])
            #expect(headers.first(named: "c") == nil)
        }
    }

    @Test("bytes that are no headers end the walk and never trap", arguments: 0..<10)
    func survivesMutations(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let original = Self.encoded([("name", [1, 2, 3]), ("other", nil), ("third", [])])
        for _ in 0..<1_000 {
            var bytes = original
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = generator.pick([
                0, 1, 127, 128, 255,
            ])
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            #expect(Self.decoded(bytes).count <= 8)
        }
    }
}
