package dev.tethys.insight.deployments;

import dev.tethys.model.GoQuote;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Queries of the figures that are compared. A figure has alternatives for the sources that may have
 * it; the first one with data counts.
 */
final class ComparedQueries {
  /** Language of a query. */
  enum Language {
    PROMQL("promql"),
    LOGQL("logql"),
    TRACEQL("traceql");

    private final String text;

    Language(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /** Direction in which a figure gets worse. */
  enum Direction {
    UP,
    NONE
  }

  /** Query of a figure; the range, such as {@code 300s}, replaces {@code $w}. */
  record Alternative(Language language, String query) {
    String over(long millis) {
      return query.replace("$w", millis / 1000 + "s");
    }
  }

  /**
   * Figure to compare.
   *
   * @param floor least difference that counts
   * @param isEvent true if single events count, so that the sum of a window is compared instead of
   *     the median of its parts
   */
  record Figure(
      String id,
      String title,
      String category,
      String unit,
      Direction worse,
      double floor,
      boolean isEvent,
      List<Alternative> alternatives) {}

  private static final String ENTRY = "span_kind=~\"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER\"";
  private static final String FAILED = ",status_code=\"STATUS_CODE_ERROR\"";
  private static final String FAILED_STATUS =
      ",status=~\"5xx|failed|grpc:(2|4|12|13|14|15|UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS"
          + "|DEADLINE_EXCEEDED|UNIMPLEMENTED)\"";
  private static final String CONTAINERS = "container!=\"\",container!=\"POD\",";

  private final ServiceParts parts;
  private final String service;
  private final List<String> agent;
  private final List<String> pods;
  private final List<String> docker;
  private final List<String> targets;

  /**
   * @param name of the service in spans and logs
   */
  ComparedQueries(ServiceParts parts, String name) {
    this.parts = parts;
    this.service = GoQuote.quote(name);
    this.agent = parts.selectors("machine_id", "container_id");
    this.pods = parts.selectors("namespace", "pod");
    this.docker = parts.selectors("instance", "id");
    this.targets = parts.selectors("job", "instance");
  }

  /** All figures, in the order of the page. */
  List<Figure> figures() {
    List<Figure> out = new ArrayList<>();
    requests(out);
    resources(out);
    logs(out);
    return out;
  }

  /** TraceQL of the requests of the service. */
  String entrySpans() {
    return "{ resource.service.name = " + service + " && (kind = server || kind = consumer) }";
  }

  /** TraceQL of failed spans by name, HTTP status and message. */
  String failures(long millis) {
    return "{ resource.service.name = "
        + service
        + " && status = error } | count_over_time() by (name, span.http.response.status_code,"
        + " statusMessage) with (range="
        + millis / 1000
        + "s)";
  }

  /** Selector of the log streams and profiles of the service. */
  String streams() {
    return "{service_name=" + service + "}";
  }

  private static Alternative promql(String query) {
    return new Alternative(Language.PROMQL, query);
  }

  /** Union of an expression over selectors; "" without selectors. */
  private static String union(List<String> selectors, UnaryOperator<String> expression) {
    return String.join(" or ", selectors.stream().map(expression).toList());
  }

  /** Adds an alternative; without selectors its query is empty, so that the order is the same. */
  private static void add(List<Alternative> to, String before, String union, String after) {
    to.add(promql(union.isEmpty() ? "" : before + union + after));
  }

  /** Families of request counters: all requests, failed ones, buckets, factor of the buckets. */
  private record Requests(String all, String failed, String buckets, String factor) {}

  private List<Requests> families() {
    List<Requests> out = new ArrayList<>();
    String spans = "traces_spanmetrics_calls_total{service=" + service + "," + ENTRY;
    out.add(
        new Requests(
            "rate(" + spans + "}[$w])",
            "rate(" + spans + FAILED + "}[$w])",
            "rate(traces_spanmetrics_latency_bucket{service=" + service + "," + ENTRY + "}[$w])",
            ""));
    String connector = "traces_span_metrics_calls_total{service_name=" + service + "," + ENTRY;
    out.add(
        new Requests(
            "rate(" + connector + "}[$w])",
            "rate(" + connector + FAILED + "}[$w])",
            "rate(traces_span_metrics_duration_milliseconds_bucket{service_name="
                + service
                + ","
                + ENTRY
                + "}[$w])",
            " / 1000"));
    for (String protocol : List.of("http", "grpc")) {
      String name = "container_" + protocol + "_inbound_requests";
      out.add(
          new Requests(
              union(agent, s -> "rate(" + name + "_total{" + s + "}[$w])"),
              union(agent, s -> "rate(" + name + "_total{" + s + FAILED_STATUS + "}[$w])"),
              union(agent, s -> "rate(" + name + "_duration_seconds_total_bucket{" + s + "}[$w])"),
              ""));
    }
    return out;
  }

  private void requests(List<Figure> to) {
    List<Alternative> rate = new ArrayList<>();
    List<Alternative> errors = new ArrayList<>();
    for (Requests r : families()) {
      String all = "sum(" + r.all + ")";
      add(rate, "sum(", r.all, ")");
      add(errors, "(sum(" + r.failed + ") or 0 * sum(", r.all, ")) / (" + all + " > 0)");
    }
    to.add(
        new Figure(
            "request_rate",
            "Requests",
            "requests",
            "per_second",
            Direction.NONE,
            0.1,
            false,
            rate));
    to.add(
        new Figure(
            "error_ratio",
            "Failed requests",
            "requests",
            "ratio",
            Direction.UP,
            0.005,
            false,
            errors));
    for (String q : List.of("0.5", "0.95", "0.99")) {
      List<Alternative> duration = new ArrayList<>();
      for (Requests r : families()) {
        add(duration, "histogram_quantile(" + q + ", sum by (le) (", r.buckets, "))" + r.factor);
      }
      String id = "p" + q.substring(2) + (q.length() == 3 ? "0" : "");
      to.add(
          new Figure(
              "duration_" + id,
              "Duration " + id,
              "requests",
              "seconds",
              Direction.UP,
              0.005,
              false,
              duration));
    }
    String graph = "traces_service_graph_request_";
    String calls = "sum(rate(" + graph + "total{client=" + service + "}[$w]))";
    to.add(
        new Figure(
            "call_error_ratio",
            "Failed outgoing calls",
            "requests",
            "ratio",
            Direction.UP,
            0.005,
            false,
            List.of(
                promql(
                    "(sum(rate("
                        + graph
                        + "failed_total{client="
                        + service
                        + "}[$w])) or 0 * "
                        + calls
                        + ") / ("
                        + calls
                        + " > 0)"))));
  }

  private void resources(List<Figure> to) {
    List<Alternative> cpu = new ArrayList<>();
    perPart(
        cpu,
        "rate(",
        "container_resources_cpu_usage_seconds_total",
        "container_cpu_usage_seconds_total",
        "[$w])");
    add(cpu, "avg(", union(targets, s -> "rate(process_cpu_seconds_total{" + s + "}[$w])"), ")");
    add(
        cpu,
        "avg(sum by (job, instance) (",
        union(targets, s -> "rate(process_cpu_time_seconds_total{" + s + "}[$w])"),
        "))");
    to.add(
        new Figure(
            "cpu", "Processor per instance", "resources", "cores", Direction.UP, 0.02, false, cpu));
    List<Alternative> memory = new ArrayList<>();
    perPart(
        memory,
        "avg_over_time(",
        "container_resources_memory_rss_bytes",
        "container_memory_working_set_bytes",
        "[$w])");
    for (String name : List.of("process_resident_memory_bytes", "process_memory_usage_bytes")) {
      add(memory, "avg(", union(targets, s -> "avg_over_time(" + name + "{" + s + "}[$w])"), ")");
    }
    to.add(
        new Figure(
            "memory",
            "Memory per instance",
            "resources",
            "bytes",
            Direction.UP,
            16 << 20,
            false,
            memory));
    List<Alternative> throttled = new ArrayList<>();
    add(
        throttled,
        "avg(",
        union(agent, s -> "rate(container_resources_cpu_throttled_seconds_total{" + s + "}[$w])"),
        ")");
    add(
        throttled,
        "avg(sum by (namespace, pod) (",
        union(pods, s -> "rate(container_cpu_cfs_throttled_seconds_total{" + s + "}[$w])"),
        "))");
    to.add(
        new Figure(
            "throttled",
            "Throttled time per instance",
            "resources",
            "ratio",
            Direction.UP,
            0.02,
            false,
            throttled));
    List<Alternative> restarts = new ArrayList<>();
    add(
        restarts,
        "sum(",
        union(agent, s -> "increase(container_restarts_total{" + s + "}[$w])"),
        ")");
    add(
        restarts,
        "sum(",
        union(pods, s -> "increase(kube_pod_container_status_restarts_total{" + s + "}[$w])"),
        ")");
    add(
        restarts,
        "sum(",
        union(targets, s -> "changes(process_start_time_seconds{" + s + "}[$w])"),
        ")");
    to.add(
        new Figure(
            "restarts", "Restarts", "instances", "count", Direction.UP, 0.5, true, restarts));
    List<Alternative> kills = new ArrayList<>();
    add(
        kills,
        "sum(",
        union(agent, s -> "increase(container_oom_kills_total{" + s + "}[$w])"),
        ")");
    add(
        kills,
        "sum(",
        union(pods, s -> "increase(container_oom_events_total{" + s + "}[$w])"),
        ")");
    to.add(
        new Figure(
            "oom_kills",
            "Ended for lack of memory",
            "instances",
            "count",
            Direction.UP,
            0.5,
            true,
            kills));
  }

  /** Mean over instances of a metric of the node agent, else of cAdvisor. */
  private void perPart(
      List<Alternative> to, String before, String ofAgent, String ofCadvisor, String after) {
    add(to, "avg(", union(agent, s -> before + ofAgent + "{" + s + "}" + after), ")");
    add(
        to,
        "avg(sum by (namespace, pod) (",
        union(pods, s -> before + ofCadvisor + "{" + CONTAINERS + s + "}" + after),
        "))");
    add(
        to,
        "avg(sum by (instance, id) (",
        union(docker, s -> before + ofCadvisor + "{" + s + "}" + after),
        "))");
  }

  private void logs(List<Figure> to) {
    to.add(messages("log_errors", "Error lines", "error|critical|fatal", 1));
    to.add(messages("log_warnings", "Warning lines", "warn|warning", 2));
  }

  private Figure messages(String id, String title, String levels, double floor) {
    List<Alternative> all = new ArrayList<>();
    String lines = "{service_name=" + service + "}";
    all.add(
        new Alternative(
            Language.LOGQL,
            "60 * (sum(rate("
                + lines
                + " | detected_level=~\""
                + levels
                + "\" [$w])) or 0 * sum(rate("
                + lines
                + " [$w])))"));
    String counter = "rate(container_log_messages_total{";
    add(
        all,
        "60 * (sum("
            + union(agent, s -> counter + s + ",level=~\"" + levels + "\"}[$w])")
            + ") or 0 * sum(",
        union(agent, s -> counter + s + "}[$w])"),
        "))");
    return new Figure(id, title, "logs", "per_minute", Direction.UP, floor, false, all);
  }

  /** Reason why data may be incomplete; "" if it is not. */
  String note() {
    return parts.isTruncated()
        ? "only the first " + ServiceParts.MAX_LABEL_SETS + " parts of the service are compared"
        : "";
  }
}
