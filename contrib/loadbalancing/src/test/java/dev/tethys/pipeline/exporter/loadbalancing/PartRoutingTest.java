package dev.tethys.pipeline.exporter.loadbalancing;

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
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Owners of items, with keys and owners from the tests and test data of the Collector's exporter.
 */
class PartRoutingTest {
  private final List<String> keys = new ArrayList<>();

  private Map<String, Telemetry<?>> part(RoutingKey key, List<String> names, Telemetry<?> tree) {
    HashRing ring = HashRing.of(List.of("endpoint-1", "endpoint-2", "endpoint-3"));
    return new PartRouting(key, names, new Random(1))
        .part(
            tree,
            k -> {
              keys.add(new String(k, StandardCharsets.UTF_8));
              return ring.owner(k);
            });
  }

  private Map<String, Telemetry<?>> part(RoutingKey key, Telemetry<?> tree) {
    return part(key, List.of(), tree);
  }

  /** Every key is an owner. */
  private static Map<String, Telemetry<?>> byKey(
      RoutingKey key, List<String> names, Telemetry<?> tree) {
    return new PartRouting(key, names, new Random(1))
        .part(tree, k -> new String(k, StandardCharsets.UTF_8));
  }

  private static MetricsData metrics(
      String resourceKey, String resource, String name, String... at) {
    MetricsData m = new MetricsData();
    ResourceGroup<Metric> r = new ResourceGroup<>();
    r.resource().attributes().put(resourceKey, resource);
    r.setSchemaUrl("https://test-res-schema.com/schema");
    ScopeGroup<Metric> s = new ScopeGroup<>();
    s.scope().setName("MyTestInstrument");
    s.scope().setVersion("1.2.3");
    s.scope().attributes().put("scope_key", "foo");
    Metric x = new Metric();
    x.setName(name);
    MetricData.Sum sum = new MetricData.Sum();
    sum.setMonotonic(true);
    sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    for (String a : at) {
      NumberDataPoint p = new NumberDataPoint();
      p.attributes().put(a.substring(0, 3), a.substring(4));
      p.setTimeUnixNano(50);
      p.setDouble(333);
      sum.points().add(p);
    }
    x.setData(sum);
    s.items().add(x);
    r.scopes().add(s);
    m.resources().add(r);
    return m;
  }

  @ParameterizedTest
  @CsvSource({
    "service.name, service-alpha, endpoint-3, SERVICE",
    "service.name, service-beta, endpoint-2, SERVICE",
    "service.name, service-gamma, endpoint-1, SERVICE",
    "resource_key, foo, endpoint-2, RESOURCE",
    "resource_key, bar, endpoint-3, RESOURCE",
    "resource_key, asdf, endpoint-3, RESOURCE",
  })
  void routesResourcesLikeTheCollector(
      String attribute, String value, String owner, RoutingKey key) {
    MetricsData m = metrics(attribute, value, "cumulative.monotonic.sum", "aaa=bbb");
    assertThat(part(key, m)).containsOnlyKeys(owner);
  }

  @ParameterizedTest
  @CsvSource({
    "first.monotonic.sum, endpoint-3",
    "second.monotonic.sum, endpoint-3",
    "third.monotonic.sum, endpoint-1",
  })
  void routesMetricsLikeTheCollector(String name, String owner) {
    assertThat(part(RoutingKey.METRIC, metrics("resource_key", "foo", name, "aaa=bbb")))
        .containsOnlyKeys(owner);
    assertThat(keys).containsExactly(name);
  }

  @ParameterizedTest
  @CsvSource({
    "foo, first.monotonic.sum, aaa=bbb, endpoint-3",
    "foo, first.monotonic.sum, bbb=ccc, endpoint-1",
    "foo, second.monotonic.sum, aaa=bbb, endpoint-3",
    "foo, second.monotonic.sum, bbb=ccc, endpoint-3",
    "bar, first.monotonic.sum, aaa=bbb, endpoint-2",
    "bar, second.monotonic.sum, aaa=bbb, endpoint-2",
    "bar, second.monotonic.sum, bbb=ccc, endpoint-2",
  })
  void routesStreamsLikeTheCollector(String resource, String name, String attribute, String owner) {
    assertThat(part(RoutingKey.STREAM_ID, metrics("resource_key", resource, name, attribute)))
        .containsOnlyKeys(owner);
    assertThat(keys.getFirst()).startsWith("stream/");
  }

  @Test
  void splitsPointsOfOneMetric() {
    MetricsData m =
        metrics("resource_key", "foo", "first.monotonic.sum", "aaa=bbb", "bbb=ccc", "aaa=bbb");
    Map<String, Telemetry<?>> out = part(RoutingKey.STREAM_ID, m);
    assertThat(out).containsOnlyKeys("endpoint-3", "endpoint-1");
    assertThat(Objects.requireNonNull(out.get("endpoint-3")).itemCount()).isEqualTo(2);
    ResourceGroup<?> r = Objects.requireNonNull(out.get("endpoint-1")).resources().getFirst();
    assertThat(r.schemaUrl()).isEqualTo("https://test-res-schema.com/schema");
    assertThat(r.scopes().getFirst().scope().version()).isEqualTo("1.2.3");
    Metric x = (Metric) (Object) r.scopes().getFirst().items().getFirst();
    assertThat(x.data())
        .isInstanceOfSatisfying(
            MetricData.Sum.class,
            s -> {
              assertThat(s.isMonotonic()).isTrue();
              assertThat(s.temporality()).isEqualTo(MetricData.TEMPORALITY_CUMULATIVE);
            });
  }

