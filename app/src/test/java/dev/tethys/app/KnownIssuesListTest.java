package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tests that docs/logs.md names are there. */
@Tag("slow")
class KnownIssuesListTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
  private static final Path ROOT = Path.of(System.getProperty("tethys.root", ".."));

  @Test
  void hasEveryTestOfThePage() throws IOException {
    List<MatchResult> named =
        NAMED.matcher(Files.readString(ROOT.resolve("docs/logs.md"))).results().toList();
    assertThat(named).hasSizeGreaterThan(20);
    for (MatchResult m : named) {
      assertThat(sources(m.group(1)))
          .as(m.group())
          .anyMatch(s -> s.contains(" void " + m.group(2) + "("));
    }
  }

  private static List<String> sources(String name) throws IOException {
    String file = name + ".java";
    try (Stream<Path> rooms = Files.walk(ROOT, 2);
        Stream<Path> all =
            rooms
                .map(r -> r.resolve("src/test/java"))
                .filter(Files::isDirectory)
                .flatMap(KnownIssuesListTest::below)) {
      return all.filter(p -> p.endsWith(file)).map(KnownIssuesListTest::text).toList();
    }
  }

  private static Stream<Path> below(Path folder) {
    try {
      return Files.walk(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path p) {
    try {
      return Files.readString(p);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
