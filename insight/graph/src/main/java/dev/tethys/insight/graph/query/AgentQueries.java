package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PromQL over the metrics of the node agent, {@code container_*}, of one range. */
final class AgentQueries {
  /** Addresses on which containers accept connections. */
  static final String LISTENS = "container_net_tcp_listen_info";

  static final String CONTAINER = "machine_id, container_id, app_id";
  private static final String EDGE = CONTAINER + ", destination, actual_destination";
  private static final String PATTERN = "(inbound_)?(requests|queries|messages)_total";
  private static final String FAMILIES =
      "count by (__name__) ({__name__=~\"container_[a-z0-9]+_" + PATTERN + "\"})";
  private static final Pattern NAME = Pattern.compile("container_([a-z0-9]+)_" + PATTERN);

  /** Protocols above HTTP, whose requests are counted with HTTP as well. */
  private static final Set<String> OVER_HTTP =
      Set.of("elasticsearch", "s3", "sqs", "graphql", "jsonrpc", "genai");

  /** Failures: classes of HTTP, codes of gRPC that are the server's fault, others by name. */
  private static final String FAILED =
      "{status=~\"5xx|failed|grpc:(2|4|12|13|14|15|UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED"
          + "|INTERNAL|UNAVAILABLE|DATA_LOSS)\"}";

  private final Window window;
  private final List<Family> families;

  /**
   * Requests of one protocol on one side of their connections.
   *
   * @param inbound true if the container serves the requests
   */
  private record Family(String protocol, String counter, boolean inbound) {
    boolean isOverHttp() {
      return OVER_HTTP.contains(protocol);
    }

    String labels() {
      return inbound ? CONTAINER : EDGE;
    }
  }

  private AgentQueries(Window window, List<Family> families) {
    this.window = window;
    this.families = families;
  }

  /** Builds queries for the observed protocols. */
  static AgentQueries of(MetricAnswers answers, Window w) {
    List<Family> found = new ArrayList<>();
    for (Sample s : w.ask(answers, FAMILIES)) {
      Matcher m = NAME.matcher(s.label("__name__"));
      // questions to name servers have no destination: they are not calls between containers
      if (m.matches() && !m.group(1).equals("dns")) {
        found.add(new Family(m.group(1), m.group(), m.group(2) != null));
      }
    }
    return new AgentQueries(w, found);
  }

  /** True if no protocol was seen. */
  boolean isEmpty() {
    return families.isEmpty();
  }

  private static String sum(String labels, String inner) {
    return "sum by (" + labels + ") (" + inner + ")";
  }

  /** Builds one query over all protocols, named by the label {@code protocol}. */
  private String union(boolean inbound, Function<Family, String> query) {
    List<String> all = new ArrayList<>();
    for (Family f : families) {
      if (f.inbound == inbound && !query.apply(f).isEmpty()) {
        all.add(
            "label_replace("
                + query.apply(f)
                + ", \"protocol\", \""
                + f.protocol
                + "\", \"\", \"\")");
      }
    }
    return String.join(" or ", all);
  }

  /**
   * Builds the query for requests per second by container, protocol and, on the client's side,
   * destination.
   *
   * @param failed true for failed ones only
   */
  String rate(boolean inbound, boolean failed) {
    return union(
        inbound,
        f -> {
          String rate = rate(f, failed ? FAILED : "");
          return f.protocol.equals("http") ? withoutOthers(rate, inbound, failed) : rate;
        });
  }

  private String rate(Family f, String selector) {
    return sum(f.labels(), window.rate(f.counter + selector));
  }

  /**
   * Builds the query for plain HTTP requests, without those shown under a protocol on top of it.
   */
  private String withoutOthers(String http, boolean inbound, boolean failed) {
    StringBuilder others = new StringBuilder();
    for (Family f : families) {
      if (f.inbound == inbound && f.isOverHttp()) {
        String rate = rate(f, failed ? "{status=\"5xx\"}" : "");
        others.append(" - (").append(rate).append(" or 0 * ").append(http).append(')');
      }
    }
    return others.isEmpty() ? http : "(" + http + others + " > 1e-9)";
  }

  /** Builds the query for a duration quantile; messages without a response have none. */
  String quantile(double q, boolean inbound) {
    return union(
        inbound,
        f -> {
          String rate = buckets(f);
          return rate.isEmpty() ? "" : "histogram_quantile(" + q + ", " + rate + ")";
        });
  }

  /** Durations of requests that containers serve, by bucket bound. */
  String buckets() {
    return union(true, this::buckets);
  }

  private String buckets(Family f) {
    if (f.counter.endsWith("_messages_total")) {
      return "";
    }
    String name =
        f.counter.substring(0, f.counter.length() - "_total".length())
            + "_duration_seconds_total_bucket";
    return sum(f.labels() + ", le", window.rate(name));
  }

  String connections() {
    return sum(EDGE, "container_net_tcp_active_connections");
  }

  String retransmits() {
    return sum(EDGE, window.rate("container_net_tcp_retransmits_total"));
  }

  /** Builds the query for all containers. */
  String containers() {
    return "group by (" + CONTAINER + ", image) (container_info)";
  }
}
