package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.sampling.AdjustedCount;
import dev.tethys.pipeline.processor.sampling.Sampler;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks {@code probabilistic_sampler} against the values of the Collector's tests ({@code
 * probabilisticsamplerprocessor} and {@code pkg/sampling}): kept ids and written state.
 */
final class SamplerTest {
  private static final String HALF = "fefefefefefefefefe80000000000000";
  private static final String FIRST_ONLY = "01000000000000000000000000000000";
  private static final String NONE = "0".repeat(32);
  private static final String GONE = "gone";

  /** Each processor has its own registry. */
  private final List<Rig> rigs = new ArrayList<>();

  private Rig rig() {
    rigs.add(new Rig());
    return rigs.getLast();
  }

  private static Span span(String id, @Nullable String state) {
    Span s = new Span();
    s.setName("spanName");
    s.setTraceId(high(id), low(id));
    s.setSpanId(0xfefefefeL);
    if (state != null) {
      s.setTraceState(state);
    }
    return s;
  }

  private static long high(String id) {
    return HexFormat.fromHexDigitsToLong(id, 0, 16);
  }

  private static long low(String id) {
    return HexFormat.fromHexDigitsToLong(id, 16, 32);
  }

  /** The trace state of a span that stayed, or that it is gone. */
  private String sampled(String yaml, Span s) {
    Rig rig = rig();
    rig.send(rig.processor(Sampler.factory(), Signal.TRACES, yaml), Rig.traces("test-svc", s));
    assertThat(rig.balanced()).isTrue();
    return rig.out.isEmpty() ? GONE : Rig.all(rig.traces()).getFirst().traceState();
  }

  @ParameterizedTest
  @CsvSource({
    // id, percentage, precision, arriving state, result of equalizing and of proportional
    HALF + ", 100, 14, , ot=th:0, ot=th:0",
    HALF + ", 50, 14, , ot=th:8, ot=th:8",
    "ddddddddddddddddddc0000000000000, 25, 14, , ot=th:c, ot=th:c",
    "ddddddddddddddddddb0000000000000, 25, 14, , gone, gone",
    HALF + ", 1, 14, ot=rv:FD70A3D70A3D71, ot=rv:FD70A3D70A3D71;th:fd70a3d70a3d71, =",
    HALF + ", 1, 4, ot=rv:FD70A3D70A3D71, ot=rv:FD70A3D70A3D71;th:fd70a, =",
    HALF + ", 1, 3, ot=rv:FD70A3D70A3D71, gone, gone",
    HALF + ", 1, 14, ot=rv:FD70A3D70A3D70, gone, gone",
    HALF + ", 49, 14, , gone, gone",
    HALF + ", 1, 14, ot=rv:fd70B000000000, ot=rv:fd70B000000000;th:fd70a3d70a3d71, =",
    "a0a0a0a0a0a0a0a0a0fe000000000000, 1, 4, , ot=th:fd70a, =",
    HALF + ", 50, 14, ot=rv:90000000000000;th:80000000000000, ot=rv:90000000000000;th:8, gone",
    HALF + ", 25, 14, ot=th:8, gone, gone",
    "ffffffffffffffffffffffffffffffff, 25, 14, ot=th:8, ot=th:c, ot=th:e",
    HALF
        + ", 50, 14, ot=rv:c0000000000000;th:8, ot=rv:c0000000000000;th:8,"
        + " ot=rv:c0000000000000;th:c",
    HALF + ", 40, 3, ot=rv:a0000000000000, ot=rv:a0000000000000;th:99a, =",
    "a0a0a0a0a0a0a0a0a0d0000000000000, 40, 6, ot=th:8, ot=th:99999a, ot=th:cccccd",
    "a0a0a0a0a0a0a0a0a0b0000000000000, 40, 3, ot=th:8, ot=th:99a, gone",
    "a0a0a0a0a0a0a0a0a080000000000000, 40, 3, ot=th:8, gone, gone",
    HALF + ", 200, 14, , ot=th:0, =",
    "111111111111111111ffffffffffffff, 0.006103515625, 14, ot=th:fffc, ot=th:fffc, ot=th:fffffff",
    "111111111111111111ffffffffffffff, 99.99992, 10, , ot=th:00000cccccccd, =",
    "111111111111111111ffffffffffffff, 0.0625, 14, ot=th:fffffffffffff8,"
        + " ot=th:fffffffffffff8, gone",
  })
  void computesTheCollectorsThresholds(
      String id,
      String percentage,
      int precision,
      @Nullable String came,
      String equalizing,
      String proportional) {
    String yaml =
        "{mode: %s, hash_seed: 4312, fail_closed: false, sampling_percentage: %s,"
            + " sampling_precision: %d}";
    assertThat(sampled(yaml.formatted("equalizing", percentage, precision), span(id, came)))
        .isEqualTo(equalizing);
    assertThat(sampled(yaml.formatted("proportional", percentage, precision), span(id, came)))
        .isEqualTo(proportional.equals("=") ? equalizing : proportional);
  }

