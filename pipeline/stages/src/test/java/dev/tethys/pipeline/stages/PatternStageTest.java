package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void severitiesAreFound(String line, String expected) {
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
          error: can't open /var/log/x.log ## error can open var/log/x.log
          """)
  void whatVariesIsLeftOut(String line, String expected) {
    assertThat(LogPattern.of(line).text()).isEqualTo(expected);
  }

  @Test
  void linesOfOneKindAreCountedTogether() {
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
  void mistakesAreRefused() {
    assertThatThrownBy(() -> new Rig("- pattern: {max_patterns: 0}"))
        .hasMessageContaining("wants 1 to 10000");
    assertThatThrownBy(() -> new Rig("- pattern: {severities: [loud]}"))
        .hasMessageContaining("allowed: unknown, debug, info, warning, error, critical");
  }

  @Property(tries = 500)
  void anyLineHasAPattern(@ForAll String line) {
    assertThat(LogPattern.of(line).words()).hasSizeLessThanOrEqualTo(LogPattern.MAX_WORDS);
    assertThat(Severity.of(line)).isNotNull();
  }
}
