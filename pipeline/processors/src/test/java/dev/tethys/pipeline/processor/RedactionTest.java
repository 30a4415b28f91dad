package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.redaction.Redaction;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values hidden by redaction, by type and depth, and the report of redactions. */
class RedactionTest {
  private final Rig rig = new Rig();

  private LogRecord run(String yaml, LogRecord record) {
    rig.send(rig.processor(Redaction.factory(), Signal.LOGS, yaml), Rig.logs("shop", record));
    return Rig.all(rig.logs()).getFirst();
  }

  private static LogRecord body(@Nullable Object body) {
    LogRecord l = new LogRecord();
    l.setBody(body);
    return l;
  }

  private static Attributes map(Object... entries) {
    Attributes a = new Attributes();
    for (int i = 0; i < entries.length; i += 2) {
      a.put((String) entries[i], entries[i + 1]);
    }
    return a;
  }

  @Test
  void masksValuesOfEveryTypeUnderBlockedKeys() {
    LogRecord l =
        run(
            "{allow_all_keys: true, blocked_key_patterns: [pin]}",
            Rig.log(9, "x", "pin", 1234L, "pin.flag", true, "pin.map", map("a", "b"), "n", 1L));
    assertThat(l.attributes().toString()).isEqualTo("{pin=****, pin.flag=****, pin.map=****, n=1}");
  }

  @Test
  void masksDetectedPartsOfValuesNamesAndMessages() {
    String yaml = "{allow_all_keys: true, detectors: [card, iban, email], summary: info}";
    LogRecord l =
        run(
            yaml,
            Rig.log(
                9,
                "paid 4111 1111 1111 1111 to DE89370400440532013000",
                "user",
                "jane@example.com",
                "order",
                "4111111111111112"));
    assertThat(l.body()).isEqualTo("paid **** to ****");
    assertThat(l.attributes().get("user")).isEqualTo("****");
    assertThat(l.attributes().get("order")).isEqualTo("4111111111111112");
    assertThat(l.attributes().get("redaction.masked.count")).isEqualTo(1L);
    Span s = Rig.span("mail jane@example.com");
    s.setStatusMessage("no such user jane@example.com");
    Rig other = new Rig();
    other.send(other.processor(Redaction.factory(), Signal.TRACES, yaml), Rig.traces("shop", s));
    Span masked = Rig.all(other.traces()).getFirst();
    assertThat(masked.name()).isEqualTo("mail ****");
    assertThat(masked.statusMessage()).isEqualTo("no such user ****");
  }

  @Test
  void rejectsUnknownDetectors() {
    assertThatThrownBy(() -> run("{allow_all_keys: true, detectors: [passport]}", Rig.log(9, "x")))
        .hasMessageContaining("passport");
  }

  @Test
  void redactsAttributesOfLinksAndExemplars() {
    String yaml = "{allow_all_keys: true, blocked_key_patterns: [pin]}";
    Span s = Rig.span("a");
    SpanLink link = new SpanLink();
    link.attributes().put("pin", "1234");
    s.links().add(link);
    rig.send(rig.processor(Redaction.factory(), Signal.TRACES, yaml), Rig.traces("shop", s));
    assertThat(Rig.all(rig.traces()).getFirst().links().getFirst().attributes())
        .hasToString("{pin=****}");
    NumberDataPoint n = Rig.point(1, 10);
    n.exemplars().add(exemplar());
    HistogramDataPoint h = Points.like(n, new HistogramDataPoint());
    h.exemplars().add(exemplar());
    MetricData.Histogram data = new MetricData.Histogram();
    data.points().add(h);
    Metric histogram = new Metric();
    histogram.setName("h");
    histogram.setData(data);
    rig.send(
        rig.processor(Redaction.factory(), Signal.METRICS, yaml),
        Rig.metrics("shop", Rig.gauge("g", n), histogram));
    List<Metric> after = Rig.all(rig.lastMetrics());
    assertThat(
            ((NumberDataPoint) Objects.requireNonNull(after.get(0).data()).points().getFirst())
                .exemplars()
                .getFirst()
                .attributes())
        .hasToString("{pin=****}");
    assertThat(
            ((HistogramDataPoint) Objects.requireNonNull(after.get(1).data()).points().getFirst())
                .exemplars()
                .getFirst()
                .attributes())
        .hasToString("{pin=****}");
  }