  private static Attributes map(Object... kv) {
    Attributes a = new Attributes();
    for (int i = 0; i < kv.length; i += 2) {
      a.put((String) kv[i], kv[i + 1]);
    }
    return a;
  }

  @Test
  void formatsValuesLikeTheCollector() {
    ArrayValue list = new ArrayValue();
    list.add(1L);
    list.add("x");
    list.add(false);
    Object[][] cases = {
      {"abc", "k=abc|"},
      {42L, "k=42|"},
      {3.5, "k=3.5|"},
      {true, "k=true|"},
      {null, "k=|"},
      {new byte[] {1, (byte) 0xff}, "k=Af8=|"},
      {map("b", 2L, "a", "x"), "k={\"a\":\"x\",\"b\":2}|"},
      {list, "k=[1,\"x\",false]|"},
    };
    for (@Nullable Object[] c : cases) {
      MetricsData m = metrics("other", "y", "n", "aaa=bbb");
      m.resources().getFirst().resource().attributes().put("k", c[0]);
      assertThat(byKey(RoutingKey.ATTRIBUTES, List.of("k"), m)).containsOnlyKeys((String) c[1]);
    }
  }

  @Test
  void ordersAttributesOfResourcesScopesAndPoints() {
    List<String> names = List.of("aaa", "missing", "scope_key", "resource_key");
    assertThat(byKey(RoutingKey.ATTRIBUTES, names, metrics("resource_key", "r", "n", "aaa=b")))
        .containsOnlyKeys("resource_key=r|scope_key=foo|aaa=b|missing=|");
    assertThat(
            byKey(
                RoutingKey.ATTRIBUTES,
                List.of("scope_key", "resource_key"),
                metrics("resource_key", "r", "n", "aaa=b", "aaa=c")))
        .containsOnlyKeys("resource_key=r|scope_key=foo|");
  }

  private static Span span(long trace, String name, Object... attributes) {
    Span s = new Span();
    s.setTraceId(0x0102030405060708L, trace);
    s.setSpanId(trace * 100 + name.hashCode());
    s.setName(name);
    s.setKind(2);
    s.attributes().putAll(map(attributes));
    return s;
  }

  private static TracesData traces(Span... spans) {
    TracesData t = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.items().addAll(List.of(spans));
    r.scopes().add(s);
    t.resources().add(r);
    return t;
  }

  @Test
  void keepsSpansOfOneTraceTogether() {
    Map<String, Telemetry<?>> out =
        part(RoutingKey.TRACE_ID, traces(span(1, "a"), span(2, "b"), span(1, "c"), span(6, "d")));
    assertThat(out.values().stream().mapToInt(Telemetry::itemCount).sum()).isEqualTo(4);
    byte[] one = ByteBuffer.allocate(16).putLong(0x0102030405060708L).putLong(1).array();
    String owner = HashRing.of(List.of("endpoint-1", "endpoint-2", "endpoint-3")).owner(one);
    List<?> own =
        Objects.requireNonNull(out.get(owner)).resources().getFirst().scopes().getFirst().items();
    assertThat(own).extracting(s -> ((Span) s).name()).contains("a", "c");
    assertThat(keys).hasSize(3); // one for each trace
  }

  @Test
  void usesAttributesOfTheFirstSpanOfATrace() {
    List<String> names = List.of("span.name", "service.name", "span.kind", "shard");
    Map<String, Telemetry<?>> out =
        byKey(
            RoutingKey.ATTRIBUTES,
            names,
            traces(span(1, "a", "shard", 7L), span(1, "b", "shard", 8L), span(2, "b")));
    assertThat(out)
        .containsOnlyKeys(
            "span.name=a|service.name=shop|span.kind=Server|shard=7|",
            "span.name=b|service.name=shop|span.kind=Server|shard=|");
    assertThat(byKey(RoutingKey.SERVICE, List.of(), traces(span(1, "a")))).containsOnlyKeys("shop");
  }

  private static LogRecord log(long trace, String body, Object... attributes) {
    LogRecord l = new LogRecord();
    l.setTraceId(0, trace);
    l.setBody(body);
    l.setSeverityText("WARN");
    l.attributes().putAll(map(attributes));
    return l;
  }

  private static LogsData logs(LogRecord... records) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.items().addAll(List.of(records));
    r.scopes().add(s);
    d.resources().add(r);
    return d;
  }

  @Test
  void routesLogsWithTheirTraceAndOthersRandomly() {
    part(RoutingKey.TRACE_ID, logs(log(9, "a"), log(9, "b"), log(0, "c"), log(0, "d")));
    assertThat(keys.get(0)).isEqualTo(keys.get(1)).isNotEqualTo(keys.get(2));
    assertThat(keys.get(2)).isNotEqualTo(keys.get(3));
    keys.clear();
    new PartRouting(RoutingKey.TRACE_ID, List.of(), new Random(1))
        .with(() -> 5)
        .part(
            logs(log(0, "a"), log(0, "b")),
            k -> {
              keys.add(new String(k, StandardCharsets.UTF_8));
              return "x";
            });
    assertThat(keys.get(0)).isEqualTo(keys.get(1));
    keys.clear();
    part(RoutingKey.SERVICE, logs(log(9, "a"), log(8, "b")));
    assertThat(keys).containsExactly("");
    assertThat(
            byKey(
                RoutingKey.ATTRIBUTES,
                List.of("log.body", "log.severity", "x"),
                logs(log(9, "a", "x", "1"), log(9, "b"))))
        .containsOnlyKeys("log.body=a|log.severity=WARN|x=1|", "log.body=b|log.severity=WARN|x=|");
  }
}
