package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.datadog.DatadogMetrics.Kind;
import dev.tethys.codec.datadog.DatadogMetrics.Series;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import org.jspecify.annotations.Nullable;

/**
 * Converts span statistics of tracers and agents, which include spans that were not sent, to the
 * metrics that Datadog derives from them. These are {@code trace.NAME.hits}, {@code .errors},
 * {@code .duration} (seconds) as delta sums, and {@code trace.NAME} as a histogram of durations, by
 * service, resource, type, kind and status. Source: {@code StatsPayload} and {@code
 * ClientStatsPayload} of pkg/proto/datadog/trace of DataDog/datadog-agent, in MessagePack.
 */
public final class TraceStats {
  private static final double NANOS = 1e9;

  private final DatadogMetrics to;
  private final RejectedItems refused = new RejectedItems();
  private int number;

  private TraceStats(DatadogMetrics to) {
    this.to = to;
  }

  /**
   * Reads a tracer's message: {@code ClientStatsPayload}.
   *
   * @return the groups that could not be used
   * @throws CodecException if the payload is not such a message
   */
  public static RejectedItems ofTracer(@Nullable Object payload, DatadogMetrics to) {
    TraceStats s = new TraceStats(to);
    s.tracer(map(payload), "", "");
    return s.refused;
  }

  /** Reads an agent's message: {@code StatsPayload}, payloads of several tracers. */
  public static RejectedItems ofAgent(@Nullable Object payload, DatadogMetrics to) {
    TraceStats s = new TraceStats(to);
    Attributes agent = map(payload);
    ArrayValue all = list(agent.get("Stats"));
    for (int i = 0; i < all.size(); i++) {
      s.tracer(map(all.get(i)), text(agent, "AgentHostname"), text(agent, "AgentEnv"));
    }
    return s.refused;
  }

  private void tracer(Attributes payload, String agentHost, String agentEnv) {
    String host = text(payload, "Hostname");
    String env = text(payload, "Env");
    ArrayValue buckets = list(payload.get("Stats"));
    for (int b = 0; b < buckets.size(); b++) {
      Attributes bucket = map(buckets.get(b));
      long start = whole(bucket, "Start");
      long duration = whole(bucket, "Duration");
      ArrayValue groups = list(bucket.get("Stats"));
      for (int g = 0; g < groups.size(); g++) {
        number++;
        Attributes group = map(groups.get(g));
        DatadogTags tags = new DatadogTags(host.isEmpty() ? agentHost : host);
        tag(tags, "env", env.isEmpty() ? agentEnv : env);
        tag(tags, "version", text(payload, "Version"));
        tag(tags, "container_id", text(payload, "ContainerID"));
        ArrayValue more = list(payload.get("Tags"));
        for (int t = 0; t < more.size(); t++) {
          tags.add(String.valueOf(more.get(t)));
        }
        try {
          group(group, tags, start, duration);
        } catch (CodecException e) {
          refused.add(number, text(group, "Name"), String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private static void tag(DatadogTags to, String key, String value) {
    if (!value.isEmpty()) {
      to.add(key + ":" + value);
    }
  }

  private void group(Attributes g, DatadogTags tags, long start, long duration) {
    String name = text(g, "Name");
    long end = start + duration;
    if (name.isEmpty() || start <= 0 || duration <= 0 || end < 0) {
      throw new CodecException("a group must have Name, and its bucket Start and Duration");
    }
    tag(tags, "service", text(g, "Service"));
    tag(tags, "resource_name", text(g, "Resource"));
    tag(tags, "type", text(g, "Type"));
    tag(tags, "db_type", text(g, "DBType"));
    tag(tags, "span.kind", text(g, "SpanKind"));
    tag(tags, "http.status_code", whole(g, "HTTPStatusCode") == 0 ? "" : text(g, "HTTPStatusCode"));
    tag(tags, "rpc.grpc.status_code", text(g, "GRPCStatusCode"));
    tag(tags, "http.method", text(g, "HTTPMethod"));
    tag(tags, "http.endpoint", text(g, "HTTPEndpoint"));
    tag(tags, "synthetics", Boolean.TRUE.equals(g.get("Synthetics")) ? "true" : "");
    ArrayValue peers = list(g.get("PeerTags"));
    for (int i = 0; i < peers.size(); i++) {
      tags.add(String.valueOf(peers.get(i)));
    }
    long seconds = end / 1_000_000_000;
    long interval = Math.max(1, duration / 1_000_000_000);
    ExponentialHistogramDataPoint durations = durations(g, seconds, interval);
    String of = "trace." + name;
    to.point(new Series(of + ".hits", Kind.COUNT, tags, "", interval), seconds, whole(g, "Hits"));
    to.point(
        new Series(of + ".errors", Kind.COUNT, tags, "", interval), seconds, whole(g, "Errors"));
    to.point(
        new Series(of + ".duration", Kind.COUNT, tags, "s", interval),
        seconds,
        whole(g, "Duration") / NANOS);
    if (durations != null) {
      to.sketch(of, tags, durations);
    }
  }

  /** Durations of spans without or with errors, in seconds; null if none are reported. */
  private static @Nullable ExponentialHistogramDataPoint durations(
      Attributes g, long seconds, long interval) {
    SketchHistogram h = new SketchHistogram();
    double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (String summary : new String[] {"OkSummary", "ErrorSummary"}) {
      if (g.get(summary) instanceof byte[] b) {
        DdSketch.each(
            b,
            (nanos, n) -> {
              double v = nanos / NANOS;
              range[0] = Math.min(range[0], v);
              range[1] = Math.max(range[1], v);
              h.add(v, n);
            });
      }
    }
    if (h.count() == 0) {
      return null;
    }
    ExponentialHistogramDataPoint p = h.point(whole(g, "Duration") / NANOS, range[0], range[1]);
    p.setTimeUnixNano(seconds * 1_000_000_000);
    p.setStartTimeUnixNano((seconds - interval) * 1_000_000_000);
    return p;
  }

  private static String text(Attributes a, String key) {
    Object v = a.get(key);
    return v == null ? "" : v.toString();
  }

  private static long whole(Attributes a, String key) {
    return switch (a.get(key)) {
      case null -> 0;
      case Long l -> l;
      case Double d -> d.longValue();
      case Object o -> throw new CodecException(key + " is not a number: " + o);
    };
  }

  private static Attributes map(@Nullable Object o) {
    if (o instanceof Attributes a) {
      return a;
    }
    throw new CodecException("statistics of traces: a map is missing");
  }

  private static ArrayValue list(@Nullable Object o) {
    return switch (o) {
      case null -> new ArrayValue();
      case ArrayValue a -> a;
      default -> throw new CodecException("statistics of traces: a list is missing");
    };
  }
}
