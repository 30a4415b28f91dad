package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The HTTP interface of a push gateway: paths, statuses and texts are those of Prometheus's. What a
 * push answers with 200 or 202 is on the disk.
 */
public final class PushApi {
  /** The largest body that is taken, compressed or not. */
  public static final int MAX_BODY_BYTES = 64 << 20;

  /** Bodies up to this are not accounted for. */
  private static final int FREE_BYTES = 64 << 10;

  /** How much more than a body its samples take, with short names and labels. */
  private static final long PARSED_FACTOR = 12;

  /** Snappy makes nothing smaller than by this. */
  private static final long SNAPPY_RATIO = 22;

  private static final double[] QUANTILES = {.1, .5, .9};
  private static final LimitedLog PEER_LOG =
      new LimitedLog(System.getLogger(PushApi.class.getName()));

  private final PushGroups groups;
  private final Collector own;
  private final Registry.Vector<Registry.Counter> requests;
  private final Registry.Vector<Registry.Summary> durations;
  private final Registry.Vector<Registry.Summary> sizes;

  /**
   * @param own metrics of the program that are shown beside what is pushed, and where it counts
   */
  public PushApi(PushGroups groups, Registry own) {
    this.groups = groups;
    this.own = own;
    requests =
        own.counters(
            "pushgateway_http_requests_total",
            "Total HTTP requests processed by the Pushgateway, excluding scrapes.",
            "code",
            "handler",
            "method");
    durations =
        own.summaries(
            "pushgateway_http_push_duration_seconds",
            "HTTP request duration for pushes to the Pushgateway.",
            QUANTILES,
            "method");
    sizes =
        own.summaries(
            "pushgateway_http_push_size_bytes",
            "HTTP request size for pushes to the Pushgateway.",
            QUANTILES,
            "method");
  }

  /** Adds what takes pushes, below a prefix such as {@code ""}. */
  public void pushes(Routes routes, String prefix) {
    for (boolean encoded : new boolean[] {false, true}) {
      String path = prefix + (encoded ? "/metrics/job@base64/{key...}" : "/metrics/job/{key...}");
      routes
          .put(path, counted("push", (q, r) -> push(q, r, encoded, true)))
          .post(path, counted("push", (q, r) -> push(q, r, encoded, false)))
          .delete(path, counted("delete", (q, r) -> delete(q, r, encoded)));
    }
  }

  /**
   * Adds what tells of groups.
   *
   * @param flags for {@code /api/v1/status}
   * @param build likewise
   */
  public void state(
      Routes routes,
      String prefix,
      SortedMap<String, String> flags,
      SortedMap<String, String> build,
      Instant started,
      boolean admin) {
    routes
        .get(
            prefix + "/api/v1/metrics",
            counted("api/v1/metrics", (q, r) -> json(r, PushJson.groups(groups.groups()))))
        .get(
            prefix + "/api/v1/status",
            counted(
                "api/v1/status",
                (q, r) -> {
                  StringBuilder sb =
                      new StringBuilder("{\"status\":\"success\",\"data\":{\"build_information\":");
                  PushJson.texts(sb, build).append(",\"flags\":");
                  PushJson.texts(sb, flags).append(",\"start_time\":\"");
                  json(r, sb.append(PushJson.time(started)).append("\"}}").toString());
                }))
        .on(
            "OPTIONS",
            prefix + "/api/v1/{path...}",
            counted(
                "api/v1/options",
                (q, r) -> {
                  crossSite(r);
                  r.send();
                }));
    if (admin) {
      routes.put(
          prefix + "/api/v1/admin/wipe",
          counted(
              "wipe",
              (q, r) -> {
                groups.wipe();
                r.status(202).send();
              }));
    }
  }

  /** What was pushed and the metrics of the program, in the order of Prometheus's Go library. */
  public List<MetricFamily> gather() {
    TreeMap<String, List<MetricFamily>> all = new TreeMap<>();
    own.collect(f -> all.computeIfAbsent(f.name(), k -> new ArrayList<>()).add(f));
    groups.collect(f -> all.computeIfAbsent(f.name(), k -> new ArrayList<>()).add(f));
    List<MetricFamily> out = new ArrayList<>(all.size());
    for (List<MetricFamily> same : all.values()) {
      MetricFamily first = same.getFirst();
      List<Metric> metrics = new ArrayList<>();
      same.stream().filter(f -> f.type() == first.type()).forEach(f -> metrics.addAll(f.metrics()));
      metrics.sort(ORDER);
      out.add(new MetricFamily(first.name(), first.type(), first.help(), first.unit(), metrics));
    }
    return out;
  }

