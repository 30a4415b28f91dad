package dev.tethys.collect.exporter.blackbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.GoQuote;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Modules, probers and the history of a blackbox exporter. */
final class BlackboxExporter implements Exporter {
  private static final System.Logger LOG = JulLogger.of(BlackboxExporter.class.getName());
  private static final String DEFAULT_MODULE = "http_2xx";

  private final @Nullable Path file;
  private final Duration offset;
  private final Level level;
  private final long lookMillis;
  private final InstantSource clock;
  private final ProbeHistory history;
  private final Map<String, Prober> probers;
  private final Registry about = new Registry();
  private final Registry.Counter unknown;
  private volatile BlackboxConfig config;
  private volatile boolean succeeded = true;
  private volatile double succeededAt;

  @GuardedBy("this")
  private @Nullable FileTime seen;

  @GuardedBy("this")
  private long checkedAt;

  BlackboxExporter(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    YamlNode inline = settings.inlineConfig();
    this.file = inline == null ? Path.of(settings.get("config.file")) : null;
    this.config =
        inline == null
            ? BlackboxConfig.read(Objects.requireNonNull(file))
            : BlackboxConfig.read(inline);
    double seconds = settings.number("timeout-offset");
    if (!(seconds >= 0 && seconds < 3600)) {
      throw new IllegalArgumentException("--timeout-offset=" + seconds + ": expected 0 to 3600");
    }
    this.offset = Duration.ofMillis((long) (seconds * 1e3));
    this.level =
        switch (settings.get("log.prober")) {
          case "debug" -> Level.DEBUG;
          case "info" -> Level.INFO;
          case "warn" -> Level.WARNING;
          case "error" -> Level.ERROR;
          default ->
              throw new IllegalArgumentException(
                  "--log.prober=" + settings.get("log.prober") + ": debug, info, warn or error");
        };
    long limit = settings.integer("history.limit");
    if (limit < 0 || limit > 10_000) {
      throw new IllegalArgumentException("--history.limit=" + limit + ": expected 0 to 10000");
    }
    this.lookMillis =
        settings.bool("config.enable-auto-reload")
            ? Math.max(1, settings.integer("config.auto-reload-interval")) * 1000
            : 0;
    this.history = new ProbeHistory((int) limit);
    this.clock = dependencies.clock();
    this.succeededAt = clock.millis() / 1e3;
    this.seen = modified();
    this.checkedAt = clock.millis();
    String userAgent = "Blackbox-Exporter/0.28.0";
    this.probers =
        Map.of(
            "http",
            new HttpProber(dependencies.clients(), userAgent),
            "tcp",
            TcpProber::tcp,
            "unix",
            TcpProber::unix,
            "dns",
            new DnsProber(),
            "icmp",
            new IcmpProber(),
            "grpc",
            new GrpcProber(userAgent),
            "websocket",
            new WebsocketProber(dependencies.clients()));
    this.unknown =
        about.counter(
            "blackbox_module_unknown_total", "Count of unknown modules requested by probes");
    about.gauge(
        "blackbox_exporter_config_last_reload_successful",
        "Blackbox exporter config loaded successfully.",
        () -> succeeded ? 1 : 0);
    about.gauge(
        "blackbox_exporter_config_last_reload_success_timestamp_seconds",
        "Timestamp of the last successful configuration reload.",
        () -> succeededAt);
    warn();
  }

  private void warn() {
    config
        .modules()
        .forEach(
            (name, m) -> {
              if (!m.missing().isEmpty()) {
                LOG.log(Level.WARNING, "module {0} is unavailable: {1}", name, m.missing());
              }
            });
  }

  @Override
  public @Nullable MetricsSource metrics() {
    return null;
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of("/probe", p -> probe(p).families());
  }

  @Override
  public Collector about() {
    return about;
  }

  /** A completed probe: its metrics, and its log for users. */
  private record ProbeResult(List<MetricFamily> families, String log) {}

