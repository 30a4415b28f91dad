package dev.tethys.insight.objectives;

import dev.tethys.model.GoQuote;
import dev.tethys.model.regex.Regex;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Service level indicators by name, from counters that Tethys generates: span metrics, the service
 * graph, and the node agent.
 */
public final class ServiceIndicators {
  /** Source of a service's requests. */
  public enum Source {
    SPANS,
    SERVICE_GRAPH,
    NODE_AGENT
  }

  private static final String ENTRY = "span_kind=~\"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER\"";

  /** Failures reported by the node agent: HTTP classes, gRPC codes, others by name. */
  private static final String FAILED_STATUS =
      "5xx|failed|grpc:(2|4|12|13|14|15|UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL"
          + "|UNAVAILABLE|DATA_LOSS)";

  /** Protocols whose requests are called queries. */
  private static final Set<String> QUERIES =
      Set.of("postgres", "redis", "memcached", "mysql", "mongo", "cassandra", "clickhouse");

  private ServiceIndicators() {}

  /** Sources in the order in which they are used. */
  private static List<Source> sources(@Nullable Source one) {
    return one == null
        ? List.of(Source.SPANS, Source.NODE_AGENT, Source.SERVICE_GRAPH)
        : List.of(one);
  }

  /** Returns the first query that has a value. */
  private static String first(List<String> queries) {
    return queries.size() == 1 ? queries.getFirst() : "(" + String.join(" or ", queries) + ")";
  }

  /**
   * Selects series of a metric.
   *
   * @param matchers matchers of disjoint sets of series, each without braces
   */
  private record Selection(String metric, List<String> matchers) {
    /** Rates of the series that match further matchers too. */
    String rates(String further) {
      List<String> all = new ArrayList<>();
      for (String m : matchers) {
        String joined = m + (m.isEmpty() || further.isEmpty() ? "" : ",") + further;
        all.add("rate(" + metric + "{" + joined + "}[{{.window}}])");
      }
      return String.join(" or ", all);
    }

    List<String> series() {
      return matchers.stream().map(m -> metric + "{" + m + "}").toList();
    }

    String sum(String further) {
      return "sum(" + rates(further) + ")";
    }
  }

  private static Selection select(String metric, String matchers) {
    return new Selection(metric, List.of(matchers));
  }

  /** Series of the node agent: by the application in Kubernetes, else by the container. */
  private static Selection observed(String metric, String service) {
    String name = Regex.quote(service);
    return new Selection(
        metric,
        List.of(
            "app_id=~" + GoQuote.quote("(.*/)?" + name),
            "app_id=\"\",container_id=~" + GoQuote.quote("(.*/)?" + name + "(\\.service)?")));
  }

  /**
   * Share of failed requests of a service.
   *
   * @param source null for the first source that has requests
   * @param protocol protocol that the node agent sees
   */
  public static ErrorRatio availability(String service, @Nullable Source source, String protocol) {
    List<String> shares = new ArrayList<>();
    String name = GoQuote.quote(service);
    for (Source s : sources(source)) {
      shares.add(
          switch (s) {
            case SPANS -> {
              Selection calls =
                  select("traces_spanmetrics_calls_total", "service=" + name + "," + ENTRY);
              yield share(calls.sum("status_code=\"STATUS_CODE_ERROR\""), calls.sum(""));
            }
            case SERVICE_GRAPH -> {
              String server = "server=" + name;
              yield share(
                  select("traces_service_graph_request_failed_total", server).sum(""),
                  select("traces_service_graph_request_total", server).sum(""));
            }
            case NODE_AGENT -> {
              Selection requests = observed(counter(protocol) + "_total", service);
              yield share(
                  requests.sum("status=~" + GoQuote.quote(FAILED_STATUS)), requests.sum(""));
            }
          });
    }
    return new ErrorRatio.Ratio(first(shares));
  }

  private static String share(String failed, String total) {
    return "((" + failed + " or 0 * " + total + ") / (" + total + " > 0))";
  }

  private static String counter(String protocol) {
    return "container_"
        + protocol
        + "_inbound_"
        + (QUERIES.contains(protocol) ? "queries" : "requests");
  }

  /**
   * Share of requests of a service that take longer than a threshold.
   *
   * @param source null for the first source that has requests
   * @param protocol protocol that the node agent sees
   * @param seconds threshold, within the limits of {@link BucketBounds}
   */
  public static ErrorRatio latency(
      String service, @Nullable Source source, String protocol, BigDecimal seconds) {
    String name = GoQuote.quote(service);
    List<String> shares = new ArrayList<>();
    List<String> all = new ArrayList<>();
    for (Source s : sources(source)) {
      Selection buckets =
          switch (s) {
            case SPANS ->
                select("traces_spanmetrics_latency_bucket", "service=" + name + "," + ENTRY);
            case SERVICE_GRAPH ->
                select("traces_service_graph_request_server_seconds_bucket", "server=" + name);
            case NODE_AGENT ->
                observed(counter(protocol) + "_duration_seconds_total_bucket", service);
          };
      shares.add("(" + slow(buckets, seconds) + ")");
      all.addAll(buckets.series());
    }
    return new ErrorRatio.Slow(first(shares), String.join(" or ", all), seconds);
  }

  /** Share of observations of a classic histogram above a threshold. */
  public static ErrorRatio slow(String buckets, String matchers, BigDecimal threshold) {
    Selection all = select(buckets, matchers);
    return new ErrorRatio.Slow(slow(all, threshold), String.join(" or ", all.series()), threshold);
  }

  /** Sum of the rates of series. */
  public static String rate(String metric, String matchers) {
    return select(metric, matchers).sum("");
  }

  /** Share of observations above the bucket at the threshold, or the next one above it. */
  private static String slow(Selection buckets, BigDecimal threshold) {
    String le = "le=~" + GoQuote.quote(BucketBounds.atLeast(threshold));
    String fast = "min(sum by (le) (" + buckets.rates(le) + "))";
    return "1 - " + fast + " / (" + buckets.sum("le=\"+Inf\"") + " > 0)";
  }
}
