package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.span.SpanProcessor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpanProcessorTest {
  private final Rig rig = new Rig();

  private Span through(String yaml, Span span) {
    Processor p = rig.processor(SpanProcessor.factory(), Signal.TRACES, yaml);
    rig.send(p, Rig.traces("s", span));
    return Rig.all(rig.traces()).getFirst();
  }

  @Test
  void buildsNamesFromAttributes() {
    Span s = Rig.span("old", "db.svc", "location", "operation", "get", "id", 1234L);
    s.attributes().put("share", 0.5);
    s.attributes().put("ok", true);
    String yaml = "name: {from_attributes: [db.svc, operation, id, share, ok], separator: '::'}";
    assertThat(through(yaml, s).name()).isEqualTo("location::get::1234::0.5::true");
    assertThat(through("name: {from_attributes: [db.svc, operation]}", s).name())
        .isEqualTo("locationget");
    assertThat(through(yaml, Rig.span("old", "db.svc", "location")).name()).isEqualTo("old");
  }

  /** The example of the Collector's README. */
  @Test
  void extractsAttributesFromNames() {
    String rule = "rules: ['^\\/api\\/v1\\/document\\/(?P<documentId>.*)\\/update$']";
    Span s =
        through(
            "name: {to_attributes: {" + rule + "}}", Rig.span("/api/v1/document/12345678/update"));
    assertThat(s.name()).isEqualTo("/api/v1/document/{documentId}/update");
    assertThat(s.attributes().get("documentId")).isEqualTo("12345678");
    s =
        through(
            "name: {to_attributes: {keep_original_name: true, " + rule + "}}",
            Rig.span("/api/v1/document/12345678/update"));
    assertThat(s.name()).isEqualTo("/api/v1/document/12345678/update");
    assertThat(s.attributes().get("documentId")).isEqualTo("12345678");
  }

  @Test
  void appliesRulesInOrderUnlessBreakAfterMatch() {
    String rules = "rules: ['/(?P<a>\\d+)/', '/\\{a\\}/(?P<b>\\w+)(/x)?']";
    Span s = through("name: {to_attributes: {" + rules + "}}", Rig.span("/7/eight/x/y"));
    assertThat(s.name()).isEqualTo("/{a}/{b}/x/y");
    assertThat(s.attributes().get("b")).isEqualTo("eight");
    s =
        through(
            "name: {to_attributes: {break_after_match: true, " + rules + "}}",
            Rig.span("/7/eight/x/y"));
    assertThat(s.name()).isEqualTo("/{a}/eight/x/y");
    assertThat(s.attributes().contains("b")).isFalse();
  }

  @Test
  void setsTheStatusOfMatchingSpans() {
    String yaml =
        """
        status: {code: Error, description: bad}
        include: {match_type: strict, services: [s], attributes: [{key: http.status_code, value: 400}]}
        exclude: {match_type: regexp, span_names: ['^health']}
        """;
    Span s = through(yaml, Rig.span("a", "http.status_code", 400L));
    assertThat(s.statusCode()).isEqualTo(2);
    assertThat(s.statusMessage()).isEqualTo("bad");
    assertThat(through(yaml, Rig.span("a")).statusCode()).isZero();
    assertThat(through(yaml, Rig.span("healthz", "http.status_code", 400L)).statusCode()).isZero();
    assertThat(through("status: {code: Ok}", s).statusCode()).isEqualTo(1);
    assertThat(Rig.all(rig.traces()).getFirst().statusMessage()).isEmpty();
    assertThat(rig.balanced()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | requires name.from_attributes",
        "name: {separator: x} | requires name.from_attributes",
        "status: {code: ERROR} | allowed: Unset, Ok, Error",
        "status: {code: Ok, description: x} | only an Error has",
        "name: {to_attributes: {rules: ['(']}} | missing",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> rig.processor(SpanProcessor.factory(), Signal.TRACES, yaml))
        .hasMessageContaining(message);
  }
}
