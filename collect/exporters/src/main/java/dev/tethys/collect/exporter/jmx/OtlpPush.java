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
import org.jspecify.annotations.Nullable;

/**
 * Pushes what the page of metrics shows, as OTLP, again and again and once more at its end. What
 * cannot be sent is not kept, for the next push tells it too; whatever goes wrong, the next is
 * tried.
 */
final class OtlpPush implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(OtlpPush.class.getName());
  private static final String TOTAL = "_total";
  private static final String SECONDS = "seconds";
  private static final String AGENT = "Tethys-JMX-Exporter";

  /** How long the end waits for what is pushed last. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final OtlpPushConfig config;
  private final MetricsSource page;
  private final HttpClientFactory clients;
  private final InstantSource clock;
  private final Map<String, String> resource;
  private final Set<String> own;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean last;
  private @Nullable OtlpSender sender; // once it is needed; the thread's own
  private boolean failing;

  /**
   * Begins.
   *
   * @param page what is pushed
   * @param instance which exporter it is, where nobody says
   * @param own names of metrics about the exporter: its counters are called {@code _total}, as
   *     those that come of rules are not
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
    this.thread = Thread.ofVirtual().name("jmx-push").start(this::run);
  }

  OtlpPushConfig config() {
    return config;
  }

  private void run() {
    try {
      while (!end.await(config.interval().toNanos(), TimeUnit.NANOSECONDS)) {
        push();
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
      // However short the interval is: what took longer is pushed late, and whole.
      List<MetricFamily> shown = page.collect(new Probe(Params.parse(""), null));
      problem = send(new OtlpWriter().write(request(shown)));
    } catch (ProbeException e) {
      LOG.log(Level.DEBUG, "nothing is pushed: {0}", e.getMessage()); // such as in startDelay
      return;
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      problem = e.toString(); // one look's fault must not end what goes on for weeks
    }
    if (problem != null && !failing) {
      LOG.log(
          Level.WARNING,
          "metrics cannot be pushed to {0}, said once until they are: {1}",
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
    // Since when a bean counts is not known: counters begin at 0, which says so.
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

  /** A unit is no part of a name in OTLP, and is written in UCUM's notation. */
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

  /** What was refused of a request that was taken; null for nothing. */
  private @Nullable String send(byte[] request) throws IOException, InterruptedException {
    OtlpSender to = sender;
    if (to == null) {
      to = sender();
      sender = to;
    }
    return switch (to.send(request)) {
      case Outcome.Taken(long rejected, String why) when rejected > 0 ->
          rejected + " data points were refused: " + why;
      case Outcome.Taken t -> null;
      case Outcome.Later l -> l.problem();
      case Outcome.Never n -> n.problem();
    };
  }

  private OtlpSender sender() throws IOException {
    boolean secure = "https".equalsIgnoreCase(config.url().getScheme());
    OtlpSender.Manner manner =
        new OtlpSender.Manner(
            OtlpSignal.METRICS,
            secure ? config.tls() : null,
            config.gzip(),
            config.headers(),
            config.timeout());
    if (!config.grpc()) {
      return OtlpSender.http(manner, config.url(), clients);
    }
    int port = UrlHost.port(config.url());
    return OtlpSender.grpc(
        manner, UrlHost.bare(config.url()), port > 0 ? port : secure ? 443 : 80, false, AGENT);
  }

  /** Lets another begin in its place; waits for nothing. */
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
