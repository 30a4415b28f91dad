package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.sampling.tail.TailSampling;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The decisions of policies, as the Collector's own tests have them. */
@Tag("slow")
class TailPoliciesTest {
  private static final long MILLI = 1_000_000L;
  private static final String MATCHES =
      "type: string_attribute, string_attribute: {key: a, values: ['1']}";

  private Rig rig = new Rig();
  private long traces;

  private Processor sampler(String policies) {
    rig = new Rig();
    return rig.processor(
        new TailSampling(InstantSource.system()),
        Signal.TRACES,
        "{decision_wait: 0s, policies: [" + policies + "]}");
  }

  /** Whether a trace is sampled that is new to the processor. */
  private boolean samples(Processor p, TracesData data) {
    traces++;
    Rig.all(data).forEach(s -> s.setTraceId(7, traces));
    int before = rig.out.size();
    p.consume(Rig.batch(data), o -> assertThat(o).isEqualTo(Outcome.ACCEPTED));
    rig.clock.pass(Duration.ofMillis(100));
    return rig.out.size() > before;
  }

  private boolean samples(String policy, TracesData data) {
    return samples(sampler("{name: tested, " + policy + "}"), data);
  }

  private static TracesData trace(Object... spanAttributes) {
    return Rig.traces("shop", Rig.span("work", spanAttributes));
  }

  private static TracesData resource(String key, Object value) {
    TracesData d = trace("non_matching", "x");
    d.resources().getFirst().resource().attributes().put(key, value);
    return d;
  }

  private static Span timed(long start, long millis) {
    Span s = Rig.span("work");
    s.setStartTimeUnixNano(1_600_000_000_000_000_000L + start * MILLI);
    s.setEndTimeUnixNano(s.startTimeUnixNano() + millis * MILLI);
    return s;
  }

  @ParameterizedTest
  @CsvSource({
    "-2147483648, true",
    "2147483647, true",
    "-2147483649, false",
    "2147483648, false",
    "8, true"
  })
  void matchesNumericAttributes(long value, boolean matches) {
    String range =
        "numeric_attribute: {key: example, min_value: -2147483648, max_value: 2147483647";
    String policy = "type: numeric_attribute, " + range + "}";
    assertThat(samples(policy, trace("example", value))).isEqualTo(matches);
    assertThat(samples(policy, resource("example", value))).isEqualTo(matches);
    assertThat(samples(policy, trace("non_matching", value))).isFalse();
    String inverted = "type: numeric_attribute, " + range + ", invert_match: true}";
    assertThat(samples(inverted, trace("example", value))).isEqualTo(!matches);
    assertThat(samples(inverted, resource("example", value))).isEqualTo(!matches);
    assertThat(samples(inverted, trace("non_matching", value))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "min_value: 100, 200, true",
    "min_value: 100, 50, false",
    "max_value: 100, 50, true",
    "max_value: 100, 200, false",
    "min_value: 0, -1, false",
  })
  void matchesNumericAttributesWithOneBound(String bound, long value, boolean sampled) {
    String policy = "type: numeric_attribute, numeric_attribute: {key: example, " + bound + "}";
    assertThat(samples(policy, trace("example", value))).isEqualTo(sampled);
  }

  @ParameterizedTest
  @CsvSource({
    "value, false, value, true",
    "value, false, non_matching, false",
    "v[0-9]+.HealthCheck$, true, grpc.health.v1.HealthCheck, true",
    "v[a-z]+.HealthCheck$, true, grpc.health.v1.HealthCheck, false",
    "^http|v[0-9]+.HealthCheck$|metrics$, true, grpc.health.v1.HealthCheck, true",
    "'', true, grpc.health.v1.HealthCheck, false",
  })
  void matchesStringAttributes(String values, boolean regex, String value, boolean matches) {
    String keys =
        "type: string_attribute, string_attribute: {key: example, values: ["
            + (values.isEmpty() ? "" : "'" + values.replace("|", "', '") + "'")
            + "], enabled_regex_matching: "
            + regex;
    for (String cache : new String[] {"", ", cache_max_size: 1"}) {
      String policy = keys + cache + "}";
      assertThat(samples(policy, trace("example", value))).isEqualTo(matches);
      assertThat(samples(policy, resource("example", value))).isEqualTo(matches);
      assertThat(samples(policy, trace("other", value))).isFalse();
      String inverted = keys + cache + ", invert_match: true}";
      assertThat(samples(inverted, trace("example", value))).isEqualTo(!matches);
      assertThat(samples(inverted, trace("other", value))).isTrue();
    }
  }

