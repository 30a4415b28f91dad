package dev.tethys.collect.observe.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogPatternsTest {
  private static final Owner OWNER = new Owner("/docker/web", "");
  private final LogPatterns patterns = new LogPatterns();

  private List<String> counts() {
    List<String> out = new ArrayList<>();
    patterns.collect(
        f ->
            f.metrics()
                .forEach(
                    m ->
                        out.add(
                            m.labels().get("level")
                                + " "
                                + m.labels().get("sample")
                                + " "
                                + ((MetricFamily.Value) m.point()).value())));
    return out;
  }

  @Test
  void countsMessagesOfOnePatternTogether() {
    patterns.count(OWNER, "stdout/stderr", LogLevel.ERROR, "user 17 not found", 0);
    patterns.count(OWNER, "stdout/stderr", LogLevel.ERROR, "user 18 not found", 0);
    patterns.count(OWNER, "stdout/stderr", LogLevel.ERROR, "user 18 not allowed", 0);
    patterns.count(OWNER, "stdout/stderr", LogLevel.INFO, "started", 0);
    assertThat(counts()).containsExactly("error user 17 not found 3.0", "info started 1.0");
    patterns.retain(o -> !o.equals(OWNER));
    assertThat(counts()).isEmpty();
  }

  @Test
  void patternsAreBounded() {
    for (int i = 0; i < 2000; i++) {
      String word = Integer.toString(i, 26).replaceAll("\\d", "x$0").replace('0', 'q');
      String letters =
          word.chars()
              .mapToObj(c -> (char) (c < 'a' ? c - '0' + 'A' : c) + "")
              .reduce("w", String::concat);
      patterns.count(
          OWNER,
          "f",
          LogLevel.INFO,
          letters + " " + letters + "b " + letters + "c",
          i * 20_000_000L);
    }
    List<String> counts = counts();
    assertThat(counts).hasSize(257);
    assertThat(counts.getLast()).startsWith("info  ");
  }

  @Test
  void countsBurstWithoutPatterns() {
    for (int i = 0; i < 150; i++) {
      patterns.count(OWNER, "f", LogLevel.INFO, "same message", 5);
    }
    assertThat(counts()).containsExactly("info same message 100.0", "info  50.0");
  }
}
