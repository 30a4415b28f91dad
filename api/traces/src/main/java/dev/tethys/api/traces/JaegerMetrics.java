package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.access.Scope;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Jaeger's service metrics API, which its Monitor page uses: rates, error shares and latencies of
 * services or their operations, computed from the server's span metrics. Latencies are in
 * milliseconds.
 */
final class JaegerMetrics {
  private static final String PREFIX = "/jaeger/api/metrics";
  private static final String JSON = "application/json";
  private static final String CALLS = "traces_spanmetrics_calls_total";
  private static final String BUCKETS = "traces_spanmetrics_latency_bucket";
  private static final long NANOS = 1_000_000;
  private static final long HOUR = 3_600_000;
  private static final long DEFAULT_STEP = 5_000;
  private static final long DEFAULT_RATE = 600_000;
  private static final long MAX_STEPS = 11_000;
  private static final int MAX_SERVICES = 100;
  private static final List<String> KINDS =
      List.of("unspecified", "internal", "server", "client", "producer", "consumer");

  private final MetricQueries metrics;
  private final LongSupplier now;

  /**
   * @param now Unix nanoseconds
   */
  JaegerMetrics(MetricQueries metrics, LongSupplier now) {
    this.metrics = metrics;
    this.now = now;
  }

  void addTo(Routes routes) {
    get(routes, "/calls", "call_rate", "calls/sec", JaegerMetrics::calls);
    get(
        routes,
        "/errors",
        "error_rate",
        "error rate, computed as a fraction of errors/sec over calls/sec",
        JaegerMetrics::errors);
    get(routes, "/latencies", "latencies", "", JaegerMetrics::latencies);
    routes.get(
        PREFIX + "/minstep",
        (q, r) ->
            r.send(
                JSON,
                "{\"data\":1,\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  /** Builds the text of a query. */
  private interface Form {
    String query(Request q);
  }

  private void get(Routes routes, String path, String name, String help, Form form) {
    routes.get(
        PREFIX + path,
        (q, r) -> {
          try {
            answer(q, r, name, help, form);
          } catch (HttpException e) {
            JaegerResponses.error(r, e);
          }
        });
  }

  /** Parsed request parameters. */
  private record Request(
      String selector,
      boolean byOperation,
      double quantile,
      long rate,
      long from,
      long to,
      long step) {
    String by(String more) {
      return " by (service" + (byOperation ? ", span_name" : "") + more + ")";
    }

    /** Builds the rate expression for a metric. */
    String rate(String metric, String matchers) {
      return "rate(" + metric + "{" + selector + matchers + "}[" + rate + "ms])";
    }
  }

  private static String calls(Request q) {
    return "sum" + q.by("") + " (" + q.rate(CALLS, "") + ")";
  }

  private static String errors(Request q) {
    String all = calls(q);
    String failed =
        "sum" + q.by("") + " (" + q.rate(CALLS, ", status_code=\"STATUS_CODE_ERROR\"") + ")";
    return "(" + failed + " or 0 * " + all + ") / " + all;
  }

  private static String latencies(Request q) {
    return "1000 * histogram_quantile("
        + GoFloat.g(q.quantile)
        + ", sum"
        + q.by(", le")
        + " ("
        + q.rate(BUCKETS, "")
        + "))";
  }

  private Request read(HttpRequest request, boolean needsQuantile) {
    QueryParameters p = new QueryParameters(request.query());
    List<String> services = new ArrayList<>();
    p.all("service").forEach(services::add);
    services.removeIf(String::isEmpty);
    if (services.isEmpty()) {
      throw QueryParameters.bad("parameter 'service' is required");
    }
    if (services.size() > MAX_SERVICES) {
      throw QueryParameters.bad(
          "request has " + services.size() + " values of service; the limit is " + MAX_SERVICES);
    }
    List<String> kinds = new ArrayList<>();
    for (String k : p.all("spanKind")) {
      if (!KINDS.contains(k)) {
        throw QueryParameters.bad(
            "spanKind is '" + k + "'; it must be one of " + String.join(", ", KINDS));
      }
      kinds.add("SPAN_KIND_" + k.toUpperCase(Locale.ROOT));
    }
    if (kinds.isEmpty()) {
      kinds.add("SPAN_KIND_SERVER");
    }
    long to = p.number("endTs", now.getAsLong() / NANOS);
    long lookback = p.number("lookback", HOUR);
    long step = p.number("step", DEFAULT_STEP);
    long rate = p.number("ratePer", DEFAULT_RATE);
    if (step < 1 || rate < 1) {
      throw QueryParameters.bad((step < 1 ? "step" : "ratePer") + " is 0; it must be at least 1");
    }
    if (lookback > to || lookback / step >= MAX_STEPS) {
      throw QueryParameters.bad(
          lookback > to
              ? "lookback is " + lookback + "; the range begins before 1970"
              : "range has more than " + MAX_STEPS + " steps; use a longer step");
    }
    Scope scope = RequestScope.of(request);
    String selector =
        "service=~"
            + GoQuote.quote(String.join("|", services.stream().map(Regex::quote).toList()))
            + ", span_kind=~\""
            + String.join("|", kinds)
            + "\", "
            + ScopedSource.TENANT_LABEL
            + "="
            + GoQuote.quote(scope.isDefaultTenant() ? "" : scope.tenant());
    return new Request(
        selector,
        flag(p, "groupByOperation"),
        needsQuantile ? quantile(p) : 0,
        rate,
        to - lookback,
        to,
        step);
  }

  private static boolean flag(QueryParameters p, String name) {
    String v = p.get(name);
    if (!v.isEmpty() && !v.equals("true") && !v.equals("false")) {
      throw QueryParameters.bad(name + " is '" + v + "'; it must be true or false");
    }
    return v.equals("true");
  }

  private static double quantile(QueryParameters p) {
    String v = p.get("quantile");
    try {
      double q = v.length() > 30 ? -1 : Double.parseDouble(v);
      if (q > 0 && q <= 1) {
        return q;
      }
    } catch (NumberFormatException e) {
      // the message below covers it
    }
    throw QueryParameters.bad("quantile is '" + v + "'; it must be above 0 and at most 1");
  }

  private void answer(
      HttpRequest request, HttpResponse response, String name, String help, Form form)
      throws IOException {
    boolean quantile = name.equals("latencies");
    Request q = read(request, quantile);
    List<MetricQueries.Series> series =
        metrics.range(RequestScope.of(request), form.query(q), q.from, q.to, q.step);
    String about = quantile ? GoFloat.g(q.quantile) + "th quantile latency" : help;
    TextBuffer out = new TextBuffer();
    out.put("{\"name\":").json((q.byOperation ? "service_operation_" : "service_") + name);
    out.put(",\"type\":\"GAUGE\",\"help\":");
    out.json(about + ", grouped by service" + (q.byOperation ? " & operation" : ""));
    out.put(",\"metrics\":[");
    String separator = "";
    for (MetricQueries.Series s : series) {
      out.put(separator).put("{\"labels\":[{\"name\":\"service_name\",\"value\":");
      separator = ",";
      out.json(s.labels().getOrDefault("service", "")).put('}');
      if (q.byOperation) {
        out.put(",{\"name\":\"operation\",\"value\":");
        out.json(s.labels().getOrDefault("span_name", "")).put('}');
      }
      out.put("],\"metricPoints\":[");
      points(s, out);
      out.put("]}");
    }
    out.put("]}");
    response.send(JSON, out.toByteArray());
  }

  private static void points(MetricQueries.Series s, TextBuffer out) {
    String separator = "";
    for (int i = 0; i < s.times().length; i++) {
      double v = s.values()[i];
      if (Double.isFinite(v)) {
        out.put(separator).put("{\"gaugeValue\":{\"doubleValue\":").number(v);
        out.put("},\"timestamp\":\"").put(Instant.ofEpochMilli(s.times()[i]).toString()).put("\"}");
        separator = ",";
      }
    }
  }
}
