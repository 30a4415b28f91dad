package dev.tethys.collect.exporter.jmx;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.exporter.CallersSubject;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlNode;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.WebConfig;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The running exporter: one JVM, queried on each request of its page. */
final class JmxExporter implements Exporter {
  private static final System.Logger LOG = JulLogger.of(JmxExporter.class.getName());
  private static final Duration TIME_LIMIT = Duration.ofMinutes(1);
  private static final Duration OFFSET = Duration.ofMillis(250);
  private static final int MAX_LOOKS = 16;

  /** An active file, with the state of earlier scrapes. */
  private record InForce(
      JmxConfig config, RemoteJvm jvm, JmxRules rules, @Nullable AuthenticatorPlugin plugin) {}

  /** Nothing has been scraped yet. */
  static final class TooEarlyException extends ProbeException {
    private static final long serialVersionUID = 1L;

    private TooEarlyException() {
      super(503, "waiting for startDelaySeconds");
    }
  }

  /** Scrape result. */
  private record Answer(List<MetricFamily> families, int cached, @Nullable Exception failure) {}

  private final @Nullable Path file;
  private final String hostPort;
  private final Function<String, @Nullable String> environment;
  private final InstantSource clock;
  private final PluginClasses classes;
  private final long startedAt;
  private final Semaphore places = new Semaphore(MAX_LOOKS);
  private final Registry about = new Registry();
  private final Registry.Counter reloads =
      about.counter(
          "jmx_config_reload_success_total",
          "Number of times configuration have successfully been reloaded.");
  private final Registry.Counter failedReloads =
      about.counter(
          "jmx_config_reload_failure_total",
          "Number of times configuration have failed to be reloaded.");
  private final Registry.Counter timeouts =
      about.counter("jmx_scrape_timeout_total", "Total number of scrape timeouts.");
  private final HttpClientFactory clients;
  private final String instance = UUID.randomUUID().toString();
  private volatile InForce inForce;
  private volatile List<MetricFamily> lastGood = List.of();

  @GuardedBy("this")
  private @Nullable MetricsSource page; // once it is started

  @GuardedBy("this")
  private @Nullable OtlpPush push;

  @GuardedBy("this")
  private @Nullable FileTime seen; // when what is in force was written

  @GuardedBy("this")
  private @Nullable String problem; // of what came after it

  JmxExporter(ExporterSettings settings, ExporterDependencies dependencies) throws IOException {
    this.hostPort = settings.get(JmxExporterKind.HOST_PORT);
    this.environment = dependencies.environment();
    this.clock = dependencies.clock();
    this.clients = dependencies.clients();
    this.startedAt = clock.millis();
    this.classes = new PluginClasses(settings.list(JmxExporterKind.PLUGINS));
    try {
      YamlNode inline = settings.inlineConfig();
      if (inline == null) {
        Path f = Path.of(settings.get(JmxExporterKind.FILE));
        this.file = f;
        this.seen = Files.getLastModifiedTime(f);
        this.inForce = inForce(JmxConfig.read(f, hostPort, environment), null);
      } else {
        this.file = null;
        this.inForce = inForce(JmxConfig.read(inline, hostPort, environment), null);
      }
      PagesTls tls = inForce.config.pagesTls();
      if (tls != null) {
        tls.check(); // later its stores are the concern of the server of the pages
      }
      RmiSockets.install();
    } catch (IOException | RuntimeException e) {
      classes.close();
      throw e;
    }
  }

  private InForce inForce(JmxConfig c, @Nullable AuthenticatorPlugin before) {
    PageLogin.Plugin named = c.login() == null ? null : c.login().plugin();
    AuthenticatorPlugin plugin =
        named == null
            ? null
            : before != null && named.same(before.settings())
                ? before
                : new AuthenticatorPlugin(named, classes);
    return new InForce(c, new RemoteJvm(c, environment), new JmxRules(c), plugin);
  }

  @Override
  public MetricsSource metrics() {
    return p -> {
      reloadIfChanged(true);
      InForce now = inForce;
      if (clock.millis() - startedAt < now.config.startDelay().toMillis()) {
        throw new TooEarlyException();
      }
      return collectValues(now, p);
    };
  }

  private List<MetricFamily> collectValues(InForce now, Probe p) throws InterruptedException {
    long start = System.nanoTime();
    Duration limit = p.limit(OFFSET, TIME_LIMIT);
    Duration longest = now.config.longestRequest();
    if (longest != null && longest.compareTo(limit) < 0) {
      limit = longest;
    }
    Duration own = now.config.scrapeTimeout();
    boolean isOwn = own != null && own.compareTo(limit) < 0;
    Answer a = answer(now, isOwn && own != null ? own : limit);
    List<MetricFamily> families = a.families;
    if (a.failure instanceof TimeoutException && isOwn) {
      timeouts.inc();
      families = lastGood;
    } else if (a.failure == null) {
      lastGood = a.families;
    }
    if (a.failure != null) {
      LOG.log(Level.ERROR, "JMX scrape of {0} failed: {1}", now.config.url(), reason(a.failure));
    }
    List<MetricFamily> all = new ArrayList<>(families);
    gauge(
        all,
        "jmx_scrape_duration_seconds",
        "Time this JMX scrape took, in seconds.",
        "seconds",
        (System.nanoTime() - start) / 1e9);
    gauge(
        all, "jmx_scrape_error", "Non-zero if this scrape failed.", "", a.failure == null ? 0 : 1);
    gauge(
        all,
        "jmx_scrape_cached_beans",
        "Number of beans with their matching rule cached",
        "",
        a.cached);
    return all;
  }

