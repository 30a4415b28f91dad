package dev.tethys.pipeline.ottl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tethys.pipeline.ottl.internal.Compare;
import dev.tethys.pipeline.ottl.internal.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Data-driven tests of the language. Each line of a file under {@code ottl/} is a case, its parts
 * separated by {@code ==>}: a value and its expected value; or statements, a value to read
 * afterwards, and its expected value. {@code ! text} as the last part is an evaluation error that
 * contains the text, {@code !! text} a load error. The first line of a file, {@code context: name},
 * selects the item of {@link Samples}. A quoted value in capitals stands for itself.
 */
@Tag("slow")
class OttlDataTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2024-03-10T12:00:00Z"));

  @TestFactory
  Stream<DynamicContainer> cases() throws IOException {
    Path folder =
        Path.of(
            System.getProperty("tethys.root", "../.."), "pipeline/ottl/src/test/resources/ottl");
    List<Path> files;
    try (Stream<Path> s = Files.list(folder)) {
      files = s.filter(p -> p.toString().endsWith(".txt")).sorted().toList();
    }
    assertThat(files).isNotEmpty();
    return files.stream()
        .map(f -> DynamicContainer.dynamicContainer(f.getFileName().toString(), tests(f)));
  }

  private static List<DynamicTest> tests(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OttlContext context =
        Objects.requireNonNull(OttlContext.of(lines.getFirst().substring("context: ".length())));
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        tests.add(DynamicTest.dynamicTest((i + 1) + ": " + line, () -> check(context, line)));
      }
    }
    return tests;
  }

  private static void check(OttlContext context, String line) {
    String[] parts = line.split("==>", -1);
    for (int i = 0; i < parts.length; i++) {
      parts[i] = parts[i].strip();
    }
    String expected = parts[parts.length - 1];
    Ottl ottl = new Ottl(OttlFunctions.standard(CLOCK));
    if (expected.startsWith("!")) {
      boolean load = expected.startsWith("!!");
      String text = expected.substring(load ? 2 : 1).strip();
      try {
        Object value = run(ottl, context, parts);
        fail("gave " + shown(value));
      } catch (OttlException e) {
        assertThat(load).as(e.getMessage()).isTrue();
        assertThat(e.getMessage()).contains(text);
      } catch (EvaluationException e) {
        assertThat(load).as(e.getMessage()).isFalse();
        assertThat(e.getMessage()).contains(text);
      }
      return;
    }
    Object value = run(ottl, context, parts);
    Object wanted = ottl.value(context, expected).get(Samples.at(context));
    assertThat(Compare.equal(value, wanted) && Type.of(value) == Type.of(wanted))
        .as("%s is %s, not %s", parts[parts.length - 2], shown(value), shown(wanted))
        .isTrue();
  }

  private static @Nullable Object run(Ottl ottl, OttlContext context, String[] parts) {
    Cursor at = Samples.at(context);
    if (parts.length == 2) {
      return ottl.value(context, parts[0]).get(at);
    }
    List<String> statements = List.of(parts).subList(0, parts.length - 2);
    ottl.statements(List.of(context), context, List.of(), statements, ErrorMode.PROPAGATE).run(at);
    return ottl.value(context, parts[parts.length - 2]).get(at);
  }

  private static String shown(@Nullable Object value) {
    return Type.of(value).text() + " " + (Type.of(value) == Type.TELEMETRY ? "…" : Text.of(value));
  }
}
