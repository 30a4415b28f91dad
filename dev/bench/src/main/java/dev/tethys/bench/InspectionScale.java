package dev.tethys.bench;

import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.inspections.InspectionEngine;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.InspectionStatus;
import dev.tethys.insight.inspections.check.InspectionCheck;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PreparedQuery;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Processor time of the entity model and all built-in inspections over a metric store: services
 * with spans, containers with the metrics of node agents. The model is updated each 15 seconds, the
 * inspections each 30, in the time of the data.
 */
final class InspectionScale {
  private static final long STEP = 15_000;
  private static final long INTERVAL = 30_000;
  private static final int OPERATIONS = 4;
  private static final String[] BOUNDS = {
    "0.002", "0.004", "0.008", "0.016", "0.032", "0.064", "0.128", "0.256", "0.512", "1.024",
    "2.048", "4.096", "8.192", "16.384", "+Inf"
  };

  private final int services;
  private final int containers;
  private final AtomicLong now = new AtomicLong(1_800_000_000_000L);
  private final List<Labels> counters = new ArrayList<>();
  private final List<Double> slopes = new ArrayList<>();
  private final List<Labels> gauges = new ArrayList<>();
  private final List<Long> references = new ArrayList<>();

  private InspectionScale(int services, int containers) {
    this.services = services;
    this.containers = containers;
  }

