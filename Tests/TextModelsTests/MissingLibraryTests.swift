import Testing
import TextModels

@Suite("Missing libraries")
struct MissingLibraryTests {
    @Test(
        "a build without fastText says what to install",
        .enabled(if: !TextClassifier.isAvailable, "this build has it"))
    func fastText() {
        #expect(throws: TextModelError.missingLibrary("fastText", package: "libfasttext-dev")) {
            try TextClassifier([])
        }
    }

    @Test(
        "a build without CLD2 says what to install",
        .enabled(if: !LanguageDetector.isAvailable, "this build has it"))
    func languages() {
        #expect(throws: TextModelError.missingLibrary("CLD2", package: "libcld2-dev")) {
            try LanguageDetector()
        }
    }

    @Test("the error names the library and the package")
    func text() {
        let error = TextModelError.missingLibrary("CLD2", package: "libcld2-dev")
        #expect(error.description == "this build of Millrace has no CLD2")
        #expect(
            error.remedy
                == "install the Debian package 'libcld2-dev', run 'swift package purge-cache' and "
                + "build again")
    }
}
