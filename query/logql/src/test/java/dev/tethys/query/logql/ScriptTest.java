package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts of lines, metric queries and results. */
class ScriptTest {
  static String resource(String name) throws IOException {
    try (var in = Objects.requireNonNull(ScriptTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/scripts/counts.logql", "/scripts/pipelines.logql"})
  void givesTheResults(String script) throws IOException {
    List<String> wrong = new ArrayList<>();
    int[] evaluations = {0};
    LogScript.run(
        resource(script),
        (e, w) -> {
          evaluations[0]++;
          if (!w.isEmpty()) {
            wrong.add("line " + e.line() + ": " + e.head() + "\n  " + w);
          }
        });
    assertThat(wrong).isEmpty();
    assertThat(evaluations[0]).isGreaterThan(10);
  }
}
