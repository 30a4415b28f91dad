package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PatternStageTest {
  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          level=info msg="an error" ## INFO
          {"time":"x","level":"warn","msg":"y"} ## WARNING
          {"severity": "CRITICAL"} ## CRITICAL
          2024-01-01 12:00:00 ERROR failed ## ERROR
          [warning] disk is full ## WARNING
          [notice] started ## INFO
          E0511 12:00:00.000 1 x.go:1] bad ## ERROR
          panic: runtime error ## CRITICAL
          WARN - slow ## WARNING
          <err> x ## ERROR
          nothing of the kind, information is missing ## UNKNOWN
          error handling was improved ## UNKNOWN
          """)
  void detectsSeverities(String line, String expected) {
    assertThat(Severity.of(line)).isEqualTo(Severity.valueOf(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          ERROR cannot reach 10.0.0.7:5432 after 3 attempts ## ERROR cannot reach after attempts
          ERROR user "bob" not found (id 42) [main] ## ERROR user not found
          WARN request 5f3c9a1e-77aa-4c11-9d10-1234567890ab failed ## WARN request failed
          ts=1 level=warn msg="slow request 7 took \\"9\\" ms (a b)" user="bob smith" d=3ms ## ts level warn msg slow request took ms user
          level=error err="dial tcp: no route" msg="cannot send" ## level error err dial tcp no route msg cannot send
          level=error msg="not closed ## level error msg not closed
          error: can't open /var/log/x.log ## error can open var/log/x.log
          """)
  void ignoresVariableParts(String line, String expected) {
    assertThat(LogPattern.of(line).text()).isEqualTo(expected);
  }

  /** A line of the list of formats. */
  record Sample(String program, String severity, String pattern, String line) {
    @Override
    public String toString() {
      return program + ": " + line;
    }
  }

  static Stream<Sample> formats() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(PatternStageTest.class.getResourceAsStream("log-lines.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(l -> !l.startsWith("#") && !l.isBlank())
              .map(l -> l.split(" ##", 4))
              .map(
                  f ->
                      new Sample(
                          f[0],
                          f[1].strip(),
                          f[2].strip(),
                          f[3].strip().replace("\\n", "\n").replace("\\t", "\t")))
              .toList()
              .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void readsFormatsOfManyPrograms(Sample s) {
    assertThat(Severity.of(s.line)).isEqualTo(Severity.valueOf(s.severity));
    if (!s.pattern.isEmpty()) {
      assertThat(LogPattern.of(s.line).text()).isEqualTo(s.pattern);
    }
  }

  private static final String TRACES =
      """
      - multiline: {firstline: '^\\S+ (ERROR|INFO) '}
      - pattern: {extract: {hash: h, severity: s}}
      - labels: {h: , s: }
      """;

  /**
   * Frames differ in variable parts such as line numbers and addresses; the message differs in one
   * word.
   */
  @Test
  void groupsTracesOfOneFailure() {
    Rig rig = new Rig(TRACES);
    for (String user : List.of("bob", "eve", "mallory")) {
      rig.run("07:10:0" + user.length() + " ERROR order of " + user + " failed");
      rig.run("java.lang.IllegalStateException: no stock for 1" + user.length());
      rig.run("\tat shop.Orders.take(Orders.java:" + 40 * user.length() + ")");
      rig.run("\tat shop.Main.main(Main.java:" + user.length() + ")");
      rig.run("Caused by: java.net.SocketTimeoutException: Read timed out");
      rig.run("\t... " + user.length() + " more");
    }
    rig.run("07:11:00 INFO done");
    assertThat(rig.out).hasSize(3);
    assertThat(rig.out.stream().map(e -> e.labels().get("h")).distinct()).hasSize(1);
    assertThat(rig.out.getFirst().labels().get("s")).isEqualTo("error");
    assertThat(rig.out.getFirst().line().lines()).hasSize(6);
    assertThat(rig.metric("tethys_log_messages_total", "job", "job", "severity", "error"))
        .isEqualTo(3);
  }

  /** However many kinds of lines there are, each severity has its number of patterns at most. */
  @Test
  void boundsPatternsPerSeverity() {
    Rig rig = new Rig("- pattern: {max_patterns: 5}");
    String letters = "abcdefghijklmnopqrstuvwxyz";
    int n = 0;
    for (char a : letters.toCharArray()) {
      for (char b : letters.toCharArray()) {
        rig.run("ERROR " + a + b + "x " + b + a + "y " + a + a + "z");
        rig.run("WARN " + a + b + "x " + b + a + "y " + a + a + "z");
        n++;
      }
    }
    String[] rest = {"job", "job", "severity", "error", "hash", "unclassified"};
    double told =
        n
            - rig.metric(
                "tethys_log_patterns_total",
                rest[0],
                rest[1],
                rest[2],
                rest[3],
                rest[4],
                rest[5],
                "pattern",
                "unclassified");
    assertThat(told).isBetween(5.0, n - 1.0);
    long series =
        rig.registry.gather().stream()
            .filter(f -> f.name().equals("tethys_log_patterns_total"))
            .mapToLong(f -> f.metrics().size())
            .sum();
    assertThat(series).isEqualTo(2 * (5 + 1));
  }

  @Test
  void countsSimilarLinesTogether() {
    Rig rig = new Rig("- pattern: {max_patterns: 2, extract: {hash: h}}\n- labels: {h: }");
    String a = rig.one("ERROR cannot reach database 1").labels().get("h");
    assertThat(rig.one("ERROR cannot reach cache 2").labels().get("h")).isEqualTo(a);
    assertThat(rig.one("ERROR other thing happened here").labels().get("h")).isNotEqualTo(a);
    assertThat(rig.one("ERROR third").labels().get("h")).isEqualTo("unclassified");
    rig.one("INFO fine");
    String[] labels = {"job", "job", "severity", "error", "hash", a};
    assertThat(
            rig.metric(
                "tethys_log_patterns_total",
                labels[0],
                labels[1],
                labels[2],
                labels[3],
                labels[4],
                labels[5],
                "pattern",
                "ERROR cannot reach database"))
        .isEqualTo(2);
    assertThat(rig.metric("tethys_log_messages_total", "job", "job", "severity", "error"))
        .isEqualTo(4);
    assertThat(rig.metric("tethys_log_messages_total", "job", "job", "severity", "info"))
        .isEqualTo(1);
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> new Rig("- pattern: {max_patterns: 0}"))
        .hasMessageContaining("must be 1 to 10000");
    assertThatThrownBy(() -> new Rig("- pattern: {severities: [loud]}"))
        .hasMessageContaining("allowed: unknown, debug, info, warning, error, critical");
  }

  @Property(tries = 500)
  void findsAPatternInAnyLine(@ForAll String line) {
    assertThat(LogPattern.of(line).words()).hasSizeLessThanOrEqualTo(LogPattern.MAX_WORDS);
    assertThat(Severity.of(line)).isNotNull();
  }
}
