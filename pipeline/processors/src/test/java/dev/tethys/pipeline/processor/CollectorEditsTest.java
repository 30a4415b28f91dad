package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.grouping.GroupByAttributes;
import dev.tethys.pipeline.processor.redaction.Redaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code redaction} and {@code groupbyattrs} against the cases of the Collector's own tests. */
final class CollectorEditsTest {
  private static final String CARD = "4[0-9]{12}(?:[0-9]{3})?";

  private final Rig rig = new Rig();

  private static Attributes attributes(Object... pairs) {
    Attributes a = new Attributes();
    for (int i = 0; i < pairs.length; i += 2) {
      a.put((String) pairs[i], pairs[i + 1]);
    }
    return a;
  }

  private static TreeMap<String, Object> sorted(Attributes a) {
    TreeMap<String, Object> map = new TreeMap<>();
    a.forEach(map::put);
    return map;
  }

  /** Attributes of a resource, a scope and a record, and its body: all are treated alike. */
  private List<String> redacted(String yaml, Object... pairs) {
    LogRecord l = Rig.log(9, "");
    l.attributes().putAll(attributes(pairs));
    l.setBody(attributes(pairs));
    LogsData d = Rig.logs("s", l);
    ResourceGroup<LogRecord> r = d.resources().getFirst();
    r.resource().attributes().removeIf((_, _) -> true);
    r.resource().attributes().putAll(attributes(pairs));
    r.scopes().getFirst().scope().attributes().putAll(attributes(pairs));
    rig.send(rig.processor(Redaction.factory(), Signal.LOGS, yaml), d);
    assertThat(rig.balanced()).isTrue();
    ResourceGroup<LogRecord> got = rig.logs().resources().getFirst();
    LogRecord record = Rig.all(rig.logs()).getFirst();
    Attributes body = (Attributes) Objects.requireNonNull(record.body());
    Attributes own = new Attributes();
    record
        .attributes()
        .forEach(
            (k, v) -> {
              if (k.startsWith("redaction.body.")) {
                body.put("redaction." + k.substring("redaction.body.".length()), v);
              } else {
                own.put(k, v);
              }
            });
    return List.of(
        sorted(got.resource().attributes()).toString(),
        sorted(got.scopes().getFirst().scope().attributes()).toString(),
        sorted(own).toString(),
        sorted(body).toString());
  }

  @Test
  void removesUnknownKeys() {
    assertThat(
            redacted(
                "allowed_keys: [group, id, name]",
                "group",
                "temporary",
                "id",
                5L,
                "name",
                "placeholder",
                "credit_card",
                "4111111111111111"))
        .containsOnly("{group=temporary, id=5, name=placeholder}");
    assertThat(
            redacted(
                "{allowed_keys: [group, id], allow_all_keys: true}",
                "id",
                5L,
                "name",
                "placeholder"))
        .containsOnly("{id=5, name=placeholder}");
    assertThat(
            redacted(
                "{allow_all_keys: true, blocked_values: ['%s']}".formatted(CARD),
                "id",
                5L,
                "credit_card",
                "placeholder 4111111111111111"))
        .containsOnly("{credit_card=placeholder ****, id=5}");
  }

  @ParameterizedTest
  @CsvSource({
    "'', placeholder ****, ****, ****",
    "'hash_function: md5,', placeholder 5910f4ea0062a0e29afd3dccc741e3ce,"
        + " 93a699237950bde9eb9d25c7ead025f3, 77e9ef3680c5518785ef0121d3884c3d"
  })
  void reportsAllRedactions(String hash, String name, String api, String token) {
    assertThat(
            redacted(
                ("{%s allowed_keys: [id, group, name, group.id, member (id), token_some,"
                        + " api_key_some, email], blocked_values: ['%s'], ignored_keys:"
                        + " [safe_attribute], ignored_key_patterns: ['safeRE_attribute.*'],"
                        + " blocked_key_patterns: ['.*token.*', '.*api_key.*'], allowed_values:"
                        + " ['.+@mycompany.com'], summary: debug}")
                    .formatted(hash, CARD),
                "id",
                5L,
                "group.id",
                "some.valid.id",
                "member (id)",
                "some other valid id",
                "name",
                "placeholder 4111111111111111",
                "safe_attribute",
                "harmless 4111111111111112",
                "safeRE_attribute_id",
                "safe id",
                "safeRE_attribute_source",
                "safe source",
                "credit_card",
                "4111111111111111",
                "token_some",
                "tokenize",
                "api_key_some",
                "apinize",
                "email",
                "user@mycompany.com"))
        .containsOnly(
            "{api_key_some="
                + api
                + ", email=user@mycompany.com, group.id=some.valid.id, id=5, member (id)=some other"
                + " valid id, name="
                + name
                + ", redaction.allowed.count=1, redaction.allowed.keys=email,"
                + " redaction.ignored.count=3, redaction.masked.count=3,"
                + " redaction.masked.keys=api_key_some,name,token_some,"
                + " redaction.redacted.count=1, redaction.redacted.keys=credit_card,"
                + " safeRE_attribute_id=safe id, safeRE_attribute_source=safe source,"
                + " safe_attribute=harmless 4111111111111112, token_some="
                + token
                + "}");
  }