  /** Options are services, containers, minutes (of data) and evaluations. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("services", 300)
            .with("containers", 3_000)
            .with("minutes", 65)
            .with("evaluations", 10)
            .read(args);
    Path dir = Files.createTempDirectory("tethys-inspections");
    try {
      return new InspectionScale(o.count("services"), o.count("containers"))
          .run(dir, o.count("minutes"), o.count("evaluations"));
    } finally {
      Fuzz.delete(dir);
    }
  }

  private int run(Path dir, int minutes, int evaluations) throws Exception {
    series();
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS
            .withClock(() -> Instant.ofEpochMilli(now.get()))
            .withRetention(Duration.ZERO, 0)
            .withBackground(false);
    try (MetricsDatabase db = MetricsDatabase.open(dir, options);
        PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(2).build())) {
      long samples = minutes * 60_000L / STEP;
      for (long i = 0; i < samples; i++) {
        write(db);
        now.addAndGet(STEP);
      }
      System.out.printf("%d series, %d minutes%n", counters.size() + gauges.size(), minutes);
      MetricSource source = db.within(Scope.DEFAULT);
      try (EntityModel model =
          new EntityModel(
              RuleSet.defaults(),
              Map.of(
                  InsightRule.Source.METRICS,
                  (from, to, matchers, limit) -> source.series(from, to, List.of(matchers), limit)),
              EntityModel.Limits.DEFAULT,
              null)) {
        measure(
            db,
            model,
            new InspectionEngine(
                InspectionSet.defaults(), answers(engine, source), InspectionEngine.Limits.DEFAULT),
            evaluations);
      }
    }
    return 0;
  }

  private static MetricAnswers answers(PromqlEngine engine, MetricSource source) {
    Map<String, PreparedQuery> prepared = new HashMap<>();
    return (query, time) ->
        InspectionCheck.samples(
            prepared
                .computeIfAbsent(
                    query,
                    q ->
                        engine.prepare(
                            source,
                            q,
                            PromqlParser.parse(q, ParserOptions.STABLE),
                            QueryOptions.DEFAULT.uncached()))
                .at(time)
                .execute()
                .value());
  }

  private void measure(
      MetricsDatabase db, EntityModel model, InspectionEngine inspections, int evaluations) {
    model.update(now.get() - STEP + 1_000);
    long first = cpu();
    inspections.evaluate(model.current(), now.get() - STEP + 1_000);
    System.out.printf("first evaluation: %.0f ms of a processor%n", (cpu() - first) / 1e6);
    double models = 0;
    double all = 0;
    double last = 0;
    InspectionReport r = inspections.report();
    for (int i = 0; i < 2 * evaluations; i++) {
      double ofModel = 0;
      for (int k = 0; k < INTERVAL / STEP; k++) {
        write(db);
        long start = cpu();
        model.update(now.get() + 1_000);
        ofModel += (cpu() - start) / 1e6;
        now.addAndGet(STEP);
      }
      long middle = cpu();
      r = inspections.evaluate(model.current(), now.get() - STEP + 1_000);
      long end = cpu();
      if (i >= evaluations) { // the others warm up
        models += ofModel;
        last = (end - middle) / 1e6;
        all += last;
        System.out.printf("evaluation: %.1f ms%n", last);
      }
    }
    model.problems().forEach(System.out::println);
    System.out.printf(
        Locale.ROOT,
        "%s%nmodel: %.1f ms each 30 s, inspections: %.1f ms, together %.2f %% of a processor%n",
        model.current(),
        models / evaluations,
        all / evaluations,
        (models + all) / evaluations / INTERVAL * 100);
    if (r != null) {
      System.out.printf("problems: %d, notices %s%n", r.problems().size(), r.notices());
      r.problems().stream().limit(5).forEach(p -> System.out.println("  " + p.message()));
      r.statuses().stream()
          .sorted(Comparator.comparing(InspectionStatus::millis).reversed())
          .limit(12)
          .forEach(
              s ->
                  System.out.printf(
                      "  %s: %.1f ms, %d entities, %d unmatched %s%n",
                      s.inspection().id(),
                      s.millis(),
                      s.checked().size(),
                      s.unmatched(),
                      s.error() == null ? "" : s.error()));
    }
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private void series() {
    for (int s = 0; s < services; s++) {
      String name = "service-" + s;
      for (int k = 0; k < OPERATIONS; k++) {
        String[] span = {
          "service",
          name,
          "span_name",
          "GET /" + k,
          "span_kind",
          "SPAN_KIND_SERVER",
          "status_code",
          "STATUS_CODE_UNSET"
        };
        histogram("traces_spanmetrics_latency", span);
        count(1, labels("traces_spanmetrics_calls_total", span));
      }
      for (int k = 1; k <= 3; k++) {
        String[] edge = {"client", name, "server", "service-" + (s + k * 7) % services};
        count(1, labels("traces_service_graph_request_total", edge));
        histogram("traces_service_graph_request_client_seconds", edge);
      }
    }
    for (int m = 0; m < containers / 20; m++) {
      String[] node = {"machine_id", machine(m * 20)};
      gauges.add(labels("node_info", with(node, "hostname", "host-" + m)));
      gauges.add(labels("node_resources_memory_total_bytes", node));
      gauges.add(labels("node_resources_memory_available_bytes", node));
      for (String mode : List.of("user", "system", "iowait", "idle")) {
        count(1, labels("node_resources_cpu_usage_seconds_total", with(node, "mode", mode)));
      }
    }
    for (int c = 0; c < containers; c++) {
      String[] owner = {
        "machine_id",
        machine(c),
        "container_id",
        "/k8s/shop/service-%d-6799fc88d8-%05d/app".formatted(c % services, c),
        "app_id",
        "/k8s/shop/service-" + c % services
      };
      gauges.add(labels("container_info", owner));
      gauges.add(
          labels("container_net_tcp_listen_info", with(owner, "listen_addr", "10.0.0.1:" + c)));
      gauges.add(labels("container_resources_memory_rss_bytes", owner));
      for (String metric :
          List.of(
              "container_resources_cpu_usage_seconds_total",
              "container_resources_cpu_throttled_seconds_total",
              "container_restarts_total",
              "container_oom_kills_total")) {
        count(1, labels(metric, owner));
      }
      for (int d = 0; d < 3; d++) {
        String[] to = with(owner, "destination", "10.0.0.%d:80".formatted(d));
        count(1, labels("container_net_tcp_successful_connects_total", to));
        gauges.add(labels("container_net_tcp_active_connections", to));
        gauges.add(
            labels("container_net_latency_seconds", with(owner, "destination_ip", "10.0.0." + d)));
      }
      for (String level : List.of("info", "error")) {
        count(1, labels("container_log_messages_total", with(owner, "level", level)));
      }
      for (String status : List.of("2xx", "5xx")) {
        count(1, labels("container_http_inbound_requests_total", with(owner, "status", status)));
      }
      histogram("container_http_inbound_requests_duration_seconds_total", owner);
    }
  }

  private void count(double slope, Labels labels) {
    slopes.add(slope);
    counters.add(labels);
  }

  private void histogram(String metric, String[] owner) {
    for (int i = 0; i < BOUNDS.length; i++) {
      count((i + 1.0) / BOUNDS.length, labels(metric + "_bucket", with(owner, "le", BOUNDS[i])));
    }
    count(1, labels(metric + "_count", owner));
    count(1, labels(metric + "_sum", owner));
  }

  private static String machine(int container) {
    return "0123456789abcdef0123456789ab%04d".formatted(container / 20);
  }

  private static String[] with(String[] labels, String name, String value) {
    List<String> out = new ArrayList<>(List.of(labels));
    out.add(name);
    out.add(value);
    return out.toArray(String[]::new);
  }

  private static Labels labels(String metric, String[] labels) {
    return Labels.of(with(labels, Labels.METRIC_NAME, metric));
  }

  private void write(MetricsDatabase db) {
    long t = now.get();
    List<Labels> all = new ArrayList<>(counters);
    all.addAll(gauges);
    double passed = (t - 1_800_000_000_000L) / 1e3;
    for (int from = 0; from < all.size(); from += 10_000) {
      try (Appender a = db.appender()) {
        for (int i = from; i < Math.min(all.size(), from + 10_000); i++) {
          if (references.size() <= i) {
            references.add(a.series(all.get(i)));
          }
          double v = i < counters.size() ? passed * slopes.get(i) : 0.001;
          if (a.append(references.get(i), 0, t, v) == Appender.Outcome.UNKNOWN_SERIES) {
            references.set(i, a.series(all.get(i)));
            a.append(references.get(i), 0, t, v);
          }
        }
        a.commit();
      }
    }
  }
}
