package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks the language of all sources and documents outside {@link #NOT_YET}. */
@Tag("slow")
class PlainLanguageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** Folders whose texts are still being rewritten. */
  private static final List<String> NOT_YET = List.of();

  private static final Set<String> SKIPPED =
      Set.of("target", "node_modules", ".git", "dist", "results", "test");

  private static final int MOST_KEPT = 60;

  /** Maximum number of words in a cell of a table of the overviews. */
  private static final int MOST_WORDS = 25;

  @Test
  void sourcesAndDocumentsUsePlainLanguage() throws IOException {
    List<String> findings = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    for (Path file : files()) {
      String name = ROOT.relativize(file).toString().replace('\\', '/');
      String text = Files.readString(file);
      int line = 0;
      for (String l : text.split("\n", -1)) {
        line++;
        if (l.contains(PlainLanguage.KEEP)) {
          kept.add(name + ":" + line);
        }
      }
      if (NOT_YET.stream().noneMatch(name::startsWith)) {
        check(name, text).forEach(f -> findings.add(name + ":" + f.line() + ": " + f.text()));
      }
    }
    assertThat(findings).isEmpty();
    assertThat(kept).as("lines marked %s", PlainLanguage.KEEP).hasSizeLessThanOrEqualTo(MOST_KEPT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/** What waits. */ class A {} | A.java:1: A: the class doc opens with",
        "/** Queue that goes on. */ class A {} | A.java:1: \"goes on\"; use: continues",
        "class A { String s = \"the key wants a value\"; } | A.java:1: \"wants\"; use: requires",
        "class A { /** What it is. */ int i; String s = \"wants\"; } | ''",
        "class A { String s = \"who is told now\"; // lint:keep: a quote } | ''",
        "/** Queue of requests. What waits goes on. */ record A() {} | A.java:1: \"goes on\"",
        "class A { int i; // nobody waits for it } | A.java:1: \"nobody\"; use: the actor",
        "class A { int i; // a copy of its own metric } | ''",
        "class A { int i; // has a thread of its own } | A.java:1: \"of its own\"; use: own",
        "class A { private record Asked(int i) {} } | A.java:1: type Asked: use a field term",
        "class A { record Token(int i) {} } | ''",
        "record Token(int i) {} | A.java:1: type Token: use the domain as prefix",
        "class A { List<String> tell(int i) {} } | A.java:1: method tell: use a verb and its object",
        "class A { private <T> T look() {} } | A.java:1: method look: use a verb and its object",
        "class A { int[] said() {} } | A.java:1: method said: use a verb and its object",
        "class A { int f() { return told(x -> look(x)) + a.tell() + new B().said(); } } | ''"
      })
  void javaSources(String source, String finding) {
    assertThat(found("A.java", source))
        .startsWith(finding)
        .matches(s -> !finding.isEmpty() || s.isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Shelf.java | class Shelf {} | Shelf.java:1: type Shelf: use a field term such as Queue",
        "BackDoor.java | class BackDoor {} | BackDoor.java:1: type BackDoor: use",
        "a.tsx | <p>Whoever asked gets it</p> | a.tsx:1: \"Whoever\"; use: the actor",
        "a.ts | const a = `It stands for samples` | a.ts:1: \"stands for\"; use: is",
        "A.md | A disk that must be mended | A.md:1: \"mended\"; use: fix"
      })
  void otherFiles(String name, String source, String finding) {
    assertThat(found(name, source)).startsWith(finding);
  }

  @Test
  void boundsTableCells() {
    String cell = "x".repeat(PlainLanguage.LONGEST_CELL);
    assertThat(found("A.md", "text\n| " + cell + " | b |")).isEmpty();
    assertThat(found("A.md", "text\n| " + cell + "x | b |")).startsWith("A.md:2: 301 characters");
    assertThat(found("A.md", "```\n| " + cell + "x | b |\n```")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"README.md, 150", "ARCHITECTURE.md, 350"})
  void overviewsStayShort(String name, int mostLines) throws IOException {
    List<String> lines = Files.readAllLines(ROOT.resolve(name));
    assertThat(lines).hasSizeLessThanOrEqualTo(mostLines);
    assertThat(lines.stream().filter(l -> l.startsWith("|")).flatMap(PlainLanguageTest::cells))
        .as("cells of more than %d words", MOST_WORDS)
        .allMatch(c -> c.split("\\s+", -1).length <= MOST_WORDS);
  }

  /** The table of figures holds the current ones; earlier ones are in dev/bench/results. */
  @Test
  void figuresStayFew() throws IOException {
    String text = Files.readString(ROOT.resolve("docs/performance.md"));
    String table =
        text.substring(text.indexOf("## Current figures"), text.indexOf("## Known losses"));
    assertThat(table.lines().filter(l -> l.startsWith("| ")).skip(2)).hasSizeLessThanOrEqualTo(30);
  }

  private static Stream<String> cells(String row) {
    return Stream.of(row.replaceAll("\\]\\([^)]*\\)", "]").split("\\|", -1)).map(String::strip);
  }

  private static String found(String name, String text) {
    List<PlainLanguage.Finding> all = check(name, text);
    return all.isEmpty() ? "" : name + ":" + all.getFirst().line() + ": " + all.getFirst().text();
  }

  private static List<PlainLanguage.Finding> check(String name, String text) {
    if (name.endsWith(".java")) {
      return PlainLanguage.java(text);
    }
    return name.endsWith(".md") ? PlainLanguage.document(text) : PlainLanguage.script(text);
  }

  /** Main sources of all modules, sources of the UI without tests, and documents. */
  private static List<Path> files() throws IOException {
    List<Path> out = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean skipped = SKIPPED.contains(String.valueOf(dir.getFileName()));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = ROOT.relativize(file).toString().replace('\\', '/');
            boolean script = name.matches("ui/src/.*\\.tsx?") && !name.contains(".test.");
            boolean document = name.matches("(docs/.*|[A-Z]+)\\.md");
            if (name.endsWith(".java") && name.contains("/src/main/") || script || document) {
              out.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(out).hasSizeGreaterThan(1000);
    return out;
  }
}
