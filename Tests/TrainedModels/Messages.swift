/// Made-up messages to a shop's support.
package enum Messages {
    private static let intents: [(label: String, starts: [String], ends: [String])] = [
        (
            "refund",
            ["I want", "please give me", "when do I get", "ich möchte", "still no"],
            ["my money back", "a refund", "the payment returned", "mein Geld zurück"]
        ),
        (
            "delivery",
            ["where is", "I am waiting for", "nobody brought", "wo ist", "track"],
            ["my parcel", "the package", "my order 4711", "mein Paket", "the courier"]
        ),
        (
            "praise",
            ["I love", "great", "thank you for", "so happy with", "❤️"],
            ["the shoes", "your service", "the colour", "this shop 😍", "everything"]
        ),
        (
            "account",
            ["cannot reset", "I forgot", "please change", "locked out of", "delete"],
            ["my password", "the login", "my account", "my e-mail address"]
        ),
    ]
    private static let middles = ["", "now", "again", "today,", "really", "!", "bitte", "asap"]

    private static let all: [(label: String, text: String)] = intents.flatMap { intent in
        intent.starts.flatMap { start in
            intent.ends.flatMap { end in
                middles.map { (intent.label, "\(start) \($0) \(end)") }
            }
        }
    }

    /// Lines as `fasttext supervised` reads them.
    package static let training = all.map { "__label__\($0.label) \($0.text)" }

    /// Known and unknown words, and what a text may have besides words.
    package static let unseen: [String] =
        all.enumerated().filter { $0.offset % 3 == 0 }.map { "so \($0.element.text) tomorrow" }
        + [
            "", " ", "   refund", "money\tback", "\r", "a\rb", "naïve Übergröße", "日本語のテキスト",
            "😀😀👍", "__label__refund", "__label__unknown where", "<s>where</s>",
            "money\u{0}back", String(repeating: "where is my parcel ", count: 500),
            String(repeating: "x", count: 5000), "\u{2028}", "where\u{B}is\u{C}it", "<b>money</b>",
        ]
}