  private ProbeResult probe(Probe probe) throws InterruptedException {
    checkForChanges();
    String name = probe.params().first("module", "");
    name = name.isEmpty() ? DEFAULT_MODULE : name;
    Module module = config.modules().get(name);
    if (module == null) {
      unknown.inc();
      throw new ProbeException(400, "Unknown module " + GoQuote.quote(name));
    }
    if (!module.missing().isEmpty()) {
      throw new ProbeException(501, "module " + name + " is unavailable: " + module.missing());
    }
    String target = probe.params().first("target", "");
    if (target.isEmpty()) {
      throw new ProbeException(400, "Target parameter is missing");
    }
    module = forHost(module, probe.params().first("hostname", ""));
    Duration timeout = timeout(probe, module);
    ProbeAttempt attempt = new ProbeAttempt(name, target, timeout, level);
    attempt.debug(
        "Beginning probe", "probe", module.prober(), "timeout_seconds", timeout.toMillis() / 1e3);
    long started = System.nanoTime();
    boolean success;
    try {
      success = Objects.requireNonNull(probers.get(module.prober())).probe(target, module, attempt);
    } catch (IOException e) {
      success = attempt.fails("Error probing", "err", e.getMessage());
    }
    double seconds = ProbeAttempt.seconds(System.nanoTime() - started);
    attempt
        .found
        .gauge("probe_success", "Displays whether or not the probe was a success", success ? 1 : 0)
        .gauge(
            "probe_duration_seconds",
            "Returns how long the probe took to complete in seconds",
            seconds)
        .gauge(
            "probe_timeout_seconds",
            "Returns how long the probe timeout is in seconds",
            timeout.toNanos() / 1e9);
    if (success) {
      attempt.debug("Probe succeeded", "duration_seconds", seconds);
    } else {
      attempt.fails("Probe failed", "duration_seconds", seconds);
    }
    List<MetricFamily> families = attempt.found.families();
    String log = log(attempt, families, module);
    history.add(name, ProbeAttempt.withoutPassword(target), log, success);
    return new ProbeResult(families, log);
  }

  private Module forHost(Module module, String hostname) {
    if (hostname.isEmpty()) {
      return module;
    }
    if (module.prober().equals("http")) {
      String host = module.http().host();
      if (host != null && !host.equals(hostname)) {
        throw new ProbeException(
            400,
            "host header defined both in module configuration ("
                + host
                + ") and with URL-parameter 'hostname' ("
                + hostname
                + ")");
      }
      return module.withHttp(module.http().withHost(hostname));
    }
    return module.prober().equals("tcp")
        ? module.withTcp(module.tcp().withServerName(hostname))
        : module;
  }

  /** Returns the probe timeout: the smaller of the module's and the client's, minus the offset. */
  private Duration timeout(Probe probe, Module module) {
    Duration asked = probe.scrapeTimeout();
    Duration most = (asked == null ? Probe.LONGEST : asked).minus(offset);
    Duration own = module.timeout();
    if (most.isNegative() || most.isZero()) {
      // No time is left, so only the module's setting can apply.
      return own.isZero() ? Duration.ofMillis(1) : own;
    }
    return !own.isZero() && own.compareTo(most) < 0 ? own : most;
  }

