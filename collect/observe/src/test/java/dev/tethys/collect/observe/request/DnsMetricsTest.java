package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DnsMetricsTest {
  private static final Owner SHOP = new Owner("/docker/shop", "");
  private final DnsMetrics metrics = new DnsMetrics(new ReentrantLock(), 2);

  private void ask(String name, String type, String code, List<String> answers) {
    metrics.add(
        SHOP,
        new ObservedRequest(
            Protocol.DNS,
            true,
            type,
            name,
            "",
            code.equals("ok") ? Status.OK : Status.FAILED,
            code,
            0,
            2_000_000,
            0,
            0,
            null,
            answers));
  }

  private TreeMap<String, Point> collect() {
    TreeMap<String, Point> out = new TreeMap<>();
    metrics.collect(f -> f.metrics().forEach(m -> out.put(f.name() + m.labels(), m.point())));
    return out;
  }

  private static String series(String domain, String type, String status) {
    return "container_dns_requests_total{container_id=\"/docker/shop\", domain=\""
        + domain
        + "\", request_type=\""
        + type
        + "\", status=\""
        + status
        + "\"}";
  }

  @Test
  void countsByDomainTypeAndCodeAndBoundsTheDomains() {
    ask("a.example", "TypeA", "ok", List.of("10.0.0.1"));
    ask("a.example", "TypeA", "ok", List.of("10.0.0.1"));
    ask("a.example", "TypeAAAA", "ok", List.of());
    ask("b.example", "TypeA", "nxdomain", List.of());
    ask("c.example", "TypeA", "ok", List.of("10.0.0.1"));
    ask("d.example", "TypeA", "ok", List.of("10.0.0.1"));
    TreeMap<String, Point> shown = collect();
    assertThat(shown)
        .containsEntry(series("a.example", "TypeA", "ok"), new Value(2, null))
        .containsEntry(series("b.example", "TypeA", "nxdomain"), new Value(1, null))
        .containsEntry(series("~other", "TypeA", "ok"), new Value(2, null))
        .doesNotContainKey(series("a.example", "TypeAAAA", "ok"))
        .hasSize(4);
    Point latency = shown.firstEntry().getValue();
    assertThat(((Native) latency).histogram().count()).isEqualTo(5);
  }

  @Test
  void countsUnansweredQueriesWithoutLatency() {
    ask("a.example", "TypeA", "ok", List.of("10.0.0.1"));
    ask("a.example", "TypeA", "timeout", List.of());
    ask("a.example", "TypeAAAA", "timeout", List.of());
    TreeMap<String, Point> shown = collect();
    assertThat(shown)
        .containsEntry(series("a.example", "TypeA", "timeout"), new Value(1, null))
        .containsEntry(series("a.example", "TypeAAAA", "timeout"), new Value(1, null));
    assertThat(((Native) shown.firstEntry().getValue()).histogram().count()).isEqualTo(1);
  }

  @Test
  void boundsTypesAndForgetsIdleOwners() {
    for (int i = 0; i < 5000; i++) {
      ask("a.example", "Type" + i, "ok", List.of("10.0.0.1"));
    }
    TreeMap<String, Point> shown = collect();
    assertThat(shown).hasSizeLessThan(20);
    assertThat(shown).containsEntry(series("~other", "~other", "ok"), new Value(5000 - 16, null));
    metrics.forgetIdle(2 * RequestMetrics.IDLE_NANOS);
    assertThat(collect()).isEmpty();
  }

  @Test
  void normalizesNamesLikeCoroot() throws Exception {
    Pattern line =
        Pattern.compile(
            "\"normalised name\", \"in\": \"([^\"]+)\", \"record\": \"(\\w+)\", \"want\": \"([^\"]+)\"");
    int cases = 0;
    for (String text :
        Files.readAllLines(Shared.conformance("coroot/node-agent/names-and-filters.jsonl"))) {
      Matcher m = line.matcher(text);
      if (m.find()) {
        assertThat(DomainNames.normalised(m.group(1), "Type" + m.group(2))).isEqualTo(m.group(3));
        cases++;
      }
    }
    assertThat(cases).isGreaterThan(8);
    assertThat(DomainNames.normalised("example.com.br", "TypeA")).isEqualTo("example.com.br");
  }
}
