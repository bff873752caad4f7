internal import Crypto
internal import Events
internal import Foundation

/// A secret with its name: what pseudonyms and encrypted values are made with.
///
/// Of the secret three keys are derived (HKDF-SHA-256, RFC 5869), so that a pseudonym says nothing
/// of a nonce, and no key is used for two purposes.
struct ProtectionKey: Sendable {
    /// The fewest bytes of a secret.
    static let minimumBytes = 16
    private static let pseudonymBytes = 16
    private static let nonceBytes = 12

    /// Written in front of everything that is made with the key, so that it can be rotated.
    let id: String
    private let prefix: [UInt8]
    private let pseudonymKey: SymmetricKey
    private let nonceKey: SymmetricKey
    private let encryptionKey: SymmetricKey

    init(id: String, secret: [UInt8]) {
        self.id = id
        prefix = Array("\(id):".utf8)
        let secret = SymmetricKey(data: secret)
        func derived(_ purpose: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: secret, info: Data("millrace \(purpose)".utf8),
                outputByteCount: 32)
        }
        pseudonymKey = derived("pseudonym")
        nonceKey = derived("nonce")
        encryptionKey = derived("encryption")
    }

    /// Appends the pseudonym of `value`: the key's id, a colon, and the first 128 bits of its
    /// HMAC-SHA-256 in hexadecimal digits.
    func appendPseudonym(of value: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        unsafe prefix.withUnsafeBytes { unsafe output.append($0) }
        var code = HMAC<SHA256>(key: pseudonymKey)
        unsafe code.update(data: value)
        unsafe code.finalize().withUnsafeBytes { code in
            for index in 0..<Self.pseudonymBytes {
                let byte = unsafe code[index]
                output.append(Self.digit(byte >> 4))
                output.append(Self.digit(byte & 15))
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Appends `value` encrypted for a field: the key's id, a colon, and in base64 the nonce, the
    /// ciphertext and the tag of AES-256-GCM. The field's name is authenticated with it.
    ///
    /// The nonce is the beginning of an HMAC of field and value: the same value of the same field
    /// gives the same bytes at each replay, and two values have one nonce only by chance: among n
    /// values with a probability of n^2 / 2^97.
    func appendEncrypted(
        _ value: UnsafeRawBufferPointer, of field: [UInt8], to output: inout ByteBuffer
    ) -> Bool {
        var code = HMAC<SHA256>(key: nonceKey)
        code.update(data: field)
        code.update(data: [0])
        unsafe code.update(data: value)
        let nonce = Array(code.finalize().prefix(Self.nonceBytes))
        let plain = unsafe Data(value)
        guard let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(
                plain, using: encryptionKey, nonce: nonce, authenticating: field),
            let combined = box.combined
        else { return false }
        unsafe prefix.withUnsafeBytes { unsafe output.append($0) }
        output.append(string: combined.base64EncodedString())
        return true
    }

    /// The value that `appendEncrypted` was given; `nil` when the text is not of this key and
    /// field, or was changed.
    func decrypted(_ text: String, of field: [UInt8]) -> [UInt8]? {
        guard text.hasPrefix("\(id):"),
            let combined = Data(base64Encoded: String(text.dropFirst(id.count + 1))),
            let box = try? AES.GCM.SealedBox(combined: combined),
            let plain = try? AES.GCM.open(box, using: encryptionKey, authenticating: field)
        else { return nil }
        return Array(plain)
    }
}
