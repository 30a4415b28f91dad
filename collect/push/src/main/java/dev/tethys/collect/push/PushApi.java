package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.exposition.Families;
import dev.tethys.codec.exposition.TooManyMetricsException;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP interface of a Pushgateway: paths, status codes and messages are those of Prometheus's
 * Pushgateway. A push that returns 200 or 202 is on disk.
 */
public final class PushApi {
  /** Maximum size of a body, compressed or not. */
  public static final int MAX_BODY_BYTES = 64 << 20;

  /** Bodies up to this are not accounted for. */
  private static final int FREE_BYTES = 64 << 10;

  /** Larger bodies, decompressed, are read one at a time. */
  static final int LARGE_BYTES = 1 << 20;

  /** Maximum time a push with a large body waits for others. */
  private static final Duration LARGE_WAIT = Duration.ofSeconds(5);

  /** Memory of a body's samples as a multiple of its size, for short names and labels. */
  private static final long PARSED_FACTOR = 12;

  private static final double[] QUANTILES = {.1, .5, .9};
  private static final LimitedLog PEER_LOG = new LimitedLog(JulLogger.of(PushApi.class.getName()));

  private final PushGroups groups;
  private final Semaphore large = new Semaphore(1, true);
  private final Duration largeWait;
  private final Collector own;
  private final Registry.Vector<Registry.Counter> requests;
  private final Registry.Vector<Registry.Summary> durations;
  private final Registry.Vector<Registry.Summary> sizes;

  /**
   * @param own the program's own metrics, shown next to pushed ones, and registry of counters
   */
  public PushApi(PushGroups groups, Registry own) {
    this(groups, own, LARGE_WAIT);
  }

  /** Variant with another time for which a large push waits for others. */
  PushApi(PushGroups groups, Registry own, Duration largeWait) {
    this.groups = groups;
    this.largeWait = largeWait;
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

  /** Adds the routes for pushes, below a prefix such as {@code ""}. */
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
   * Adds metrics of the state of groups.
   *
   * @param flags flag values shown by {@code /api/v1/status}
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

  /** Pushed metrics and the program's own, in the order of Prometheus's Go library. */
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

  /** Metrics with fewer labels are first, then values decide. */
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
    boolean alone = false;
    try {
      SortedMap<String, String> key = key(q, encoded);
      byte[] raw = q.bodyBytes(MAX_BODY_BYTES);
      byte[] body;
      try {
        body = decompressed(q, raw, LARGE_BYTES);
      } catch (TooLargeException e) {
        awaitOthers();
        alone = true;
        body = decompressed(q, raw, MAX_BODY_BYTES);
      }
      take(q, r, key, body, replace, alone);
    } catch (TooLargeException e) {
      throw new HttpException(413, "the body is larger than " + MAX_BODY_BYTES + " bytes");
    } catch (PushException | CodecException e) {
      refuse(r, String.valueOf(e.getMessage()));
    } finally {
      if (alone) {
        large.release();
      }
    }
  }

  /** Waits until no other large body is read: together they would fill the heap. */
  private void awaitOthers() {
    boolean admitted = false;
    try {
      admitted = large.tryAcquire(largeWait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!admitted) {
      throw new HttpException(
          503,
          "other pushes of more than "
              + LARGE_BYTES
              + " bytes are being read; send the request again later");
    }
  }

  private void take(
      HttpRequest q,
      HttpResponse r,
      SortedMap<String, String> key,
      byte[] body,
      boolean replace,
      boolean large)
      throws IOException {
    if (body.length > FREE_BYTES) {
      q.reserve(PARSED_FACTOR * body.length);
    }
    boolean protobuf = isProtobuf(q.header("Content-Type"));
    Callable<Void> work =
        () -> {
          store(key, body, protobuf, replace);
          return null;
        };
    try {
      if (large) {
        onOwnThread(work);
      } else {
        store(key, body, protobuf, replace);
      }
      r.status(groups.options().checkConsistency() ? 200 : 202).send();
    } catch (PushException e) {
      PEER_LOG.log(Level.WARNING, "Push refused group={0} problem={1}", key, e.getMessage());
      if (groups.options().checkConsistency()) {
        refuse(
            r,
            "pushed metrics are invalid or inconsistent with existing metrics: " + e.getMessage());
      } else {
        r.status(202).send(); // as promised, push_failure_time_seconds shows the failure
      }
    }
  }

  private void store(SortedMap<String, String> key, byte[] body, boolean protobuf, boolean replace)
      throws IOException, PushException {
    long room = groups.room(key);
    List<MetricFamily> families;
    try {
      families =
          protobuf
              ? Families.protobuf(body, room)
              : Families.text(body, groups.options().names(), room);
    } catch (TooManyMetricsException e) {
      groups.refuse(key, room); // with an error that names the memory
      return;
    }
    groups.push(key, families, replace);
  }

  /** Runs long computations on a platform thread: health checks need the carrier. */
  private static void onOwnThread(Callable<Void> work) throws IOException, PushException {
    FutureTask<Void> task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().name("push-large").start(task);
    try {
      task.get();
    } catch (InterruptedException e) { // the server stops: the push is not acknowledged
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("push interrupted: the server stops");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case PushException x -> throw x;
        case IOException x -> throw x;
        case RuntimeException x -> throw x;
        case Error x -> throw x;
        case null, default -> throw new IllegalStateException(e);
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

  private static boolean isProtobuf(@Nullable String contentType) {
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

  /**
   * Decompresses a body.
   *
   * @throws TooLargeException if the result exceeds {@code maxBytes} bytes
   */
  private static byte[] decompressed(HttpRequest q, byte[] raw, int maxBytes)
      throws IOException, PushException {
    String encoding = q.header("Content-Encoding");
    switch (encoding == null ? "" : encoding.toLowerCase(Locale.ROOT)) {
      case "gzip" -> {
        return Compression.GZIP.decompress(raw, 0, raw.length, maxBytes, q::reserve);
      }
      case "snappy" -> {
        if (raw.length == 0) {
          return raw; // no stream is an empty one, as in Pushgateway
        }
        try {
          return Compression.SNAPPY_FRAMED.decompress(raw, 0, raw.length, maxBytes, q::reserve);
        } catch (TooLargeException e) {
          throw e;
        } catch (CodecException e) {
          throw new PushException("snappy: corrupt input");
        }
      }
      default -> {
        if (raw.length > maxBytes) {
          throw new TooLargeException(maxBytes);
        }
        return raw;
      }
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
