package dev.tethys.insight.objectives.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.RecordedMetrics;
import dev.tethys.insight.objectives.file.ObjectiveFiles;
import dev.tethys.insight.objectives.state.ObjectiveState.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ObjectiveStatesTest {
  private static final String ENTRY = "span_kind=\"SPAN_KIND_SERVER\"}";

  private final RecordedMetrics f = new RecordedMetrics();

  @AfterEach
  void close() {
    f.close();
  }

  private static ObjectiveSet read(String text) {
    return ObjectiveFiles.parse("slo.yml", text, 100);
  }

  private static ObjectiveSet requests() {
    return read(
        """
        objectives:
        - name: requests
          service: shop
          target: 99
          indicator:
            promql:
              failed: sum(rate(requests_total{code="500"}[{{.window}}]))
              total: sum(rate(requests_total[{{.window}}]))
        """);
  }

  private ObjectiveStates.Report report(ObjectiveSet set, long minute) {
    return new ObjectiveStates(f.answers())
        .at(set, true, RecordedMetrics.at(minute).toEpochMilli());
  }

  private ObjectiveState evaluated(long from, long to) {
    ObjectiveSet set = requests();
    f.evaluate(set.objectives(), from, to, 1);
    ObjectiveStates.Report r = report(set, to);
    assertThat(r.problems()).isEmpty();
    assertThat(r.states()).hasSize(1);
    return r.states().getFirst();
  }

  @Test
  void noDataIsNotOk() {
    ObjectiveState s = evaluated(0, 5);
    assertThat(s.status()).isEqualTo(Status.NO_DATA);
    assertThat(s.ratio()).isNaN();
    assertThat(s.budget()).isNaN();
    assertThat(s.burn()).isEmpty();
    assertThat(s.source()).isEqualTo("slo.yml:2");
  }

  @Test
  void aServiceWithFewFailuresIsOk() {
    f.add("requests_total{code=\"200\"}", 0, 120, m -> m * 998);
    f.add("requests_total{code=\"500\"}", 0, 120, m -> m * 2);
    ObjectiveState s = evaluated(60, 120);
    assertThat(s.status()).isEqualTo(Status.OK);
    assertThat(s.ratio()).isCloseTo(0.998, within(1e-9));
    assertThat(s.budget()).isCloseTo(0.8, within(1e-9));
    assertThat(s.burn()).hasSize(7);
    assertThat(s.burn().getFirst().window()).isEqualTo(Duration.ofMinutes(5));
    assertThat(s.burn().getFirst().rate()).isCloseTo(0.2, within(1e-9));
    assertThat(s.since()).isNull();
    assertThat(f.value(s.query(), 120)).isCloseTo(0.002, within(1e-9));
  }

  private void recorded(String window, double ratio) {
    f.add(
        "slo:sli_error:ratio_rate"
            + window
            + "{sloth_id=\"shop-requests\",sloth_window=\""
            + window
            + "\"}",
        500,
        600,
        m -> ratio);
  }

  @Test
  void aBurningServiceHasItsStart() {
    recorded("5m", 0.5);
    recorded("1h", 0.2);
    recorded("6h", 0.01);
    recorded("30d", 0.004);
    f.add(
        "slo:current_burn_rate:ratio{sloth_id=\"shop-requests\"}",
        500,
        600,
        m -> m <= 590 ? 0.9 : 50);
    ObjectiveState s = report(requests(), 600).states().getFirst();
    assertThat(s.status()).isEqualTo(Status.BURNING);
    assertThat(s.severity()).isEqualTo("page");
    assertThat(s.budget()).isCloseTo(0.6, within(1e-9));
    assertThat(s.burn().stream().map(b -> Math.round(b.rate()))).containsExactly(50L, 20L, 1L);
    assertThat(s.since()).isEqualTo(RecordedMetrics.at(590).toEpochMilli());
  }

  @Test
  void anOverspentBudgetIsExhausted() {
    f.add("requests_total{code=\"200\"}", 0, 120, m -> m * 90);
    f.add("requests_total{code=\"500\"}", 0, 120, m -> m * 10);
    ObjectiveState s = evaluated(60, 120);
    assertThat(s.status()).isEqualTo(Status.EXHAUSTED);
    assertThat(s.severity()).isEqualTo("page");
    assertThat(s.budget()).isCloseTo(-9, within(1e-6));
  }

  private void spans(String service, long to, double good, double failed) {
    String calls = "traces_spanmetrics_calls_total{service=\"" + service + "\",";
    f.add(calls + ENTRY, 0, to, m -> m * good);
    f.add(calls + "status_code=\"STATUS_CODE_ERROR\"," + ENTRY, 0, to, m -> m * failed);
    String buckets = "traces_spanmetrics_latency_bucket{service=\"" + service + "\",";
    f.add(buckets + "le=\"0.4\"," + ENTRY, 0, to, m -> m * good / 2);
    f.add(buckets + "le=\"0.8\"," + ENTRY, 0, to, m -> m * good);
    f.add(buckets + "le=\"+Inf\"," + ENTRY, 0, to, m -> m * (good + failed));
  }

  @Test
  void servicesWithRequestsHaveObjectivesByDefault() {
    spans("shop", 120, 990, 10);
    spans("pay", 120, 50, 50);
    spans("own", 120, 50, 50);
    ObjectiveStates.Report r = report(read(OWN), 120);
    assertThat(r.problems()).isEmpty();
    assertThat(r.states().stream().map(s -> s.service() + " " + s.name() + " " + s.status().text()))
        .containsExactly(
            "own requests no data",
            "pay availability exhausted",
            "pay latency exhausted",
            "shop availability exhausted",
            "shop latency exhausted");
    ObjectiveState shop = r.states().get(3);
    assertThat(shop.source()).isEqualTo("default");
    assertThat(shop.target()).isEqualTo(0.99);
    assertThat(shop.window()).isEqualTo(Duration.ofDays(1));
    assertThat(shop.ratio()).isCloseTo(0.99, within(1e-9));
    assertThat(shop.severity()).isEmpty();
    assertThat(f.value(shop.query(), 120)).isCloseTo(0.01, within(1e-9));
    assertThat(r.states().get(4).notes())
        .containsExactly(
            "the threshold 500ms is not a bucket of the histogram; the next bucket, 800ms, counts");
    assertThat(r.states().get(1).severity()).isEqualTo("page");
    assertThat(report(ObjectiveSet.EMPTY, 5000).states()).isEmpty();
  }

  private static final String OWN =
      """
      objectives:
      - {name: requests, service: own, target: 99, indicator: {availability: {}}}
      """;

  @Test
  void overridesAndAnnotationsChangeDefaults() {
    spans("shop", 120, 990, 10);
    spans("pay", 120, 990, 10);
    spans("mail", 120, 990, 10);
    f.add(
        "kube_deployment_annotations{namespace=\"a\",deployment=\"pay\","
            + "annotation_coroot_com_slo_availability_objective=\"98%\","
            + "annotation_coroot_com_slo_latency_threshold=\"800ms\","
            + "annotation_coroot_com_slo_latency_objective=\"many\"}",
        0, 120, m -> 1);
    ObjectiveStates.Report r =
        report(
            read(
                "defaults:\n- {match: sh*, availability: 95, latency: {target: 0}}\n"
                    + "- {match: mail, availability: 0, latency: {target: 50, threshold: 400ms}}\n"),
            120);
    assertThat(r.states().stream().map(s -> s.service() + " " + s.name() + " " + s.target()))
        .containsExactly(
            "mail latency 0.5",
            "pay availability 0.98",
            "pay latency 0.99",
            "shop availability 0.95");
    assertThat(r.states().get(2).notes()).containsExactly("events up to 800ms are good");
    assertThat(r.states().get(1).status()).isEqualTo(Status.OK);
    assertThat(r.problems())
        .containsExactly(
            "deployment pay: annotation slo-latency-objective is \"many\"; write a percentage from 0"
                + " to below 100, such as 99.5");
  }

  @Test
  void aShortBurstWithoutPointsDoesNotBurn() {
    String calls = "traces_spanmetrics_calls_total{service=\"new\",";
    f.add(calls + "status_code=\"STATUS_CODE_ERROR\"," + ENTRY, 110, 120, m -> m * 10);
    f.add(calls + ENTRY, 100, 120, m -> m * 990);
    ObjectiveState s = report(ObjectiveSet.EMPTY, 120).states().getFirst();
    assertThat(s.severity()).isEmpty();
  }

  @Test
  void usesTheNodeAgentWhereServicesHaveNoSpans() {
    String of =
        "container_http_inbound_requests_total{machine_id=\"m\",container_id=\"/docker/nginx\",";
    f.add(
        "container_info{machine_id=\"m\",container_id=\"/docker/nginx\",image=\"n\"}",
        0,
        120,
        m -> 1);
    f.add(of + "status=\"2xx\"}", 0, 120, m -> m * 95);
    f.add(of + "status=\"5xx\"}", 0, 120, m -> m * 5);
    String buckets =
        "container_http_inbound_requests_duration_seconds_total_bucket{machine_id=\"m\","
            + "container_id=\"/docker/nginx\",le=";
    f.add(buckets + "\"0.5\"}", 0, 120, m -> m * 99.5);
    f.add(buckets + "\"+Inf\"}", 0, 120, m -> m * 100);
    List<ObjectiveState> states = report(ObjectiveSet.EMPTY, 120).states();
    assertThat(states.stream().map(s -> s.service() + " " + s.name() + " " + s.status().text()))
        .containsExactly("nginx availability exhausted", "nginx latency ok");
    assertThat(states.getFirst().ratio()).isCloseTo(0.95, within(1e-9));
    assertThat(f.value(states.getFirst().query(), 120)).isCloseTo(0.05, within(1e-9));
    assertThat(states.getLast().ratio()).isCloseTo(0.995, within(1e-9));
    assertThat(f.value(states.getLast().query(), 120)).isCloseTo(0.005, within(1e-9));
  }

  @Test
  void usesClientsWhereOnlyTheySeeAService() {
    f.add(
        "container_net_tcp_listen_info{machine_id=\"m\",container_id=\"/docker/db\","
            + "listen_addr=\"10.0.0.5:5432\"}",
        0,
        120,
        m -> 1);
    String of =
        "container_http_requests_total{machine_id=\"m\",container_id=\"/docker/web\","
            + "destination=\"10.0.0.5:5432\",actual_destination=\"10.0.0.5:5432\",";
    f.add(of + "status=\"2xx\"}", 0, 120, m -> m * 95);
    f.add(of + "status=\"5xx\"}", 0, 120, m -> m * 5);
    List<ObjectiveState> states = report(ObjectiveSet.EMPTY, 120).states();
    assertThat(states.stream().map(s -> s.service() + " " + s.name())).contains("db availability");
    assertThat(states.getFirst().ratio()).isCloseTo(0.95, within(1e-9));
  }

  @Test
  void manyReadersShareOneReport() {
    AtomicInteger queries = new AtomicInteger();
    AtomicLong now = new AtomicLong(1_000_000);
    ObjectiveReports reports =
        new ObjectiveReports(
            new ObjectiveStates(
                (query, time) -> {
                  queries.incrementAndGet();
                  return List.of();
                }),
            true,
            now::get);
    reports.read();
    int once = queries.get();
    assertThat(once).isBetween(1, 60);
    for (int i = 0; i < 100; i++) {
      now.addAndGet(200);
      reports.read();
    }
    assertThat(queries).hasValue(once);
    now.addAndGet(30_000);
    reports.read();
    assertThat(queries).hasValue(2 * once);
    reports.set(requests());
    assertThat(reports.read().states()).hasSize(1);
  }

  @Test
  void failingQueriesAreProblems() {
    ObjectiveStates.Report r =
        new ObjectiveStates(
                (query, time) -> {
                  throw new IllegalStateException("store is closed");
                })
            .at(requests(), true, 0);
    assertThat(r.problems())
        .containsExactly(
            "states of objectives of files not computed: store is closed",
            "default objectives not computed: store is closed");
  }

  @Test
  void boundsServicesAndQueries() {
    List<Sample> many = new ArrayList<>();
    for (int i = 0; i < 2 * DefaultObjectives.MAX_SERVICES; i++) {
      many.add(new Sample(Map.of("service", "s" + i), 1));
    }
    ObjectiveStates.Report r =
        new ObjectiveStates((query, time) -> query.contains("spanmetrics_calls") ? many : List.of())
            .at(ObjectiveSet.EMPTY, true, RecordedMetrics.START.toEpochMilli());
    assertThat(r.states()).hasSizeLessThanOrEqualTo(2 * DefaultObjectives.MAX_SERVICES);
    assertThat(r.problems())
        .anyMatch(p -> p.startsWith("1000 services have requests; the first 500 by name"));
    CountedQueries counted = new CountedQueries((query, time) -> List.of(), 1);
    counted.at("up", 0);
    assertThatThrownBy(() -> counted.at("up", 0)).hasMessageContaining("more than 300 queries");
  }

  @Test
  void objectivesOfOthersDoNotMatch() {
    Objective o = requests().objectives().getFirst();
    f.add("slo:sli_error:ratio_rate5m{sloth_id=\"other\",sloth_window=\"5m\"}", 0, 10, m -> 1);
    f.add(
        "slo:sli_error:ratio_rate5m{sloth_id=\"" + o.id() + "\",sloth_window=\"x\"}",
        0,
        10,
        m -> 1);
    ObjectiveState s =
        new ObjectiveStates(f.answers())
            .at(requests(), false, RecordedMetrics.at(10).toEpochMilli())
            .states()
            .getFirst();
    assertThat(s.status()).isEqualTo(Status.NO_DATA);
  }

  @Test
  void remarksOnThresholdsThatAreNotBuckets() {
    f.add("h_bucket{le=\"0.1\"}", 0, 10, m -> m);
    f.add("h_bucket{le=\"0.5\"}", 0, 10, m -> m);
    f.add("h_bucket{le=\"+Inf\"}", 0, 10, m -> m);
    assertThat(notes("400ms"))
        .containsExactly(
            "the threshold 0.4 is not a bucket of the histogram; the next bucket, 0.5, counts");
    assertThat(notes("500ms")).containsExactly("events up to 0.5 are good");
    assertThat(notes("2s"))
        .containsExactly(
            "the threshold 2 is not a bucket of the histogram; all buckets are below it, so that"
                + " every event is good");
  }

  private List<String> notes(String threshold) {
    return report(
            read(
                "objectives:\n- {name: a, service: b, target: 99, indicator: {histogram: {metric: h,"
                    + " threshold: "
                    + threshold
                    + "}}}\n"),
            10)
        .states()
        .getFirst()
        .notes();
  }

  @Test
  void looksUpFewBucketsForAReport() {
    StringBuilder text = new StringBuilder("objectives:\n");
    for (int i = 0; i < 100; i++) {
      text.append("- {name: o").append(i);
      text.append(", service: s, target: 99, indicator: {latency: {threshold: 1s}}}\n");
    }
    AtomicInteger lookups = new AtomicInteger();
    ObjectiveStates states =
        new ObjectiveStates(
            (query, time) -> {
              lookups.addAndGet(query.startsWith("group by (le)") ? 1 : 0);
              return List.of();
            });
    ObjectiveSet set = read(text.toString());
    for (int i = 0; i < 10; i++) {
      states.at(set, false, i * 30_000L);
    }
    assertThat(lookups).hasValue(100);
  }
}
