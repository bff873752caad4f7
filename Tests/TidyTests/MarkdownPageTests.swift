import Testing

@Suite("The reader of Markdown pages")
struct MarkdownPageTests {
    private let page = MarkdownPage(
        """
        # How it's *done*, step 2

        See [one](a/b.md), [two](../c.md#part "title") and [web](https://swift.org/x#y); `[no](code)`.
        ```sh
        # no heading, [no](link)
        ```
        ## Plain_heading
        """)

    @Test("finds links, their paths and anchors, but not those in code")
    func findsLinks() {
        #expect(page.links.map(\.text) == ["a/b.md", "../c.md#part", "https://swift.org/x#y"])
        #expect(page.links.map(\.path)[1] == "../c.md")
        #expect(page.links.map(\.anchor) == [nil, "part", "y"])
        #expect(page.links.map(\.isExternal) == [false, false, true])
        #expect(page.links.map(\.line) == [3, 3, 3])
    }

    @Test("makes anchors of headings as GitHub does")
    func makesAnchors() {
        #expect(page.anchors == ["how-its-done-step-2", "plain_heading"])
    }
}