  @ParameterizedTest
  @ValueSource(strings = {"equalizing", "proportional"})
  void failsOpenOrClosedOnInconsistentState(String mode) {
    String open = "{mode: %s, fail_closed: false, sampling_percentage: 100}".formatted(mode);
    String closed = "{mode: %s, sampling_percentage: 100}".formatted(mode);
    assertThat(sampled(open, span(HALF, "ot=rv:40000000000000;th:8")))
        .isEqualTo("ot=rv:40000000000000;th:0");
    for (String[] c :
        new String[][] {
          {NONE, ""},
          {HALF, "ot=rv:abababababababab"},
          {HALF, "ot=th:abababababababab"},
          {HALF, "ot=th:-1"},
          {"ffffffffffffffffff70000000000000", "ot=th:8"},
          {HALF, "ot=th:8;rv:70000000000000"},
          {HALF, "ot=rv:40000000000000;th:8"}
        }) {
      assertThat(sampled(closed, span(c[0], c[1]))).as(c[1]).isEqualTo(GONE);
      assertThat(sampled(open, span(c[0], c[1]))).as(c[1]).isNotEqualTo(GONE);
    }
    assertThat(sampled(open, span(HALF, "ot=th:-1"))).as("as it came").isEqualTo("ot=th:-1");
  }