  private static String log(ProbeAttempt attempt, List<MetricFamily> families, Module module) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(ExpositionFormat.negotiate("", ExpositionFormat.ALL), text);
    families.forEach(w::write);
    w.finish();
    return "Logs for the probe:\n"
        + attempt.logged()
        + "\n\n\nMetrics that would have been returned:\n"
        + text.toString(StandardCharsets.UTF_8)
        + "\n\n\nModule configuration:\n"
        + YamlWriter.writeRedacted(module.tree());
  }

  @Override
  public Map<String, HttpHandler> pages(Answers answers) {
    Map<String, HttpHandler> pages = new LinkedHashMap<>();
    HttpHandler metrics = answers.of(p -> probe(p).families());
    pages.put(
        "/probe",
        (q, r) -> {
          if (!"true".equals(q.query().first("debug"))) {
            metrics.handle(q, r);
            return;
          }
          try {
            Probe p = Probe.of(q.query(), q.header(Probe.TIMEOUT_HEADER));
            plain(r, probe(p).log());
          } catch (ProbeException e) {
            throw new HttpException(e.status(), String.valueOf(e.getMessage()));
          }
        });
    pages.put("/config", (q, r) -> plain(r, config.toYaml()));
    pages.put("/logs", this::logs);
    pages.put(
        "/", (q, r) -> r.send("text/html; charset=utf-8", page().getBytes(StandardCharsets.UTF_8)));
    return pages;
  }

  private static void plain(HttpResponse r, String text) throws IOException {
    r.send("text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  private void logs(HttpRequest q, HttpResponse r) throws IOException {
    Params p = q.query();
    String target = p.first("target", "");
    long id = -1;
    try {
      id = Long.parseLong(p.first("id", ""));
    } catch (NumberFormatException e) {
      // then a target must be there
    }
    if (id >= 0 && !target.isEmpty()) {
      throw new HttpException(400, "Probe id and target can't be defined at the same time");
    }
    if (id < 0 && target.isEmpty()) {
      throw new HttpException(400, "Probe id or target must be defined as http query parameters");
    }
    String module = p.first("module", "");
    if (target.isEmpty() && !module.isEmpty()) {
      throw new HttpException(
          400, "Probe module filter only works in conjunction with target parameter");
    }
    ProbeHistory.Entry e = target.isEmpty() ? history.find(id) : history.find(target, module);
    if (e == null) {
      throw new HttpException(
          404, target.isEmpty() ? "Probe id not found" : "Probe target not found");
    }
    plain(r, e.log());
  }

  private String page() {
    StringBuilder sb = new StringBuilder();
    sb.append("<!doctype html><title>Blackbox Exporter</title><h1>Blackbox Exporter</h1>");
    sb.append("<p><a href=\"probe?target=prometheus.io&amp;module=http_2xx\">Probe prometheus.io");
    sb.append(" for http_2xx</a></p><p><a href=\"probe?target=prometheus.io&amp;module=http_2xx");
    sb.append("&amp;debug=true\">Debug probe prometheus.io for http_2xx</a></p>");
    sb.append("<p><a href=\"metrics\">Metrics</a></p><p><a href=\"config\">Configuration</a></p>");
    sb.append("<h2>Recent Probes</h2><table border=\"1\">");
    sb.append("<tr><th>Module</th><th>Target</th><th>Result</th><th>Debug</th></tr>");
    for (ProbeHistory.Entry e : history.list()) {
      sb.append("<tr><td>").append(escaped(e.module())).append("</td><td>");
      sb.append(escaped(e.target())).append("</td><td>");
      sb.append(e.success() ? "Success" : "<strong>Failure</strong>");
      sb.append("</td><td><a href=\"logs?id=").append(e.id()).append("\">Logs</a></td></tr>");
    }
    return sb.append("</table>").toString();
  }

  private static String escaped(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  @Override
  public boolean reloads() {
    return file != null;
  }

  @Override
  public void reload() throws IOException {
    Path f = file;
    if (f == null) {
      return;
    }
    boolean done = false;
    try {
      config = BlackboxConfig.read(f);
      succeededAt = clock.millis() / 1e3;
      done = true;
      warn();
    } finally {
      succeeded = done;
    }
  }

  private @Nullable FileTime modified() {
    try {
      return file == null ? null : Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return null;
    }
  }

  private void checkForChanges() {
    if (lookMillis == 0) {
      return;
    }
    synchronized (this) {
      if (clock.millis() - checkedAt < lookMillis) {
        return;
      }
      checkedAt = clock.millis();
      FileTime now = modified();
      if (Objects.equals(now, seen)) {
        return;
      }
      seen = now;
    }
    try {
      reload();
    } catch (IOException | RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "Configuration reload failed, previous configuration stays active: {0}",
          e.getMessage());
    }
  }

  @Override
  public void close() {}
}
