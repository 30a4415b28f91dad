package dev.tethys.app.nodeagent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.export.ObservedLogs;
import dev.tethys.collect.observe.export.ObservedProfiles;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.collect.observe.profile.ProfileSink.OwnerProfile;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends profiles, traces, logs, and metrics by OTLP of the node agent. What waits is in memory, up
 * to a bound; then the oldest is dropped and counted.
 *
 * <p>Traces, logs and metrics are sent by OTLP over HTTP. Profiles are sent by OTLP where the path
 * of the URL is that of OTLP, else one file of pprof for each container, as Coroot's node agent
 * does.
 */
final class TelemetryPush implements Collector, AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(TelemetryPush.class.getName());
  static final String OTLP_PROFILES = "/v1development/profiles";
  private static final long MOST_BYTES = 32L << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long FIRST_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final int MAX_ANSWER = 64 << 10;

  /** Messages of a request, and the longest wait for as many. */
  private static final int MOST_MESSAGES = 512;

  private static final long MOST_TEXT = 1 << 20;
  private static final long LINGER_NANOS = 1_000_000_000L;
  static final String SCOPE = "tethys-node-agent";

  /**
   * Destination settings.
   *
   * @param profiles URL of profiles; null if none
   * @param traces URL of traces; null if none
   * @param logs URL of logs; null if none
   * @param metrics URL of metrics by OTLP; null if none
   * @param shareOfTraces share of traces that are sent, from 0 to 1
   * @param headers headers sent with every request
   * @param caFile trusted certificates, empty for the system's
   */
  record Options(
      @Nullable URI profiles,
      @Nullable URI traces,
      @Nullable URI logs,
      @Nullable URI metrics,
      double shareOfTraces,
      Map<String, String> headers,
      boolean insecureSkipVerify,
      String caFile) {}

  private record Waiting(String signal, URI url, Map<String, String> headers, byte[] body) {}

  private final Options options;
  private final Map<String, String> host;
  private final HttpClientFactory clients =
      new HttpClientFactory("tethys-node-agent/" + BuildInfo.current().version());
  private final WebClient client;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

  private final Map<String, long[]> counts = new LinkedHashMap<>(); // sent, dropped, refused

  @GuardedBy("lock")
  private long bytes;

  @GuardedBy("lock")
  private List<ObservedLog> messages = new ArrayList<>();

  @GuardedBy("lock")
  private long messagesSince;

  @GuardedBy("lock")
  private long messagesText;

  @GuardedBy("lock")
  private boolean stopped;

  private final Thread thread;

  /**
   * Starts to send.
   *
   * @param host attributes of the machine in each resource
   * @throws IOException if a file of the settings cannot be read
   */
  TelemetryPush(Options options, Map<String, String> host) throws IOException {
    this.options = options;
    this.host = Map.copyOf(host);
    TlsConfig tls =
        new TlsConfig(
            "",
            options.caFile,
            "",
            "",
            Secret.NONE,
            "",
            Secret.NONE,
            "",
            options.insecureSkipVerify,
            null,
            null);
    client =
        clients.client(
            new HttpClientConfig(
                null,
                null,
                null,
                tls,
                false,
                true,
                new ProxyConfig(null, "", true, Map.of()),
                Map.of()));
    thread =
        Thread.ofVirtual().name("telemetry-push").start(SupervisedLoop.of("telemetry", this::run));
  }

  /** Sinks for the signals that an observer must produce. */
  ObserverSinks sinks() {
    return new ObserverSinks(
        options.profiles == null ? null : this::profiles,
        options.traces == null ? null : (batch, _) -> traces(batch),
        options.shareOfTraces);
  }

  /** Returns the sink for log messages, which discards them if no destination is set. */
  ObservedLog.Sink logs() {
    return options.logs == null ? ObservedLog.Sink.NONE : this::log;
  }

  private void log(ObservedLog l) {
    List<ObservedLog> full;
    lock.lock();
    try {
      if (messages.isEmpty()) {
        messagesSince = System.nanoTime();
        news.signal();
      }
      messages.add(l);
      messagesText += l.message().length();
      if (messages.size() < MOST_MESSAGES && messagesText < MOST_TEXT) {
        return;
      }
      full = takeMessages();
    } finally {
      lock.unlock();
    }
    add(logRequest(full));
  }

  @GuardedBy("lock")
  private List<ObservedLog> takeMessages() {
    List<ObservedLog> taken = messages;
    messages = new ArrayList<>();
    messagesText = 0;
    return taken;
  }

  private Waiting logRequest(List<ObservedLog> logs) {
    URI url = options.logs;
    if (url == null) {
      throw new IllegalStateException("logs have no destination");
    }
    return otlp(
        "logs",
        url,
        new OtlpWriter()
            .write(ObservedLogs.otlp(logs, o -> ObservedProfiles.resource(o, host), SCOPE)));
  }

  /** Sends the profiles of a round. */
  void profiles(List<OwnerProfile> profiles) {
    URI url = options.profiles;
    if (url == null) {
      return;
    }
    if (String.valueOf(url.getPath()).endsWith(OTLP_PROFILES)) {
      ProfilesWriter request = ObservedProfiles.otlp(profiles, host);
      add(otlp("profiles", url, request.toByteArray()));
      return;
    }
    for (OwnerProfile p : profiles) {
      StringBuilder query = new StringBuilder();
      ObservedProfiles.resource(p.owner(), host)
          .forEach(
              (k, v) ->
                  query
                      .append(query.isEmpty() ? "" : "&")
                      .append(k)
                      .append('=')
                      .append(URLEncoder.encode(v, StandardCharsets.UTF_8)));
      add(
          new Waiting(
              "profiles",
              URI.create(url + (url.getQuery() == null ? "?" : "&") + query),
              Map.of("Content-Type", "application/octet-stream"),
              ObservedProfiles.pprof(p)));
    }
  }

  /** Sends spans. */
  void traces(TracesData batch) {
    URI url = options.traces;
    if (url == null) {
      return;
    }
    for (ResourceGroup<Span> group : batch.resources()) {
      host.forEach((k, v) -> group.resource().attributes().put(k, v));
    }
    add(otlp("traces", url, new OtlpWriter().write(batch)));
  }

  /** Sends metrics. */
  void metrics(MetricsData batch) {
    URI url = options.metrics;
    if (url != null) {
      add(otlp("metrics", url, new OtlpWriter().write(batch)));
    }
  }

  private static Waiting otlp(String signal, URI url, byte[] body) {
    return new Waiting(
        signal,
        url,
        Map.of("Content-Type", "application/x-protobuf", "Content-Encoding", "gzip"),
        Compression.GZIP.compress(body, 0, body.length, Compression.DEFAULT_LEVEL));
  }

  private void add(Waiting w) {
    lock.lock();
    try {
      queue.add(w);
      bytes += w.body.length;
      while (bytes > MOST_BYTES && queue.size() > 1) {
        Waiting oldest = queue.removeFirst();
        bytes -= oldest.body.length;
        count(oldest.signal, 1);
      }
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  private void count(String signal, int outcome) {
    lock.lock();
    try {
      counts.computeIfAbsent(signal, _ -> new long[3])[outcome]++;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    try {
      for (Waiting w = next(); w != null; w = next()) {
        if (send(w)) {
          pause = FIRST_PAUSE_MILLIS;
          continue;
        }
        lock.lock();
        try {
          queue.addFirst(w);
          bytes += w.body.length;
        } finally {
          lock.unlock();
        }
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable Waiting next() throws InterruptedException {
    List<ObservedLog> due;
    lock.lock();
    try {
      while (true) {
        if (stopped) {
          return null;
        }
        long age = System.nanoTime() - messagesSince;
        if (!messages.isEmpty() && age >= LINGER_NANOS) {
          due = takeMessages();
          break;
        }
        Waiting w = queue.poll();
        if (w != null) {
          bytes -= w.body.length;
          return w;
        }
        if (messages.isEmpty()) {
          news.await();
        } else {
          news.awaitNanos(LINGER_NANOS - age);
        }
      }
    } finally {
      lock.unlock();
    }
    return logRequest(due);
  }

  /** False if it is to be sent again. */
  private boolean send(Waiting w) throws InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>(w.headers);
    headers.putAll(options.headers);
    String problem;
    try (ClientResponse a =
        client.send(new ClientRequest("POST", w.url, headers, w.body, TIMEOUT, null))) {
      a.body().readNBytes(MAX_ANSWER);
      if (a.status() / 100 == 2) {
        count(w.signal, 0);
        return true;
      }
      problem = "HTTP status " + a.status();
      boolean later = a.status() == 429 || a.status() >= 500;
      if (!later) {
        count(w.signal, 2);
      }
      log(w, problem);
      return !later;
    } catch (IOException e) {
      log(w, String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void log(Waiting w, String problem) {
    failures.failure(
        Level.WARNING,
        "Telemetry could not be sent signal=" + w.signal + " url=" + w.url.getHost(),
        w.signal,
        new IOException(problem));
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    List<Metric> metrics = new ArrayList<>();
    lock.lock();
    try {
      counts.forEach(
          (signal, n) -> {
            metrics.add(new Metric(Labels.of("signal", signal, "outcome", "sent"), n[0]));
            metrics.add(new Metric(Labels.of("signal", signal, "outcome", "dropped"), n[1]));
            metrics.add(new Metric(Labels.of("signal", signal, "outcome", "refused"), n[2]));
          });
    } finally {
      lock.unlock();
    }
    to.accept(
        new MetricFamily(
            "tethys_observe_pushed_requests_total",
            MetricType.COUNTER,
            "Requests of metrics by OTLP, profiles, traces and logs, by outcome.",
            "",
            metrics));
  }

  @Override
  public void close() {
    lock.lock();
    try {
      stopped = true;
      news.signal();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
    clients.close();
  }
}