  @ParameterizedTest
  @CsvSource({"info, ', redaction.masked.count=1, redaction.redacted.count=1'", "silent, ''"})
  void orByCountsOrNotAtAll(String summary, String told) {
    assertThat(
            redacted(
                "{allowed_keys: [id, name], blocked_values: ['%s'], summary: %s}"
                    .formatted(CARD, summary),
                "id",
                5L,
                "name",
                "placeholder 4111111111111111",
                "credit_card",
                "4111111111111111"))
        .containsOnly("{id=5, name=placeholder ****" + told + "}");
  }

  @Test
  void masksMatchesOfSeveralExpressions() {
    assertThat(
            redacted(
                "{allowed_keys: [id, name, mystery], blocked_values: ['%s', '(5[1-5][0-9]{3})']}"
                    .formatted(CARD),
                "name",
                "placeholder 4111111111111111 52000",
                "mystery",
                "mystery 52000"))
        .containsOnly("{mystery=mystery ****, name=placeholder **** ****}");
  }

  @Test
  void secondRedactionAddsToTheFirst() {
    LogRecord l =
        Rig.log(
            9,
            "",
            "id",
            5L,
            "redundant",
            1.2,
            "mystery",
            "mystery ****",
            "credit_card",
            "4111111111111111",
            "redaction.redacted.keys",
            "dropped_attr1,dropped_attr2",
            "redaction.redacted.count",
            2L,
            "redaction.masked.keys",
            "mystery",
            "redaction.masked.count",
            1L);
    rig.send(
        rig.processor(
            Redaction.factory(),
            Signal.LOGS,
            "{allowed_keys: [id, credit_card, mystery], blocked_values: ['%s'], summary: debug}"
                .formatted(CARD)),
        Rig.logs("s", l));
    assertThat(sorted(Rig.all(rig.logs()).getFirst().attributes()).toString())
        .isEqualTo(
            "{credit_card=****, id=5, mystery=mystery ****, redaction.masked.count=2,"
                + " redaction.masked.keys=credit_card,mystery, redaction.redacted.count=3,"
                + " redaction.redacted.keys=dropped_attr1,dropped_attr2,redundant}");
  }

  @Test
  void masksNumbersWithAllTypes() {
    Object[] a = {"id", 5L, "credit_card_int", 4111111111111111L};
    assertThat(
            redacted("{allow_all_keys: true, blocked_values: ['%s']}".formatted(CARD), a)
                .subList(0, 3))
        .containsOnly("{credit_card_int=4111111111111111, id=5}");
    assertThat(
            redacted(
                "{allow_all_keys: true, redact_all_types: true, blocked_values: ['%s']}"
                    .formatted(CARD),
                a))
        .containsOnly("{credit_card_int=****, id=5}");
  }

  @Test
  void redactsBodies() {
    ArrayValue slice = new ArrayValue();
    slice.add("4111111111111111");
    slice.add("user123");
    LogRecord l = Rig.log(9, "");
    l.setBody(
        attributes(
            "credit_card",
            "4111111111111111",
            "not_allowed_key",
            "temp",
            "id",
            "user123",
            "nested",
            attributes(
                "credit_card",
                "4111111111111111",
                "not_allowed_key",
                "temp",
                "id",
                "user123",
                "safe_attribute",
                "4111111111111111",
                "email",
                "user@mycompany.com"),
            "slice",
            slice));
    String yaml =
        ("{allowed_keys: [id, email, credit_card, nested, slice], blocked_values: ['%s'],"
                + " ignored_keys: [safe_attribute], allowed_values: ['.+@mycompany.com'], summary:"
                + " debug}")
            .formatted(CARD);
    rig.send(rig.processor(Redaction.factory(), Signal.LOGS, yaml), Rig.logs("s", l));
    LogRecord got = Rig.all(rig.logs()).getFirst();
    assertThat(String.valueOf(got.body()))
        .isEqualTo(
            "{credit_card=****, id=user123, nested={credit_card=****, id=user123,"
                + " safe_attribute=4111111111111111, email=user@mycompany.com}, slice=[****,"
                + " user123]}");
    assertThat(sorted(got.attributes()).toString())
        .isEqualTo(
            "{redaction.body.allowed.count=1, redaction.body.allowed.keys=nested.email,"
                + " redaction.body.ignored.count=1, redaction.body.masked.count=3,"
                + " redaction.body.masked.keys=credit_card,nested.credit_card,slice.[0],"
                + " redaction.body.redacted.count=2,"
                + " redaction.body.redacted.keys=nested.not_allowed_key,not_allowed_key}");
    rig.send(
        rig.processor(Redaction.factory(), Signal.LOGS, yaml),
        Rig.logs("s", Rig.log(9, "placeholder 4111111111111111")));
    got = Rig.all(rig.logs()).getFirst();
    assertThat(got.body()).isEqualTo("placeholder ****");
    assertThat(sorted(got.attributes()).toString())
        .isEqualTo("{redaction.body.masked.count=1, redaction.body.masked.keys=body}");
  }

