/// What the engine `millrace` knows of a word.
struct OwnWord: Sendable {
    /// How positive or negative the word is, from -4 to 4; 0 for one without an opinion.
    var valence = 0.0
    /// Whether it counts only where its clause says nothing else: "quality" in "poor quality".
    var isFaint = false
    var role = Role.none
    /// The aspect that it names, -1 for none.
    var aspect: Int16 = -1
    /// Whether it is a small word of English, or of a language that is none.
    var tongue = Tongue.unknown
    /// The list of sequences that begin with it, -1 for none.
    var phrases: Int32 = -1

    enum Tongue: UInt8, Sendable { case unknown, english, other }

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
                "kind regards", "best wishes", "short term", "long term", "no one",
                "not sure if", "let me know", "please", "would you like", "free time", "free to",
                "lost and found", "return label", "return policy", "refund policy", "get well",
                "super market", "best before", "best buy", "miss you", "well known",
            ]
        ),
        (
            -1,
            ["no thanks", "no thank you", "could use", "would be nice", "hit or miss", "sold out"]
        ),
        (
            -1.5,
            [
                "could be better", "could have been better", "out of stock", "not enough",
                "hard to find", "at best", "no longer", "wear out", "wears out", "shuts off",
                "turned off by", "not so", "no reply", "no response", "no answer", "never received",
                "never arrived", "not received", "not arrived", "still waiting", "too bad",
                "nothing special", "runs out", "cuts off", "cut off", "so so", "so-so",
            ]
        ),
        (
            -2.5,
            [
                "fed up", "let down", "fell apart", "falls apart", "fall apart", "broke down",
                "not worth", "thumbs down", "had enough", "had it with", "what a shame", "or else",
                "a joke", "bad taste", "last straw", "no better", "no good", "no use", "no help",
                "stopped working", "stops working", "quit working", "gave up", "taken in",
                "wore out",
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

    /// Small words by which a text is told from one in English: German, French, Spanish, Italian,
    /// Portuguese, Dutch, Polish. None of them is a word of English.
    static let otherTongues = """
        der das und ist nicht ich du wir mit für auf ein eine einen einem dem im zu von bei wie wo \
        auch noch nur aber oder wenn mein meine meinen haben sind wird kann bitte danke nach aus \
        über sehr schon habe bin es gibt keine kein mir ihr sie euch \
        le la les des est et une du au aux je il nous vous dans pas avec cette mon mes qui que \
        merci très bonjour suis j'ai c'est n'est votre vos notre ne mais où \
        el los las del y por para está muy pero como gracias mis hola tengo un quiero usted señor \
        gli della che è di sono molto grazie ciao dove mio mia una buongiorno \
        não uma com os meu minha obrigado obrigada você são isso meus \
        het een ik niet van voor zijn maar ook wel geen bedankt heb deze naar wij jullie \
        nie jest się mój moja dziękuję że czy proszę jak gdzie
        """

    static let english = """
        the and you that was for are with his they this have from had not but what all were when \
        your can said there use each which she how their will other about out many then them these \
        some her would make like him into time has look more see my than been who its now did get \
        i it is on at be to of a in we our me do don't i'm it's just only very so too
        """

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