  private static void gauge(
      List<MetricFamily> to, String name, String help, String unit, double value) {
    to.removeIf(f -> f.name().equals(name)); // beans that are called so
    to.add(
        new MetricFamily(
            name,
            MetricType.GAUGE,
            help,
            unit,
            List.of(new MetricFamily.Metric(dev.tethys.model.Labels.EMPTY, value))));
  }

  private static String reason(Exception e) {
    return e instanceof TimeoutException ? "timed out" : e.toString();
  }

  /** Samples collected until the time limit. */
  private Answer answer(InForce now, Duration limit) throws InterruptedException {
    if (!places.tryAcquire()) {
      throw new ProbeException(
          503, MAX_LOOKS + " looks at " + now.config.url() + " have not ended yet");
    }
    SampleFamilies samples = new SampleFamilies();
    JmxRules.Reading reading = now.rules.read();
    CompletableFuture<Integer> done = new CompletableFuture<>();
    Thread looking =
        Thread.ofVirtual()
            .name("jmx-look")
            .unstarted(
                CallersSubject.propagate(
                    () -> {
                      try {
                        now.jvm.read(
                            v -> {
                              MatchedValue m = reading.match(v);
                              if (m != null) {
                                samples.add(m);
                              }
                            });
                        reading.end();
                        done.complete(reading.cached());
                      } catch (IOException | RuntimeException | Error e) {
                        done.completeExceptionally(e);
                      } finally {
                        places.release();
                      }
                    }));
    looking.start();
    try {
      int cached = done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(samples.close(), cached, null);
    } catch (TimeoutException e) {
      looking.interrupt();
      return new Answer(samples.close(), 0, e);
    } catch (ExecutionException e) {
      return new Answer(
          samples.close(),
          0,
          e.getCause() instanceof Exception cause ? cause : new IOException(e.getCause()));
    } catch (InterruptedException e) {
      looking.interrupt();
      throw e;
    }
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of();
  }

  @Override
  public Collector about() {
    return about;
  }

  @Override
  public @Nullable String metricsPath() {
    String path = inForce.config.metricsPath();
    return path.isEmpty() ? null : path;
  }

  @Override
  public WebConfig.@Nullable Source pagesTls() {
    if (inForce.config.pagesTls() == null) {
      return null;
    }
    return new WebConfig.Source() {
      @Override
      public WebConfig read() {
        reloadIfChanged(false);
        PagesTls tls = Objects.requireNonNull(inForce.config.pagesTls()); // as reload() sees to
        return tls.pages(file);
      }

      /**
       * Returns the version of the configuration: a file that could not be applied may become valid
       * when a referenced file changes.
       */
      @Override
      public Object version() {
        reloadIfChanged(false);
        return inForce;
      }
    };
  }

  @Override
  public boolean namesUsers() {
    return inForce.config.login() != null;
  }

  @Override
  public boolean admits(HttpRequest request) {
    PageLogin login = inForce.config.login();
    PageCredentials user = login == null ? null : login.user();
    return user == null || user.sent(request);
  }

  @Override
  public HttpHandler guarded(HttpHandler page) {
    HttpHandler byUser = Exporter.super.guarded(page);
    return (q, r) -> {
      // The current file names the users: a user that was just added could not log in otherwise.
      reloadIfChanged(false);
      AuthenticatorPlugin plugin = inForce.plugin;
      (plugin == null ? byUser : plugin.guarded(page)).handle(q, r);
    };
  }

  /**
   * Reloads a changed file; a failure is retried each time, since a referenced file may not exist
   * yet.
   *
   * @param scraped whether a failure counts: once for each scrape, as in the original, however
   *     often the file is checked for it
   */
  private synchronized void reloadIfChanged(boolean scraped) {
    Path f = file;
    if (f == null) {
      return;
    }
    try {
      FileTime t = Files.getLastModifiedTime(f);
      if (!t.equals(seen)) {
        if (scraped) {
          reload();
        } else {
          takeOver();
        }
        seen = t;
      }
      problem = null;
    } catch (IOException | ConfigException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(problem)) {
        LOG.log(
            Level.ERROR,
            "Configuration reload failed, previous configuration stays active: {0}",
            message);
      }
      problem = message;
    }
  }

  @Override
  public synchronized void start(MetricsSource shown) {
    page = shown;
    startPush();
  }

  /** Starts pushing as configured in the active file. */
  private synchronized void startPush() {
    OtlpPush now = push;
    MetricsSource shown = page;
    OtlpPushConfig config = inForce.config.push();
    if (shown == null || Objects.equals(now == null ? null : now.config(), config)) {
      return;
    }
    if (now != null) {
      now.replaced();
    }
    push =
        config == null ? null : new OtlpPush(config, shown, instance, ownNames(), clients, clock);
  }

  private Set<String> ownNames() {
    Set<String> names = new HashSet<>();
    about.gather().forEach(f -> names.add(f.name()));
    return names;
  }

  @Override
  public void reload() throws IOException {
    try {
      takeOver();
    } catch (IOException | ConfigException e) {
      failedReloads.inc();
      throw e;
    }
  }

  private void takeOver() throws IOException {
    Path f = file;
    if (f == null) {
      return;
    }
    JmxConfig next = JmxConfig.read(f, hostPort, environment);
    if (next.pagesTls() == null != (inForce.config.pagesTls() == null)) {
      throw new ConfigException(
          f.toString(),
          "httpServer.ssl: TLS of the pages is fixed at start-up; restart the exporter");
    }
    inForce = inForce(next, inForce.plugin);
    reloads.inc();
    startPush();
  }

  @Override
  public boolean reloads() {
    return file != null;
  }

  @Override
  public void close() {
    OtlpPush now;
    synchronized (this) {
      now = push;
      push = null;
      page = null;
    }
    if (now != null) {
      now.close();
    }
    try {
      classes.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a jar of a plugin does not close", e);
    }
  }
}