  @Test
  void matchesBooleanAttributes() {
    String policy = "type: boolean_attribute, boolean_attribute: {key: example, value: true}";
    assertThat(samples(policy, trace("example", true))).isTrue();
    assertThat(samples(policy, trace("example", false))).isFalse();
    assertThat(samples(policy, resource("example", true))).isTrue();
    assertThat(samples(policy, trace("example", "true"))).isFalse();
    String inverted =
        "type: boolean_attribute, boolean_attribute: {key: example, value: true, invert_match:"
            + " true}";
    assertThat(samples(inverted, trace("example", true))).isFalse();
    assertThat(samples(inverted, trace("non_matching", true))).isTrue();
  }

  @Test
  void matchesLatency() {
    String policy = "type: latency, latency: {threshold_ms: 5000}";
    assertThat(samples(policy, Rig.traces("s", timed(0, 4500)))).isFalse();
    assertThat(samples(policy, Rig.traces("s", timed(0, 5000)))).isTrue();
    assertThat(samples(policy, Rig.traces("s", timed(0, 3000), timed(2500, 3000)))).isTrue();
    String bounded = "type: latency, latency: {threshold_ms: 5000, upper_threshold_ms: 10000}";
    assertThat(samples(bounded, Rig.traces("s", timed(0, 5000)))).isFalse();
    assertThat(samples(bounded, Rig.traces("s", timed(0, 5001)))).isTrue();
    assertThat(samples(bounded, Rig.traces("s", timed(0, 10000)))).isTrue();
    assertThat(samples(bounded, Rig.traces("s", timed(0, 10001)))).isFalse();
  }

  @Test
  void matchesStatusCodes() {
    Span failed = Rig.span("work");
    failed.setStatusCode(2);
    String policy = "type: status_code, status_code: {status_codes: [ERROR]}";
    assertThat(samples(policy, Rig.traces("s", Rig.span("a"), failed))).isTrue();
    assertThat(samples(policy, trace())).isFalse();
    assertThat(samples("type: status_code, status_code: {status_codes: [OK, UNSET]}", trace()))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({"2, 0, false", "1, 0, true", "0, 1, true", "1, 20, true"})
  void countsASingleSpan(int min, int max, boolean sampled) {
    String policy = "type: span_count, span_count: {min_spans: %d, max_spans: %d}";
    assertThat(samples(policy.formatted(min, max), trace())).isEqualTo(sampled);
    assertThat(
            samples(
                "type: span_count, span_count: {min_spans: 1, max_spans: 2}",
                Rig.traces("s", Rig.span("a"), Rig.span("b"), Rig.span("c"))))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'non_matching=value', value, false",
    "'example=non_matching', value, false",
    "'example=value', value, true",
    "'example=value', '', false",
    "'example=non_matching,non_matching=value', value, false",
    "'example=value,non_matching=value', value, true",
    "'example=value1', 'value1, value2', true",
    "'', value, false",
  })
  void matchesTraceState(String state, String values, boolean sampled) {
    Span s = Rig.span("work");
    s.setTraceState(state);
    String policy = "type: trace_state, trace_state: {key: example, values: [" + values + "]}";
    assertThat(samples(policy, Rig.traces("s", s))).isEqualTo(sampled);
  }

