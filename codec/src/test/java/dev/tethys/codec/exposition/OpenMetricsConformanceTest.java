package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The OpenMetrics project's own cases: {@code metrics} and what {@code test.json} says of it. */
class OpenMetricsConformanceTest {
  @Test
  void validatorAgreesWithTheProjectOnEveryCase() throws IOException {
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    for (Path verdict : Shared.conformanceFiles("openmetrics/testdata/parsers", "test.json")) {
      boolean good = Files.readString(verdict).contains("\"shouldParse\": true");
      byte[] body = Files.readAllBytes(verdict.resolveSibling("metrics"));
      cases++;
      String error = "";
      try {
        OpenMetricsValidator.validate(body);
      } catch (ExpositionException e) {
        error = String.valueOf(e.getMessage());
      }
      if (good != error.isEmpty()) {
        wrong.add(
            verdict.subpath(verdict.getNameCount() - 2, verdict.getNameCount() - 1) + " " + error);
      }
    }
    assertThat(cases).isGreaterThan(200);
    assertThat(wrong).isEmpty();
  }

  @Test
  void acceptsEveryValidCase() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path verdict : Shared.conformanceFiles("openmetrics/testdata/parsers", "test.json")) {
      if (!Files.readString(verdict).contains("\"shouldParse\": true")) {
        continue;
      }
      byte[] body = Files.readAllBytes(verdict.resolveSibling("metrics"));
      try {
        ExpositionParser p =
            ExpositionParsers.openMetrics(body, 0, body.length, ParserOptions.DEFAULT);
        for (Event e = p.next(); e != Event.END; e = p.next()) {
          if (e == Event.SERIES) {
            assertThat(p.labels().metricName()).isNotEmpty();
          }
        }
      } catch (ExpositionException e) {
        wrong.add(
            verdict.subpath(verdict.getNameCount() - 2, verdict.getNameCount() - 1)
                + " "
                + e.getMessage());
      }
    }
    assertThat(wrong).isEmpty();
  }
}