  @ParameterizedTest
  @CsvSource({
    "0, true, false",
    "62, true, false",
    "100, true, false",
    "0, false, false",
    "62, false, true",
    "100, false, true"
  })
  void samplesWithoutATraceId(String percentage, boolean closed, boolean kept) {
    String yaml =
        "{hash_seed: 4312, sampling_percentage: %s, fail_closed: %s}".formatted(percentage, closed);
    assertThat(!sampled(yaml, span(NONE, null)).equals(GONE)).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource({"100, 0", "75, 4", "50, 8", "25, c", "10, e668", "33.3333333333, aaac"})
  void hashSeedHasFourteenBits(String percentage, String threshold) {
    String yaml = "{mode: hash_seed, hash_seed: 4312, sampling_percentage: %s}";
    int found = 0;
    for (long i = 0; found < 10; i++) {
      String id = HexFormat.of().toHexDigits(i * 0x9e3779b97f4a7c15L) + "00000000000000aa";
      String state = sampled(yaml.formatted(percentage), span(id, null));
      if (!state.equals(GONE)) {
        found++;
        assertThat(state).matches("ot=rv:[0-9a-f]{14};th:" + threshold);
        assertThat(state.substring(6, 20)).isGreaterThanOrEqualTo(threshold);
      }
    }
  }

  @Test
  void keepsNothingBelowOneHashBucket() {
    String yaml = "{mode: hash_seed, hash_seed: 4312, sampling_percentage: 0.00457763671875}";
    for (int i = 1; i < 100; i++) {
      assertThat(sampled(yaml, span(HexFormat.of().toHexDigits((long) i) + HALF.substring(16), "")))
          .isEqualTo(GONE);
    }
  }

  @Test
  void hashSeedIgnoresOtherSamplers() {
    for (String state : List.of("ot=th:8", "ot=rv:f2341234123412")) {
      assertThat(sampled("sampling_percentage: 100", span(HALF, state))).isEqualTo(GONE);
      assertThat(sampled("{sampling_percentage: 1, fail_closed: false}", span(HALF, state)))
          .isEqualTo(state);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hash_seed", "equalizing", "proportional"})
  void appliesPrioritiesOfSpans(String mode) {
    String zero = "{hash_seed: 4312, sampling_percentage: 0, mode: %s}".formatted(mode);
    String all = "{hash_seed: 4312, sampling_percentage: 100, mode: %s}".formatted(mode);
    for (Object wish : List.of(2L, 1.0, "1", "0.5")) {
      Span s = span(FIRST_ONLY, null);
      s.attributes().put("sampling.priority", wish);
      assertThat(sampled(zero, s)).as("%s", wish).isEqualTo("ot=th:0");
    }
    for (Object wish : List.of(0L, 0.0, "0", "0.0")) {
      Span s = span(FIRST_ONLY, null);
      s.attributes().put("sampling.priority", wish);
      assertThat(sampled(all, s)).as("%s", wish).isEqualTo(GONE);
    }
    for (Object wish : List.of(-1L, -1.0, "-0.5", "NaN", true)) {
      Span s = span(FIRST_ONLY, null);
      s.attributes().put("sampling.priority", wish);
      assertThat(sampled(zero, s)).as("%s", wish).isEqualTo(GONE);
      assertThat(sampled(all, s)).as("%s", wish).endsWith("th:0");
    }
  }

  @Test
  void countsDecidingPolicies() {
    for (int i = 0; i < 3; i++) {
      sampled("{sampling_percentage: 100, hash_seed: 4312}", span(FIRST_ONLY, null));
    }
    sampled("{sampling_percentage: 1, mode: proportional}", span(HALF, null));
    sampled("{sampling_percentage: 100, mode: equalizing}", span(HALF, "ot=rv:90000000000000"));
    sampled("{sampling_percentage: 100, mode: equalizing}", span(NONE, null));
    log("{sampling_percentage: 100, attribute_source: record, from_attribute: id}", NONE, "id", 7L);
    for (String c : List.of("count_spans_processed_total", "count_traces_sampled_total")) {
      assertThat(counted(c))
          .containsExactlyInAnyOrder(
              "trace_id_hash true 3",
              "trace_id_w3c false 1",
              "sampling_randomness true 1",
              "missing_randomness false 1");
    }
    assertThat(counted("count_logs_sampled_total")).containsExactly("id true 1");
  }

  private List<String> counted(String name) {
    TreeMap<String, Integer> all = new TreeMap<>();
    for (Rig rig : rigs) {
      rig.registry.gather().stream()
          .filter(f -> f.name().equals("otelcol_processor_probabilistic_sampler_" + name))
          .flatMap(f -> f.metrics().stream())
          .forEach(
              m ->
                  all.merge(
                      m.labels().get("policy") + " " + m.labels().get("sampled"),
                      (int) ((MetricFamily.Value) m.point()).value(),
                      Integer::sum));
    }
    return all.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
  }

  /** Ids that the Collector keeps with a hash of 50 %. */
  @ParameterizedTest
  @CsvSource({
    "653, 474a03c76d75951a4b4c537ced8f1122, true", "563, 53a518291e91307e43cd8467bb06f986, true",
    "142, a56a02f843b9bc6ee0b13889249e90e6, true", "904, 4e40762d3ee97a1c0932e4fa584f89a8, false",
    "445, 5224507db93db513f0ea2a4b4e0578c8, true", "38, 0c8717ced36216037af657e9d7f8b35b, true",
    "561, 2a8aa76c18d08e1e8be935541f9318c7, false", "757, 9e3d0f9481dc422cb613ea550897ae71, false",
    "22, 66a66c516ac22054673e5da5e6492545, false", "172, 84a1ce7bcea3e66194e72b4aa2694e31, true",
    "552, a811a7def34ca4b98d8e320afd115fad, false", "546, e3a345cc8dbb6f014bfa1edad3981820, true",
    "315, a71effb50e28d27cbdc9892f3765b8c2, false", "510, 55ee665a3fa22f8ea1b744ce15a7339d, false",
    "230, 7a5006be4d0ce7b542d59f83cd6f1c41, false", "544, 825b8fb9cfd45867794f4cd8a5a699bd, false",
    "790, 7629ecbea89398bfd9752a2f51c2c137, true", "555, de6cdfb44d69e211f886c57120d7bda0, true",
    "147, a8a5c3bb9205883fae17ead6675b2450, false", "238, 937e6cb3332dbe87062fa3997f48f425, false",
    "122, 5a357e150995e005847816c431ba502d, false", "963, 20cb3dcebe2cf8abe6102f4a2e548245, false",
    "141, 1b0afbd09abaaf7996cd26f8f6533795, false", "666, 3ee60b013303bcfda06be89071b90bd1, true",
    "305, c90c7cf3471bbc3a804a8a831633705b, true", "270, 18dda74dfca45a7b0261510f385fb4de, true",
    "381, 600cf70c7bb4918e54aefd78c84f3996, true", "35, 855f493c5b5b1e2fcbc9993f8061eac8, false",
    "839, 89bc498feb21d969cf0eabf916aa621a, false", "561, 0a0af00f63e098a39883705a423b0aa8, true",
    "667, 0c38553d71f54dfc37155c22cc8bf243, false", "603, 49493809d1a49ea879e6aba37afde958, true",
    "92, eb60d98b8f8fe22d8970f44f0e2b6bad, true", "70, 19c386ee7a9f2d56ff9ab2e6374540af, false",
    "567, 2a033c15405f1c7a311f653719ed47b7, false", "936, 62dda24e4be24f5198e4d8dd4010c811, true",
    "210, bb134e26ee92e282e29cabdb1d00d333, true", "835, 6c77db08bbded7bdd5c99c6e2fea41d2, false",
    "864, 99f6a7e7b50845b4fb64b7c2ee49f53c, true", "775, e908cb91224bee8fd4b5f3632f65717f, true",
    "687, 45a5ace7234d92d9983b4f3858bc0b8e, false", "761, 8c8a25d232fd4d3a37a5f70ccb82d752, false"
  })
  void computesTheCollectorsHashes(int seed, String id, boolean kept) {
    String yaml = "{hash_seed: %d, sampling_percentage: 50}".formatted(seed);
    assertThat(!sampled(yaml, span(id, null)).equals(GONE)).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource({
    // deciding setting, and how many of the hundred the Collector keeps
    "'sampling_percentage: 0', 0",
    "'sampling_percentage: 50, mode: hash_seed', 45",
    "'sampling_percentage: 0, attribute_source: record, from_attribute: foo', 0",
    "'sampling_percentage: 100, attribute_source: record, from_attribute: foo,"
        + " fail_closed: false', 100",
    "'sampling_percentage: 50, attribute_source: record, from_attribute: foo', 23",
    "'sampling_percentage: 50, attribute_source: record, from_attribute: bar', 29",
    "'sampling_percentage: 0, sampling_priority: priority, attribute_source: record,"
        + " from_attribute: rando, fail_closed: false', 25",
    "'sampling_percentage: 50, sampling_priority: priority, attribute_source: record,"
        + " from_attribute: rando, fail_closed: false', 64",
    "'sampling_percentage: 100, sampling_priority: priority, attribute_source: record,"
        + " from_attribute: rando, fail_closed: false', 100",
    "'sampling_percentage: 0, sampling_priority: priority, fail_closed: false', 25",
    "'sampling_percentage: 50, sampling_priority: priority, fail_closed: false', 57",
    "'sampling_percentage: 100, sampling_priority: priority, fail_closed: false', 100",
    "'sampling_percentage: 0, attribute_source: record, from_attribute: foo,"
        + " sampling_priority: priority, fail_closed: false', 25",
  })
  void keepsAsManyRecordsAsTheCollector(String keys, int kept) {
    List<LogRecord> logs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      LogRecord l = Rig.log(5, "x");
      long low = i * 0x0101010101010101L;
      l.setTraceId(0, low);
      byte[] id = java.nio.ByteBuffer.allocate(16).putLong(0).putLong(low).array();
      int h = 0x811c9dc5;
      for (byte b : new byte[] {123, 0, 0, 0}) {
        h = (h ^ b) * 0x01000193;
      }
      for (byte b : id) {
        h = (h ^ b & 0xff) * 0x01000193;
      }
      l.attributes().put("rando", Integer.toUnsignedLong(h));
      if (i % 2 == 0) {
        l.attributes().put("foo", id);
        l.attributes().put("bar", i == 0 ? "" : HexFormat.of().formatHex(id));
      }
      if (i % 4 == 0) {
        l.attributes().put("priority", 100.0);
      }
      logs.add(l);
    }
    Rig rig = rig();
    rig.send(
        rig.processor(Sampler.factory(), Signal.LOGS, "{" + keys + "}"),
        Rig.logs("s", logs.toArray(LogRecord[]::new)));
    assertThat(rig.out.isEmpty() ? 0 : Rig.all(rig.logs()).size()).isEqualTo(kept);
  }

  private String log(String yaml, String id, Object... attributes) {
    Rig rig = rig();
    LogRecord l = Rig.log(5, "x", attributes);
    l.setTraceId(high(id), low(id));
    rig.send(rig.processor(Sampler.factory(), Signal.LOGS, yaml), Rig.logs("s", l));
    assertThat(rig.balanced()).isTrue();
    return rig.out.isEmpty() ? GONE : Rig.all(rig.logs()).getFirst().attributes().toString();
  }

  @Test
  void writesTheCollectorsAttributesToRecords() {
    assertThat(log("{mode: proportional, sampling_percentage: 100}", HALF, "ignored", "value"))
        .isEqualTo("{ignored=value, sampling.threshold=0}");
    assertThat(log("{mode: hash_seed, hash_seed: 22, sampling_percentage: 100}", HALF, "K", "V"))
        .matches("\\{K=V, sampling.randomness=[0-9a-f]{14}, sampling.threshold=0}");
    assertThat(
            log(
                "{sampling_percentage: 100, attribute_source: record, from_attribute: veryrandom,"
                    + " hash_seed: 49}",
                NONE,
                "veryrandom",
                "1234"))
        .matches("\\{veryrandom=1234, sampling.randomness=[0-9a-f]{14}, sampling.threshold=0}");
    assertThat(log("sampling_percentage: 0", HALF)).isEqualTo(GONE);
    assertThat(
            log(
                "{sampling_percentage: 0, sampling_priority: veryrandom, sampling_precision: 6}",
                HALF,
                "sampling.randomness",
                "e6147c00000000",
                "veryrandom",
                10.125))
        .isEqualTo(
            "{sampling.randomness=e6147c00000000, veryrandom=10.125, sampling.threshold=e6147b}");
    assertThat(
            log(
                "{sampling_percentage: 50, mode: proportional}",
                "fefefefefefefefefef0000000000000",
                "sampling.threshold",
                "c"))
        .isEqualTo("{sampling.threshold=e}");
    assertThat(
            log(
                "{sampling_percentage: 50, mode: equalizing}",
                "fefefefefefefefefeb0000000000000",
                "sampling.threshold",
                "c"))
        .as("not consistent")
        .isEqualTo(GONE);
    assertThat(
            log(
                "{sampling_percentage: 50, mode: equalizing, sampling_priority: prio}",
                "fefefefefefefefefefefefefefefefe",
                "sampling.threshold",
                "c",
                "prio",
                37L))
        .as("not more than came")
        .isEqualTo("{sampling.threshold=c, prio=37}");
    assertThat(
            log(
                "{sampling_percentage: 100, mode: hash_seed, fail_closed: false}",
                HALF,
                "sampling.randomness",
                "f2341234123412"))
        .isEqualTo("{sampling.randomness=f2341234123412}");
    assertThat(log("{sampling_percentage: 100}", HALF, "sampling.randomness", "f2341234123412"))
        .as("closed")
        .isEqualTo(GONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hash_seed", "equalizing", "proportional"})
  void handlesRecordsWithoutRandomness(String mode) {
    for (String source : List.of("record", "traceID")) {
      for (int percentage : new int[] {0, 50, 100}) {
        for (boolean closed : new boolean[] {true, false}) {
          String yaml =
              ("{mode: %s, hash_seed: 4312, attribute_source: %s, from_attribute: unused,"
                      + " sampling_percentage: %d, fail_closed: %s}")
                  .formatted(mode, source, percentage, closed);
          assertThat(!log(yaml, NONE, "unused", "").equals(GONE))
              .as(yaml)
              .isEqualTo(percentage > 0 && !closed);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ot=th:2 | 0x1.2492492492492p0", // 1 / (1 - 2/16)
        "ot=th:c | 4",
        "ot=th:8 | 2",
        "ot=th:f | 16",
        "ot=th:0 | 1",
        "ot=th:1000 | 0x1.1111111111111p0",
        "ot=th:ffffffffffffff | 72057594037927936",
        "ot=extra:stuff;th:8 | 2",
        "ot=th:8;extra:stuff | 2",
        "ot=e100:100;e101:101;th:8 | 2",
        "ot=x1y2z3:1-2-3;y1:y_1;xy:-;th:8 | 2",
        "' ot=th:8 ' | 2",
        "' , ot=th:8, , other=value ' | 2",
        "tenant@system=value,ot=th:8 | 2",
        // not OpenTelemetry's entry, or malformed: no sampler recorded
        "ot=th:1; | 0",
        "ot=th:8=p:2 | 0",
        "ot=:1;th:8 | 0",
        "ot=th:;p:1 | 0",
        "ot=th:$ | 0",
        "ot=th:14.5 | 0",
        "ot=th:-1 | 0",
        "ot=th:ffffffffffffffff | 0",
        "ot=th:100000000000000 | 0",
        "ot=1:1;th:8 | 0",
        "ot=X:1;th:8 | 0",
        "ot=rv:100000000000000;th:8 | 0",
        "ot=rv:3;th:8 | 0",
        "-1=2,ot=th:8 | 0",
        "=,ot=th:8 | 0",
        "KEY=value,ot=th:8 | 0",
        "key=,ot=th:8 | 0",
        "1abc=value,ot=th:8 | 0",
        "@system=value,ot=th:8 | 0",
        "tenant@=value,ot=th:8 | 0",
        "tenant@1system=v,ot=th:8 | 0",
        "a b=value,ot=th:8 | 0"
      })
  void computesTheAdjustedCount(String state, double count) {
    assertThat(AdjustedCount.find(state)).isEqualTo(count);
  }

  @Test
  void boundsTraceStates() {
    assertThat(AdjustedCount.find("ot=th:8," + "x".repeat(257) + "=v")).isZero();
    assertThat(AdjustedCount.find("ot=th:8," + "x".repeat(242) + "@y=v")).isZero();
    assertThat(AdjustedCount.find("ot=th:8,y@" + "x".repeat(15) + "=v")).isZero();
    assertThat(AdjustedCount.find("ot=th:8,x=" + "y".repeat(1023))).isZero();
    assertThat(AdjustedCount.find("ot=th:8," + "x=y,".repeat(31) + "x=y")).isZero();
    assertThat(AdjustedCount.find("ot=th:8;x:" + "_".repeat(250))).isZero();
    assertThat(AdjustedCount.find("ot=th:8;x:" + "_".repeat(249))).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    // threshold digits, precision, and the rounded digits
    "456789a, 6, 45678a",
    "456789a, 5, 45679",
    "456789a, 4, 4568",
    "456789a, 3, 456",
    "456789a, 2, 45",
    "456789a, 1, 4",
    "000456789a, 6, 00045678a",
    "000456789a, 5, 00045679",
    "000456789a, 4, 0004568",
    "000456789a, 3, 000456",
    "0789abcdef, 9, 0789abcdef",
    "0789abcdef, 8, 0789abcdf",
    "0789abcdef, 7, 0789abce",
    "0789abcdef, 6, 0789abd",
    "0789abcdef, 2, 079",
    "0789abcdef, 1, 08",
    "12345678, 7, 1234568",
    "12345678, 6, 123456",
    "12345678, 1, 1",
    "0080801, 3, 00808",
    "0080801, 1, 008"
  })
  void roundsThresholds(String exact, int precision, String written) {
    // A percentage has only the bits of a float; the arriving state has the exact share.
    Span s = span("111111111111111111ffffffffffffff", "ot=th:" + exact);
    String yaml =
        "{mode: proportional, sampling_percentage: 100, sampling_precision: %d}"
            .formatted(precision);
    String state = sampled(yaml, s);
    boolean up = written.compareTo(exact) >= 0;
    assertThat(state).isEqualTo("ot=th:" + (up ? written : exact));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sampling_percentage: -15.3",
        "sampling_percentage: .inf",
        "sampling_percentage: 1e-20",
        "sampling_precision: 15",
        "sampling_precision: 0",
        "mode: dunno",
        "attribute_source: dunno",
        "hash_seed: 4294967296"
      })
  void rejectsInvalidValues(String yaml) {
    assertThatThrownBy(() -> rig().processor(Sampler.factory(), Signal.TRACES, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("c.yaml:1:");
  }
}
