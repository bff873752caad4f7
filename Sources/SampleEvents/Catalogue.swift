/// What the shop sells, where it comes from and what people write about it.
///
/// Literals only: they are appended as they are, so texts are already valid inside a JSON string.
enum Catalogue {
    struct Product: Sendable {
        let category: StaticString
        let slug: StaticString
        let name: StaticString
        /// In cents, so that totals are exact.
        let price: Int
    }

    struct Campaign: Sendable {
        let source: StaticString
        let medium: StaticString
        let name: StaticString
    }

    static let products: [Product] = [
        Product(category: "shoes", slug: "trail-runner", name: "Trail Runner", price: 11_990),
        Product(category: "shoes", slug: "city-sneaker", name: "City Sneaker", price: 7_950),
        Product(
            category: "shoes", slug: "winter-boot", name: "Winterstiefel Größe 42", price: 14_900),
        Product(category: "shoes", slug: "sandal", name: "Sandale »Été«", price: 3_499),
        Product(
            category: "outdoor", slug: "two-person-tent", name: "Two-Person Tent", price: 24_900),
        Product(category: "outdoor", slug: "down-jacket", name: "Down Jacket", price: 18_950),
        Product(category: "outdoor", slug: "headlamp", name: "Headlamp 400 lm", price: 3_990),
        Product(
            category: "kitchen", slug: "espresso-maker", name: "Espresso Maker 6\\\"", price: 4_250),
        Product(category: "kitchen", slug: "chef-knife", name: "Chef's Knife", price: 8_900),
        Product(category: "kitchen", slug: "tea-pot", name: "Teekanne 急須", price: 2_995),
        Product(category: "office", slug: "standing-desk", name: "Standing Desk", price: 49_900),
        Product(category: "office", slug: "fountain-pen", name: "Fountain Pen", price: 6_425),
        Product(category: "toys", slug: "wooden-train", name: "Wooden Train", price: 2_750),
        Product(category: "toys", slug: "puzzle-1000", name: "Puzzle, 1000 pieces", price: 1_499),
        Product(category: "garden", slug: "watering-can", name: "Watering Can", price: 1_990),
        Product(category: "garden", slug: "hedge-trimmer", name: "Hedge Trimmer", price: 12_999),
    ]

    static let campaigns: [Campaign] = [
        Campaign(source: "newsletter", medium: "email", name: "spring_sale"),
        Campaign(source: "search", medium: "cpc", name: "brand_terms"),
        Campaign(source: "instagram", medium: "social", name: "summer_looks"),
        Campaign(source: "partner", medium: "affiliate", name: "cashback"),
    ]

    static let referrers: [StaticString] = [
        "https://search.example/?q=outdoor+shop", "https://news.example/best-tents",
        "https://shop.example/", "https://social.example/post/8812",
    ]

    static let messages: [StaticString] = [
        "Where is my order? It should have been here on Tuesday.",
        "The jacket is great, but the zip broke after two days. \\\"Waterproof\\\" it is not either.",
        "Merci beaucoup, le remplacement est arrivé ce matin 🎉",
        "Ich möchte die Schuhe umtauschen, Größe 43 wäre besser.\\nGeht das im Laden?",
        "Third time I ask. Nobody answers. I want my money back!",
        "No problems at all, thanks for the quick help.",
    ]

    static let cities: [StaticString] = ["Lyon", "Köln", "Gdańsk", "Porto", "Malmö"]

    static let firstNames: [StaticString] = [
        "ada", "bruno", "chloe", "daan", "elif", "farid", "greta", "hugo", "ines", "jonas", "kaja",
        "liam", "mila", "noor", "otto", "paula",
    ]

    static let lastNames: [StaticString] = [
        "abel", "becker", "costa", "dubois", "eriksen", "fischer", "garcia", "haas", "ivanov",
        "jansen", "kaya", "larsen", "moreau", "nowak", "oliveira", "petit",
    ]
}
