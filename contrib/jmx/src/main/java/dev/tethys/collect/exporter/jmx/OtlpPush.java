package dev.tethys.collect.exporter.jmx;

import dev.tethys.codec.otlp.FamiliesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.UrlHost;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.OtlpSender;
import dev.tethys.web.client.OtlpSender.Outcome;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Pushes the metrics page as OTLP, periodically and a last time at the end. A push that cannot be
 * sent is retried until the next push, which includes it; after any failure, the next is tried.
 */
final class OtlpPush implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(OtlpPush.class.getName());
  private static final String TOTAL = "_total";
  private static final String SECONDS = "seconds";
  private static final String AGENT = "Tethys-JMX-Exporter";

  /**
   * Number of attempts to send a request; attempts and delays are the same as in OpenTelemetry's
   * SDK.
   */
  private static final int ATTEMPTS = 5;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final double GROWTH = 1.5;
  private static final double JITTER = 0.2;

  /** Time at shutdown to wait for the last push. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final OtlpPushConfig config;
  private final MetricsSource page;
  private final HttpClientFactory clients;
  private final InstantSource clock;
  private final Map<String, String> resource;
  private final Set<String> own;
  private final RandomGenerator random = RandomGenerator.getDefault();
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean last;
  private @Nullable OtlpSender sender; // once it is needed; the thread's own
  private boolean failing;

  /**
   * Starts pushing.
   *
   * @param page page to push
   * @param instance name of the exporter by default
   * @param own names of metrics about the exporter: its counters have the suffix {@code _total},
   *     unlike those from rules
   */
  OtlpPush(
      OtlpPushConfig config,
      MetricsSource page,
      String instance,
      Set<String> own,
      HttpClientFactory clients,
      InstantSource clock) {
    this.config = config;
    this.page = page;
    this.own = own;
    this.clients = clients;
    this.clock = clock;
    this.resource = new TreeMap<>(Map.of("service.name", "jmx_exporter"));
    resource.put("service.instance.id", instance);
    resource.putAll(config.resource());
    this.thread =
        Thread.ofVirtual().name("jmx-push").start(SupervisedLoop.of("jmx_push", this::run));
  }

  OtlpPushConfig config() {
    return config;
  }

  private void run() {
    try {
      // From one start to the next; a push that took longer delays the following ones.
      long due = System.nanoTime() + config.interval().toNanos();
      while (!end.await(due - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        push();
        long now = System.nanoTime();
        due = now + Math.max(0, due + config.interval().toNanos() - now);
      }
      if (last) {
        push();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (sender != null) {
        sender.close();
      }
    }
  }

  private void push() throws InterruptedException {
    String problem;
    try {
      // Without the interval as a time limit: a slow page is pushed late, and complete.
      List<MetricFamily> shown = page.collect(new Probe(Params.parse(""), null));
      problem = send(new OtlpWriter().write(request(shown)));
    } catch (JmxExporter.TooEarlyException e) {
      LOG.log(Level.DEBUG, "nothing was pushed: {0}", e.getMessage());
      return;
    } catch (IOException | ProbeException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException | Error e) {
      problem = e.toString(); // a fault of one round must not end an exporter that runs for weeks
    }
    if (problem != null && !failing) {
      LOG.log(
          Level.WARNING,
          "metrics cannot be pushed to {0}, logged once until they can: {1}",
          place(),
          problem);
    }
    if (problem == null && failing) {
      LOG.log(Level.INFO, "metrics are pushed to {0} again", place());
    }
    failing = problem != null;
  }

  private String place() {
    int port = UrlHost.port(config.url());
    return UrlHost.of(config.url()) + (port < 0 ? "" : ":" + port);
  }

  private MetricsData request(List<MetricFamily> families) {
    // The start time of a bean's counters is unknown: it is 0, which means unknown.
    List<Metric> metrics =
        FamiliesToOtlp.convert(
            families.stream().map(OtlpPush::withUnit).toList(), 0, clock.millis());
    if (config.preserveNames()) {
      keepNames(families.stream().filter(f -> !f.metrics().isEmpty()).toList(), metrics);
    }
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.scope().setName("tethys");
    scope.items().addAll(metrics);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    resource.forEach((k, v) -> group.resource().attributes().put(k, v));
    group.scopes().add(scope);
    MetricsData data = new MetricsData();
    data.resources().add(group);
    return data;
  }

  /** Names as they were written; each family became one metric. */
  private void keepNames(List<MetricFamily> families, List<Metric> metrics) {
    for (int i = 0; i < metrics.size(); i++) {
      MetricFamily f = families.get(i);
      if (f.type() != MetricType.COUNTER || own.contains(f.name())) {
        metrics.get(i).setName(f.name());
      }
    }
  }

  /** Moves the unit from the name to the OTLP unit field, in UCUM notation. */
  private static MetricFamily withUnit(MetricFamily f) {
    if (!f.unit().equals(SECONDS)) {
      return f;
    }
    boolean counter = f.type() == MetricType.COUNTER && f.name().endsWith(TOTAL);
    String name = counter ? f.name().substring(0, f.name().length() - TOTAL.length()) : f.name();
    if (name.endsWith("_" + SECONDS)) {
      name = name.substring(0, name.length() - SECONDS.length() - 1);
    }
    return new MetricFamily(counter ? name + TOTAL : name, f.type(), f.help(), "s", f.metrics());
  }

  /**
   * Sends a request, with retries until the time of one push is over or the next one is due, which
   * has more recent data. Null if everything was accepted, otherwise the rejected part and the
   * reason.
   */
  private @Nullable String send(byte[] request) throws IOException, InterruptedException {
    OtlpSender to = sender;
    if (to == null) {
      to = sender();
      sender = to;
    }
    Duration most =
        config.timeout().compareTo(config.interval()) < 0 ? config.timeout() : config.interval();
    long until = System.nanoTime() + most.toNanos();
    Duration remaining = config.timeout();
    double pause = FIRST_PAUSE.toNanos();
    for (int attempt = 1; ; attempt++) {
      Outcome o;
      try {
        o = to.send(request, remaining);
      } catch (IOException e) {
        o = new Outcome.Later(String.valueOf(e.getMessage()));
      }
      switch (o) {
        case Outcome.Accepted(long rejected, String reason) -> {
          return rejected > 0 ? rejected + " data points were rejected: " + reason : null;
        }
        case Outcome.Never n -> {
          return n.problem();
        }
        case Outcome.Later l -> {
          long nanos = (long) (pause * (1 - JITTER + 2 * JITTER * random.nextDouble()));
          if (!config.retries()
              || attempt == ATTEMPTS
              || System.nanoTime() + nanos - until >= 0
              || end.await(nanos, TimeUnit.NANOSECONDS)) {
            return l.problem();
          }
        }
      }
      remaining = Duration.ofNanos(Math.max(1_000_000, until - System.nanoTime()));
      pause = Math.min(pause * GROWTH, LONGEST_PAUSE.toNanos());
    }
  }

  private OtlpSender sender() throws IOException {
    boolean secure = "https".equalsIgnoreCase(config.url().getScheme());
    OtlpSender.Options requestOptions =
        new OtlpSender.Options(
            OtlpSignal.METRICS,
            secure ? config.tls() : null,
            config.gzip(),
            config.headers(),
            config.timeout());
    if (!config.grpc()) {
      return OtlpSender.http(requestOptions, config.url(), clients);
    }
    int port = UrlHost.port(config.url());
    return OtlpSender.grpc(
        requestOptions,
        UrlHost.bare(config.url()),
        port > 0 ? port : secure ? 443 : 80,
        false,
        AGENT);
  }

  /** Allows another push to start instead, without waiting. */
  void replaced() {
    end.countDown();
  }

  @Override
  public void close() {
    last = true;
    end.countDown();
    try {
      if (!thread.join(LAST)) {
        thread.interrupt();
        thread.join(LAST);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