  @ParameterizedTest
  @CsvSource({
    "keys: [commonGroupedAttr], false, 1",
    "keys: [commonGroupedAttr], true, 4",
    "keys: [], false, 1",
    "keys: [], true, 4",
    "{}, false, 1"
  })
  void mergesResourcesAndScopes(String yaml, boolean distinct, int resources) {
    MetricsData d = new MetricsData();
    for (int r = 0; r < 4; r++) {
      ResourceGroup<Metric> group = new ResourceGroup<>();
      if (distinct) {
        group.resource().attributes().put("resourceAttrIndex", (long) r);
      }
      for (int s = 0; s < 4; s++) {
        ScopeGroup<Metric> scope = new ScopeGroup<>();
        scope
            .items()
            .add(
                Rig.gauge(
                    "foo-" + r + "-" + s,
                    Rig.point(0, 1, "commonGroupedAttr", "abc", "commonNonGroupedAttr", "xyz"),
                    Rig.point(1, 1, "commonGroupedAttr", "abc", "commonNonGroupedAttr", "xyz")));
        group.scopes().add(scope);
      }
      d.resources().add(group);
    }
    rig.send(rig.processor(GroupByAttributes.factory(), Signal.METRICS, yaml), d);
    boolean moves = yaml.contains("common");
    assertThat(rig.lastMetrics().resources()).hasSize(resources);
    assertThat(rig.lastMetrics().resources())
        .allSatisfy(
            r -> {
              assertThat(r.scopes()).hasSize(1);
              assertThat(r.resource().attributes().contains("commonGroupedAttr")).isEqualTo(moves);
            });
    assertThat(Rig.all(rig.lastMetrics())).hasSize(16);
    assertThat(Rig.all(rig.lastMetrics()))
        .allSatisfy(
            m -> {
              assertThat(Objects.requireNonNull(m.data()).points()).hasSize(2);
              assertThat(Objects.requireNonNull(m.data()).points())
                  .allMatch(p -> p.attributes().contains("commonGroupedAttr") != moves)
                  .allMatch(p -> p.attributes().contains("commonNonGroupedAttr"));
            });
    assertThat(rig.balanced()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "keys: [xx, yy] | {xx=aa, yy=11} | {}",
        "keys: [xx] | {xx=aa} | {yy=11}",
        "keys: [zz] | {} | {xx=aa, yy=11}",
        "keys: [] | {} | {xx=aa, yy=11}"
      })
  void movesAttributesToTheResource(String yaml, String resource, String record) {
    LogsData d = new LogsData();
    for (int i = 0; i < 4; i++) {
      ResourceGroup<LogRecord> r = new ResourceGroup<>();
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.scope().setName("ils-0");
      s.items().add(Rig.log(0, "", "xx", "aa", "yy", 11L));
      r.scopes().add(s);
      d.resources().add(r);
    }
    rig.send(rig.processor(GroupByAttributes.factory(), Signal.LOGS, yaml), d);
    assertThat(rig.logs().resources()).hasSize(1);
    assertThat(rig.logs().resources().getFirst().resource().attributes()).hasToString(resource);
    assertThat(Rig.all(rig.logs())).hasSize(4);
    assertThat(Rig.all(rig.logs())).allMatch(l -> l.attributes().toString().equals(record));
  }

  private static NumberDataPoint on(String host) {
    NumberDataPoint p = Rig.point(1, 1, "id", "eth0");
    if (!host.isEmpty()) {
      p.attributes().put("host.name", host);
    }
    return p;
  }

  @Test
  void movesPointsOfOneMetricToTheirHosts() {
    Metric sum = Rig.sum("mixed-type", 2, on("host-A"), on("host-A"));
    MetricsData d =
        Rig.metrics(
            "s",
            Rig.gauge("gauge-1", on("host-A"), on("host-A"), on("host-B")),
            Rig.gauge("gauge-1", on("host-A"), on("host-A"), on("host-B")),
            Rig.gauge("mixed-type", on("host-A"), on("host-A"), on("host-B")),
            sum,
            Rig.gauge("dont-move", on("")));
    Attributes resource = d.resources().getFirst().resource().attributes();
    resource.removeIf((_, _) -> true);
    resource.put("host.name", "localhost");
    rig.send(rig.processor(GroupByAttributes.factory(), Signal.METRICS, "keys: [host.name]"), d);
    List<String> got = new ArrayList<>();
    for (ResourceGroup<Metric> r : rig.lastMetrics().resources()) {
      for (Metric m : r.scopes().getFirst().items()) {
        got.add(
            r.resource().attributes().get("host.name")
                + " "
                + m.name()
                + (m.data() instanceof MetricData.Sum ? " sum " : " gauge ")
                + Objects.requireNonNull(m.data()).points().size());
      }
    }
    assertThat(got)
        .containsExactlyInAnyOrder(
            "localhost dont-move gauge 1",
            "host-A gauge-1 gauge 4",
            "host-A mixed-type gauge 2",
            "host-A mixed-type sum 2",
            "host-B gauge-1 gauge 2",
            "host-B mixed-type gauge 1");
  }
}