  private static Exemplar exemplar() {
    Exemplar e = new Exemplar();
    e.setLong(1);
    e.attributes().put("pin", "1234");
    return e;
  }

  @Test
  void redactsNestedBodies() {
    LogRecord l =
        run(
            """
            allowed_keys: [list, user, name, pin, card, keep]
            blocked_key_patterns: [^pin$]
            blocked_values: ["4[0-9]{15}"]
            ignored_keys: [safe]
            allowed_values: [^fine$]
            summary: debug
            """,
            body(
                map(
                    "list",
                    ArrayValue.of(map("pin", 1234L, "ssn", "078", "card", 4111111111111111L)),
                    "user",
                    map("name", "ann", "birth", "x", "keep", "fine", "safe", "4111111111111111"),
                    "gone",
                    true)));
    assertThat(String.valueOf(l.body()))
        .isEqualTo(
            "{list=[{pin=****, card=****}], user={name=ann, keep=fine, safe=4111111111111111}}");
    assertThat(l.attributes().toString())
        .isEqualTo(
            "{redaction.body.redacted.keys=gone,list.[0].ssn,user.birth,"
                + " redaction.body.redacted.count=3,"
                + " redaction.body.masked.keys=list.[0].card,list.[0].pin,"
                + " redaction.body.masked.count=2,"
                + " redaction.body.allowed.keys=user.keep, redaction.body.allowed.count=1,"
                + " redaction.body.ignored.count=1}");
  }

  @Test
  void redactsListsAndNumbersInBodies() {
    String yaml =
        "{allow_all_keys: true, blocked_key_patterns: [password], blocked_values: ['[0-9]{16}']}";
    assertThat(run(yaml, body(ArrayValue.of(map("password", "x"), 4111111111111111L, 5L))).body())
        .hasToString("[{password=****}, ****, 5]");
    assertThat(run(yaml, body(4111111111111111L)).body()).isEqualTo("****");
    assertThat(run(yaml, body(5L)).body()).isEqualTo(5L);
    LogRecord attributes = Rig.log(9, "x", "l", ArrayValue.of(map("password", 7L)));
    assertThat(run(yaml, attributes).attributes()).hasToString("{l=[{password=****}]}");
  }

  @Test
  void addsNoReportByDefault() {
    String yaml = "{allow_all_keys: true, blocked_key_patterns: [a], ignored_keys: [b]}";
    LogRecord l = run(yaml, Rig.log(9, "x", "a", "1", "b", "2"));
    assertThat(l.attributes().toString()).isEqualTo("{a=****, b=2}");
  }

  @Test
  void secondRedactionAddsToTheFirst() {
    LogRecord first =
        run("{allowed_keys: [b, c], summary: debug}", Rig.log(9, "x", "a", 1L, "b", "2", "c", "3"));
    LogRecord second = run("{allowed_keys: [c], summary: debug}", first);
    assertThat(second.attributes().toString())
        .isEqualTo("{c=3, redaction.redacted.keys=a,b, redaction.redacted.count=2}");
    LogRecord forged = run("{allowed_keys: [c]}", Rig.log(9, "x", "redaction.secret", "s"));
    assertThat(forged.attributes().isEmpty()).isTrue();
  }

  @Test
  void keepsAllowedValuesUnderBlockedKeys() {
    LogRecord l =
        run(
            "{allow_all_keys: true, blocked_key_patterns: [mail], allowed_values: ['@us$'],"
                + " summary: debug}",
            Rig.log(9, "x", "mail", "a@us", "mail2", "b@them"));
    assertThat(l.attributes().toString())
        .isEqualTo(
            "{mail=a@us, mail2=****, redaction.masked.keys=mail2, redaction.masked.count=1,"
                + " redaction.allowed.keys=mail, redaction.allowed.count=1}");
  }

  /** Values of RFC 4231, 4.3. */
  @ParameterizedTest
  @CsvSource({
    "hmac-sha256, 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "hmac-sha512, 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
  })
  void supportsKeyedHashes(String function, String expected) {
    LogRecord l =
        run(
            "{allow_all_keys: true, blocked_key_patterns: [a], hmac_key: Jefe, hash_function: "
                + function
                + "}",
            Rig.log(9, "x", "a", "what do ya want for nothing?"));
    assertThat(l.attributes().get("a")).isEqualTo(expected);
    assertThatThrownBy(() -> run("{hash_function: " + function + "}", body("x")))
        .hasMessageContaining("hmac_key");
  }
}
