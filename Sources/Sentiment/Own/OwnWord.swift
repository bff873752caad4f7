/// What the engine `millrace` knows of a word.
struct OwnWord: Sendable {
    /// How positive or negative the word is, from -4 to 4; 0 for one without an opinion.
    var valence = 0.0
    /// Whether it counts only where its clause says nothing else: "quality" in "poor quality".
    var isFaint = false
    var role = Role.none
    /// The aspect that it names, -1 for none.
    var aspect: Int16 = -1
    /// The list of sequences that begin with it, -1 for none.
    var phrases: Int32 = -1

    enum Role: UInt8, Sendable {
        case none
        /// Turns what follows round: "not", "never".
        case negation
        /// Says that something is not there: "no", "without".
        case absence
        case intensifier, dampener
        /// Makes a complaint of what follows: "a bit small", "slightly heavy".
        case hedge
        case too, enough
        /// What follows counts more than what was said before: "but".
        case contrast
        /// Says nothing and is passed over: "a", "the", "very much" and the like.
        case filler
    }
}

/// The words that the rules of the engine `millrace` name, and sequences of words.
enum OwnRules {
    static let roles: [(OwnWord.Role, String)] = [
        (
            .negation,
            """
            not never cannot nor neither nothing nobody none hardly barely scarcely aint arent cant \
            couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shant \
            shouldnt wasnt werent wont wouldnt rarely seldom
            """
        ),
        (.absence, "no without zero w/o"),
        (
            .intensifier,
            """
            very really so extremely absolutely completely totally utterly truly incredibly \
            especially super highly insanely ridiculously seriously particularly thoroughly \
            entirely fully such most more much way ultra pretty quite hugely deeply definitely \
            always ever sooo
            """
        ),
        (.dampener, "fairly almost mostly kinda sorta partly partially less only just usually"),
        (.hedge, "bit little slightly somewhat rather slight"),
        (.too, "too overly"), (.enough, "enough sufficient sufficiently"),
        (.contrast, "but however although though yet except still nevertheless"),
        (
            .filler,
            """
            a an the of to it its it's this that these those is are was were be been being am i \
            my me we our us you your he she they them his her their have has had do does did and \
            any some in on at as with for from get got make made feel feels look looks seem seems
            """
        ),
    ]

    /// Words that count only where nothing else is said.
    static let faint: [(Double, String)] = [
        (1, "quality value plus features feature support supports performance design free"),
        (-0.8, "should wish needs"), (-0.5, "could"),
    ]

    /// Sequences that mean something else than their words.
    static let phrases: [(Double, [String])] = [
        (
            3,
            [
                "second to none", "to die for", "worth every penny", "worth every cent",
                "could not be happier", "couldn't be happier", "couldn't be better",
                "couldn't ask for more", "blown away", "over the moon", "well worth",
            ]
        ),
        (
            2.5,
            [
                "can't go wrong", "cannot go wrong", "can not go wrong", "hard to beat",
                "well done", "good job", "great job", "thumbs up", "five stars", "5 stars",
                "must have", "must-have", "can't beat", "no brainer", "no-brainer",
            ]
        ),
        (
            2,
            [
                "can't wait", "cannot wait", "cant wait", "well made", "well built",
                "well designed", "well thought out", "worth it", "value for money",
                "state of the art", "user friendly", "easy to", "light weight", "long lasting",
                "works like a charm", "like a charm", "made my day", "big help", "cost effective",
            ]
        ),
        (
            1.5,
            [
                "thank you", "on time", "in time", "can't complain", "cannot complain",
                "free shipping", "like new", "as promised", "as described", "as advertised",
                "as expected", "no time", "up to date", "right away", "keep it up", "no fuss",
                "free of charge", "in one piece", "again and again",
            ]
        ),
        (
            0,
            [
                "as well as", "as well", "not only", "nothing but", "no doubt", "no wonder",
                "no matter", "would like", "i'd like", "looks like", "look like", "feels like",
                "seems like", "sounds like", "like to", "hard drive", "hard disk", "battery life",
                "sound card", "toll free", "of course", "pretty much", "kind of", "sort of",
                "as soon as", "how much", "so far", "good morning", "good afternoon",
                "good evening", "good day", "happy birthday", "dear", "best regards",
                "kind regards", "best wishes", "short term", "long term", "no one", "still waiting",
                "not sure if", "let me know", "please", "would you like", "free time", "free to",
                "lost and found", "return label", "return policy", "refund policy", "get well",
                "super market", "best before", "best buy", "miss you", "well known",
            ]
        ),
        (-1, ["no thanks", "no thank you", "could use", "would be nice", "hit or miss", "sold out"]),
        (
            -1.5,
            [
                "could be better", "could have been better", "out of stock", "not enough",
                "hard to find", "at best", "no longer", "wear out", "wears out", "shuts off",
                "turned off by", "not so", "no reply", "no response", "no answer", "never received",
                "never arrived", "not received", "not arrived", "still waiting for", "too bad",
                "nothing special", "runs out", "cuts off", "cut off", "so so", "so-so",
            ]
        ),
        (
            -2.5,
            [
                "fed up", "let down", "fell apart", "falls apart", "fall apart", "broke down",
                "not worth", "thumbs down", "had enough", "had it with", "what a shame", "or else",
                "a joke", "bad taste", "last straw", "no better", "no good", "no use", "no help",
                "stopped working", "stops working", "quit working", "gave up", "taken in", "wore out",
            ]
        ),
        (
            -3.2,
            [
                "waste of money", "waste of time", "ripped off", "rip off", "stay away",
                "steer clear", "never again", "do not buy", "don't buy", "dont buy", "one star",
                "1 star", "zero stars", "total joke", "last time", "money back", "never buy",
                "avoid at all costs", "lost a customer", "lost my business",
            ]
        ),
    ]

    static let emoticons: [(Double, String)] = [
        (2, ":) :-) =) ;) ;-) :] :') (: ^^ ^_^ :o) (-:"), (2.5, ":D :-D =D xD XD ;D <3 :* :-*"),
        (1, ":P :-P :p ;P"), (-2, ":( :-( =( :[ ): :c"), (-2.5, ":'( :,( T_T </3 D: >:( >:-("),
        (-1.2, ":/ :-/ :\\ :-\\ :| :-| -_- :S :s"),
    ]

    static let emoji: [(Double, String)] = [
        (3, "😍🥰😻🤩💯🏆"), (2.5, "😀😃😄😁😆😊☺😇🙂🤗😎🥳🎉🎊❤💕💖💗💓💙💚💛💜🧡💝💘💞♥🙌👏😘😋🤤✨🌟⭐"),
        (2, "👍👌😉😌😺😸🙏💪✌😂🤣😹✅☀🌈🎁💐🌹"), (-1, "😐😑🤔😶🙄😬🤨😕🫤"),
        (-2, "😞😔😟🙁☹😣😖😫😩😓😥😰😨😧😦😪🥺😿🤦🤷⏳🐌❌"),
        (-2.5, "😢😭💔👎😤😒🤢🤮🤧🥵"), (-3.2, "😠😡🤬👿💩🖕☠💀🗑"),
    ]
}
