/// Regular forms of English words.
enum EnglishForms {
    /// `annoy`, `annoys`, `annoyed`, `annoying`.
    static func ofVerb(_ verb: String) -> [String] {
        guard let last = verb.last else { return [] }
        let stem = String(verb.dropLast())
        if last == "e" { return [verb, verb + "s", verb + "d", stem + "ing"] }
        if last == "y", let before = stem.last, !isVowel(before) {
            return [verb, stem + "ies", stem + "ied", verb + "ing"]
        }
        let needsE = ["s", "x", "z", "ch", "sh"].contains { verb.hasSuffix($0) }
        return [verb, verb + (needsE ? "es" : "s"), verb + "ed", verb + "ing"]
    }

    /// `terribly`, `happily`, `fantastically`, `smoothly`.
    static func adverb(of adjective: String) -> String {
        let stem = String(adjective.dropLast())
        if adjective.hasSuffix("le") { return stem + "y" }
        if adjective.hasSuffix("y") { return stem + "ily" }
        if adjective.hasSuffix("ic") { return adjective + "ally" }
        return adjective + "ly"
    }

    private static func isVowel(_ letter: Character) -> Bool { "aeiou".contains(letter) }
}
