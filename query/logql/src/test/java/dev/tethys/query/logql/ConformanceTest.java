package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.logql.ConformanceCases.Outcome;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Recorded behaviour of Loki: syntax, stages, scripts of metric queries, and a list of queries. A
 * case that Tethys answers otherwise is listed with its reason in {@code
 * conformance-exceptions.tsv}; one that is listed and passes fails.
 */
@Tag("slow")
class ConformanceTest {
  private static Map<String, String> exceptions() {
    Map<String, String> out = new TreeMap<>();
    try (var in =
        Objects.requireNonNull(
            ConformanceTest.class.getResourceAsStream("/conformance-exceptions.tsv"))) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .forEach(l -> out.put(l.substring(0, l.indexOf('\t')), l.substring(l.indexOf('\t') + 1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  private static String text(Path p) {
    try {
      return Files.readString(p);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> files() {
    Map<String, String> exceptions = exceptions();
    return ConformanceCases.FILES.entrySet().stream()
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getKey(),
                    () -> {
                      List<Outcome> all = f.getValue().run(text(Shared.conformance(f.getKey())));
                      assertThat(all).isNotEmpty();
                      List<String> wrong = new ArrayList<>();
                      for (Outcome o : all) {
                        boolean listed = exceptions.containsKey(o.id());
                        if (!o.difference().isEmpty() && !listed) {
                          wrong.add(o.id() + ": " + o.difference());
                        }
                        if (o.difference().isEmpty() && listed) {
                          wrong.add(o.id() + " is listed as an exception and passes");
                        }
                      }
                      assertThat(wrong).isEmpty();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> scripts() {
    return Shared.conformanceFiles("loki/logqltest", ".logqltest").stream()
        .map(
            p ->
                DynamicTest.dynamicTest(
                    p.getFileName().toString(),
                    () -> {
                      List<String> wrong = new ArrayList<>();
                      LogScript.run(
                          text(p),
                          (e, w) -> {
                            if (!w.isEmpty()) {
                              wrong.add("line " + e.line() + ": " + e.head() + "\n  " + w);
                            }
                          });
                      assertThat(wrong).isEmpty();
                    }));
  }

  @Test
  void benchQueriesAreValid() {
    for (Path p : Shared.conformanceFiles("loki/queries", ".yaml")) {
      for (String line : text(p).split("\n")) {
        String l = line.strip();
        if (l.startsWith("query: ") || l.startsWith("- query: ")) {
          String q = l.substring(l.indexOf("query: ") + 7).strip();
          if (q.startsWith("'") || q.startsWith("\"")) {
            q = q.substring(1, q.length() - 1).replace("''", "'").replace("\\\"", "\"");
          }
          LogqlEngine.check(
              q.replace("${SELECTOR}", "{app=\"a\"}")
                  .replace("${RANGE}", "5m")
                  .replaceAll("\\$\\{[A-Z_]+}", "x"));
        }
      }
    }
  }
}