  @Test
  void matchesTraceFlags() {
    Span s = Rig.span("work");
    s.setFlags(0x300);
    assertThat(samples("type: trace_flags", Rig.traces("s", Rig.span("a"), s))).isFalse();
    s.setFlags(0x301);
    assertThat(samples("type: trace_flags", Rig.traces("s", Rig.span("a"), s))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "100, '', 100",
    "0, '', 0",
    "25, '', 25",
    "33, test-salt, 33",
    "-50, '', 0",
    "150, '', 100"
  })
  void samplesProbabilistically(double percentage, String salt, double expected) {
    Processor p =
        sampler(
            "{name: tested, type: probabilistic, probabilistic: {sampling_percentage: "
                + percentage
                + ", hash_salt: '"
                + salt
                + "'}}");
    Random random = new Random(1);
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      Span s = Rig.span("work");
      s.setTraceId(random.nextLong(), random.nextLong());
      p.consume(Rig.batch(Rig.traces("s", s)), _ -> {});
    }
    rig.clock.pass(Duration.ofMillis(100));
    assertThat(100.0 * rig.out.size() / n)
        .isCloseTo(expected, org.assertj.core.data.Offset.offset(1.0));
  }

  @Test
  void matchesOttlConditions() {
    String both =
        "type: ottl_condition, ottl_condition: {error_mode: ignore,"
            + " span: ['attributes[\"attr_k_1\"] == \"attr_v_1\"'],"
            + " spanevent: ['attributes[\"event_attr_k_1\"] == \"event_attr_v_1\"']}";
    assertThat(samples(both, trace("attr_k_1", "attr_v_1"))).isTrue();
    assertThat(samples(both, trace())).isFalse();
    Span s = Rig.span("work");
    SpanEvent e = new SpanEvent();
    e.setName("test event");
    e.attributes().put("event_attr_k_1", "event_attr_v_1");
    s.events().add(new SpanEvent());
    s.events().add(e);
    assertThat(samples(both, Rig.traces("s", s))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'', false",
    "'error_mode: propagate,', false",
    "'error_mode: ignore,', true",
    "'error_mode: silent,', true"
  })
  void reportsFailingOttlConditionsUnlessIgnored(String mode, boolean sampled) {
    String policy =
        "type: ottl_condition, ottl_condition: {"
            + mode
            + " span: ['Substring(attributes[\"value\"], 0, 4) == \"keep\"', 'name == \"keep\"']}";
    assertThat(samples(policy, Rig.traces("s", Rig.span("keep")))).isEqualTo(sampled);
  }

  @Test
  void combinesWithAndAndNotAndDrop() {
    String and =
        "type: and, and: {and_sub_policy: [{name: x, "
            + MATCHES
            + "}, {name: y, type: span_count, span_count: {min_spans: 2}}]}";
    assertThat(samples(and, trace("a", "1"))).isFalse();
    assertThat(samples(and, Rig.traces("s", Rig.span("w", "a", "1"), Rig.span("v")))).isTrue();
    String not = "type: not, not: {not_sub_policy: {name: x, " + MATCHES + "}}";
    assertThat(samples(not, trace("a", "1"))).isFalse();
    assertThat(samples(not, trace("a", "2"))).isTrue();
    String drop =
        "{name: always, type: always_sample}, {name: drop, type: drop, drop: {drop_sub_policy:"
            + " [{name: x, "
            + MATCHES
            + "}]}}";
    assertThat(samples(sampler(drop), trace("a", "1"))).isFalse();
    assertThat(samples(sampler(drop), trace("a", "2"))).isTrue();
  }

  @Test
  void samplesIfOnePolicySamples() {
    String two =
        "{name: no, type: span_count, span_count: {min_spans: 9}}, {name: x, " + MATCHES + "}";
    assertThat(samples(sampler(two), trace("a", "1"))).isTrue();
    assertThat(samples(sampler(two), trace("a", "2"))).isFalse();
  }

  @Test
  void rateLimitingAllowsBursts() {
    Processor p = sampler("{name: r, type: rate_limiting, rate_limiting: {spans_per_second: 2}}");
    for (int i = 0; i < 4; i++) {
      assertThat(samples(p, trace())).as("twice a second's spans at once").isTrue();
    }
    assertThat(samples(p, trace())).isFalse();
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(samples(p, Rig.traces("s", Rig.span("a"), Rig.span("b")))).isTrue();
    assertThat(samples(p, Rig.traces("s", Rig.span("a"), Rig.span("b")))).isFalse();
    rig.clock.pass(Duration.ofHours(1));
    Span[] many = {Rig.span("a"), Rig.span("b"), Rig.span("c"), Rig.span("d"), Rig.span("e")};
    assertThat(samples(p, Rig.traces("s", many))).as("more than the burst").isFalse();
  }

  @Test
  void bytesLimitingCountsTheMessage() {
    int size = Rig.batch(trace()).size();
    Processor p =
        sampler(
            "{name: b, type: bytes_limiting, bytes_limiting: {bytes_per_second: 1, burst_capacity:"
                + " %d}}".formatted(2 * size));
    assertThat(samples(p, trace())).isTrue();
    assertThat(samples(p, trace())).isTrue();
    assertThat(samples(p, trace())).isFalse();
  }

  private String composite(int max, String first, String allocation) {
    return "{name: c, type: composite, composite: {max_total_spans_per_second: "
        + max
        + ", policy_order: ["
        + first
        + "], composite_sub_policy: [{name: always, type: always_sample}, {name: few, type:"
        + " numeric_attribute, numeric_attribute: {key: tag, min_value: 0, max_value: 100}}],"
        + " rate_allocation: ["
        + allocation
        + "]}}";
  }

  @Test
  void compositeEvaluatesInOrderWithSeparateRates() {
    Processor p =
        sampler(
            composite(
                3, "few, always", "{policy: few, percent: 34}, {policy: always, percent: 34}"));
    // Within one second of the clock, which passes a tenth at each.
    rig.clock.millis = 1_700_000_000_000L;
    assertThat(samples(p, trace("tag", 10L))).isTrue();
    assertThat(samples(p, trace("tag", 11L))).as("over its rate").isFalse();
    assertThat(samples(p, trace("tag", 1001L))).as("the other's").isTrue();
    assertThat(samples(p, trace("tag", 1001L))).isFalse();
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(samples(p, trace("tag", 10L))).isTrue();
  }

  @Test
  void compositeDividesTheUnallocatedRateEqually() {
    Processor p = sampler(composite(8, "few, always", "{policy: few, percent: 25}"));
    rig.clock.millis = 1_700_000_000_000L;
    int few = 0;
    int always = 0;
    for (int i = 0; i < 4; i++) {
      few += samples(p, trace("tag", 10L)) ? 1 : 0;
    }
    for (int i = 0; i < 5; i++) {
      always += samples(p, trace()) ? 1 : 0;
    }
    assertThat(few).isEqualTo(2);
    assertThat(always).isEqualTo(4);
  }

  @Test
  void stopsAtTheFirstMatchIfConfigured() {
    Processor p =
        rig.processor(
            new TailSampling(InstantSource.system()),
            Signal.TRACES,
            "{decision_wait: 0s, sample_on_first_match: true, policies: [{name: a, type:"
                + " always_sample}, {name: r, type: rate_limiting, rate_limiting:"
                + " {spans_per_second: 1}}]}");
    assertThat(samples(p, trace())).isTrue();
    assertThat(rig.registry.gather())
        .filteredOn(f -> f.name().endsWith("_count_traces_sampled_total"))
        .filteredOn(f -> !f.name().contains("global"))
        .allSatisfy(f -> assertThat(f.metrics()).hasSize(1));
  }

  @ParameterizedTest
  @CsvSource({
    "'{name: a, type: rate}', unknown policy type \"rate\"",
    "'{name: a, type: latency}', has no settings; set latency",
    "'{name: a, type: always_sample, latency: {}}', is not allowed in a policy",
    "'{name: a, type: always_sample}, {name: a, type: trace_flags}', two policies",
    "'{name: a, type: numeric_attribute, numeric_attribute: {key: k}}', min_value or max_value",
    "'{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 2, max_value: 1}}',"
        + " must not be larger",
    "'{name: a, type: status_code, status_code: {status_codes: [BAD]}}', unknown status \"BAD\"",
    "'{name: a, type: status_code, status_code: {status_codes: []}}', at least one",
    "'{name: a, type: ottl_condition, ottl_condition: {}}', at least one condition",
    "'{name: a, type: and, and: {and_sub_policy: []}}', at least one policy",
    "'{name: a, type: and, and: {and_sub_policy: [{name: b, type: composite}]}}', unknown policy type",
    "'', at least one policy",
  })
  void reportsInvalidSettings(String policies, String says) {
    assertThatThrownBy(() -> sampler(policies))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(says);
  }

  @Test
  void rejectsUnsupportedPoliciesByName() {
    String yaml = "{tail_storage: pebble, policies: [{name: a, type: always_sample}]}";
    YamlDocument document = YamlDocument.parse("c.yaml", null, yaml);
    assertThatThrownBy(
            () -> {
              assertThat(new TailSampling(InstantSource.system()).settings().read(document.root()))
                  .isNotNull();
              document.refuseNotBuilt();
            })
        .hasMessageContaining("tail_storage");
    assertThatThrownBy(
            () ->
                rig.processor(
                    new TailSampling(InstantSource.system()),
                    Signal.TRACES,
                    "{sampling_strategy: span-ingest, policies: [{name: a, type: rate_limiting,"
                        + " rate_limiting: {spans_per_second: 1}}]}"))
        .hasMessageContaining("span-ingest");
  }
}