  /** Metrics with fewer labels come first, then values decide. */
  private static final Comparator<Metric> ORDER =
      Comparator.comparing((Metric m) -> m.labels().size())
          .thenComparing(
              Metric::labels,
              (a, b) -> {
                List<Labels.Label> x = a.toList();
                List<Labels.Label> y = b.toList();
                for (int i = 0; i < x.size(); i++) {
                  int c = x.get(i).value().compareTo(y.get(i).value());
                  if (c != 0) {
                    return c;
                  }
                }
                return 0;
              });

  private HttpHandler counted(String name, HttpHandler handler) {
    return (q, r) -> {
      String method = q.method().toLowerCase(Locale.ROOT);
      long start = System.nanoTime();
      int status = 500;
      try {
        handler.handle(q, r);
        status = r.status();
      } catch (HttpException e) {
        status = e.status();
        throw e;
      } finally {
        requests.with(String.valueOf(status), name, method).inc();
        if (name.equals("push")) {
          durations.with(method).observe((System.nanoTime() - start) / 1e9);
          sizes.with(method).observe(Math.max(0, q.contentLength()));
        }
      }
    };
  }

  private SortedMap<String, String> key(HttpRequest q, boolean encoded) throws PushException {
    return PushPath.key(q.pathParam("key"), encoded, groups.options().names());
  }

  private void push(HttpRequest q, HttpResponse r, boolean encoded, boolean replace)
      throws IOException {
    SortedMap<String, String> key;
    List<MetricFamily> families;
    try {
      key = key(q, encoded);
      byte[] body = body(q);
      families =
          isProtobuf(q.header("Content-Type"))
              ? Families.protobuf(body)
              : Families.text(body, groups.options().names());
    } catch (PushException | CodecException e) {
      refuse(r, String.valueOf(e.getMessage()));
      return;
    }
    try {
      groups.push(key, families, replace);
      r.status(groups.options().checkConsistency() ? 200 : 202).send();
    } catch (PushException e) {
      PEER_LOG.log(Level.WARNING, "Push refused group={0} problem={1}", key, e.getMessage());
      if (groups.options().checkConsistency()) {
        refuse(
            r,
            "pushed metrics are invalid or inconsistent with existing metrics: " + e.getMessage());
      } else {
        r.status(202).send(); // as promised, the failure is told by push_failure_time_seconds
      }
    }
  }

  private void delete(HttpRequest q, HttpResponse r, boolean encoded) throws IOException {
    try {
      groups.delete(key(q, encoded));
      r.status(202).send();
    } catch (PushException e) {
      refuse(r, String.valueOf(e.getMessage()));
    }
  }

  private static void refuse(HttpResponse r, String text) throws IOException {
    r.status(400).send(text + "\n");
  }

  private static boolean isProtobuf(@org.jspecify.annotations.Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    String[] parts = contentType.toLowerCase(Locale.ROOT).replace("\"", "").split(";");
    boolean delimited = false;
    boolean family = false;
    for (String p : parts) {
      delimited |= p.strip().equals("encoding=delimited");
      family |= p.strip().equals("proto=io.prometheus.client.metricfamily");
    }
    return parts[0].strip().equals("application/vnd.google.protobuf") && delimited && family;
  }

  /** Reserves what the samples of a body are going to take. */
  private static byte[] parsed(HttpRequest q, byte[] body) {
    if (body.length > FREE_BYTES) {
      q.reserve(PARSED_FACTOR * body.length);
    }
    return body;
  }

  private static byte[] body(HttpRequest q) throws IOException, PushException {
    byte[] raw = q.bodyBytes(MAX_BODY_BYTES);
    String encoding = q.header("Content-Encoding");
    try {
      switch (encoding == null ? "" : encoding.toLowerCase(Locale.ROOT)) {
        case "gzip" -> {
          return parsed(
              q, Compression.GZIP.decompress(raw, 0, raw.length, MAX_BODY_BYTES, q::reserve));
        }
        case "snappy" -> {
          q.reserve(Math.min(MAX_BODY_BYTES, SNAPPY_RATIO * raw.length));
          return parsed(q, SnappyFrames.decode(raw, MAX_BODY_BYTES));
        }
        default -> {
          return parsed(q, raw);
        }
      }
    } catch (TooLargeException e) {
      throw new HttpException(413, "the body is larger than " + MAX_BODY_BYTES + " bytes");
    } catch (IOException e) {
      throw new PushException(String.valueOf(e.getMessage()));
    }
  }

  private static void crossSite(HttpResponse r) {
    r.header("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin")
        .header("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
        .header("Access-Control-Allow-Origin", "*")
        .header("Access-Control-Expose-Headers", "Date")
        .header("Cache-Control", "no-cache, no-store, must-revalidate");
  }

  private static void json(HttpResponse r, String text) throws IOException {
    crossSite(r);
    r.send("application/json", text.getBytes(StandardCharsets.UTF_8));
  }
}
