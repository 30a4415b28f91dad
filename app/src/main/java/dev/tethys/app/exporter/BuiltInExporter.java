package dev.tethys.app.exporter;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.collect.exporter.ProbeRunner;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.collect.ExporterFlags;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.ReloadedWebConfig;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/** {@code tethys exporter NAME} for an {@link ExporterKind}: its flags, its port, its pages. */
public final class BuiltInExporter implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(BuiltInExporter.class.getName());

  /** Flags that only check the configuration. */
  private static final List<String> CHECKS = List.of("config.check", "dry-run");

  private final ExporterKind kind;
  private final HttpClientFactory clients;
  private final Exporter exporter;
  private final ProbeRunner runner;
  private final Registry about = new Registry();
  private final HttpListener listener;

  /**
   * Opens the exporter and listens.
   *
   * @throws UsageException if a flag is invalid
   * @throws ConfigException if a file is invalid
   * @throws IOException if a file cannot be read or an address not be taken
   */
  public BuiltInExporter(ExporterKind kind, List<String> args) throws IOException {
    this(kind, args, System::getenv);
  }

  /** Creates an exporter with a different environment. */
  BuiltInExporter(
      ExporterKind kind, List<String> args, Function<String, @Nullable String> environment)
      throws IOException {
    this(
        kind,
        ExporterFlags.withServer(kind).parse(arguments(kind, args, environment)),
        environment);
  }

  private BuiltInExporter(
      ExporterKind kind, FlagSet flags, Function<String, @Nullable String> environment)
      throws IOException {
    this.kind = kind;
    this.runner = new ProbeRunner(kind.name(), kind.maxConcurrentProbes());
    this.clients = new HttpClientFactory(kind.title().replace(' ', '-') + "/" + version());
    try {
      this.exporter = open(kind, flags, clients, environment);
    } catch (IOException | RuntimeException e) {
      clients.close();
      throw e;
    }
    if (kind.showsItsProcess(options(kind, flags))) {
      about.register(new ProcessCollector());
      about.register(Registry.process());
    }
    about.register(BuildInfo.current().metric(kind.program(), kind.program()));
    about.register(exporter.about());
    String prefix =
        flags.values().containsKey("web.external-url")
            ? PublicUrl.of(flags, "tethys exporter " + kind.name()).routePrefix()
            : "";
    HttpListenerOptions options =
        HttpListenerOptions.on(ListenFlags.addresses(flags)).withRoutePrefix(prefix);
    try {
      this.listener =
          ListenFlags.listening(
              "web.listen-address",
              () -> listen(options, flags.get("web.config.file"), routes(path(flags))));
    } catch (IOException | RuntimeException e) {
      exporter.close();
      clients.close();
      throw e;
    }
    exporter.start(this::metrics);
  }

  private HttpListener listen(HttpListenerOptions options, String webConfigFile, Routes routes)
      throws IOException {
    WebConfig.Source own = exporter.pagesTls();
    if (own == null) {
      Path file = webConfigFile.isEmpty() ? null : Path.of(webConfigFile);
      if (file != null && exporter.namesUsers() && !WebConfig.read(file).users().isEmpty()) {
        // A request has one login, which would have to be right for both.
        throw new UsageException(
            "tethys exporter "
                + kind.name()
                + ": basic_auth_users of --web.config.file and a user of the pages by "
                + kind.program()
                + "'s flags or file: only one of them can be set");
      }
      return HttpListener.start(options.withWebConfigFile(file), routes, null);
    }
    if (!webConfigFile.isEmpty()) {
      throw new UsageException(
          "tethys exporter "
              + kind.name()
              + ": --web.config.file and TLS of the pages by "
              + kind.program()
              + "'s flags or file: only one of them can be set");
    }
    return HttpListener.start(options, ReloadedWebConfig.following(own), routes, null);
  }

  private static String version() {
    return BuildInfo.current().version();
  }

  private static List<String> arguments(
      ExporterKind kind, List<String> args, Function<String, @Nullable String> environment) {
    try {
      return dashed(kind.arguments(args, environment));
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys exporter " + kind.name() + ": " + e.getMessage());
    }
  }

  /** Accepts flags with a single dash, as programs that use Go's flag package do. */
  private static List<String> dashed(List<String> args) {
    return args.stream()
        .map(a -> a.length() > 2 && a.startsWith("-") && a.charAt(1) != '-' ? "-" + a : a)
        .toList();
  }

  /** Runs until the process is stopped. */
  static int run(ExporterKind kind, List<String> args) {
    FlagSet flags = ExporterFlags.withServer(kind);
    List<String> own = arguments(kind, args, System::getenv);
    if (own.contains("--help") || own.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(own);
    HeapController.keep();
    LogSetup.install(flags);
    try {
      String printed = kind.printed(options(kind, flags));
      if (printed != null) {
        System.out.print(printed);
        return 0;
      }
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys exporter " + kind.name() + ": " + e.getMessage());
    } catch (ConfigException | IOException e) {
      LOG.log(Level.ERROR, "{0}: {1}", kind.title(), IoFailures.describe(e));
      return 1;
    }
    if (CHECKS.stream().anyMatch(f -> flags.values().containsKey(f) && flags.bool(f))) {
      return check(kind, flags);
    }
    try (BuiltInExporter e = new BuiltInExporter(kind, flags, System::getenv)) {
      Signal.handle(new Signal("HUP"), s -> e.reload());
      LOG.log(Level.INFO, "{0} listens on {1}", kind.title(), e.listener.addresses());
      Shutdown.await();
      return 0;
    } catch (ConfigException | IOException e) {
      LOG.log(Level.ERROR, "{0} does not start: {1}", kind.title(), IoFailures.describe(e));
      return 1;
    }
  }

  /** Reads the files, and says whether they are valid. */
  private static int check(ExporterKind kind, FlagSet flags) {
    try (HttpClientFactory clients = new HttpClientFactory(kind.title())) {
      open(kind, flags, clients, System::getenv).close();
      LOG.log(Level.INFO, "Config file is ok exiting...");
      return 0;
    } catch (IOException | ConfigException e) {
      LOG.log(Level.ERROR, "Error loading config: {0}", IoFailures.describe(e));
      return 1;
    }
  }

  /** Arguments of a command line; paths are relative to the process's folder. */
  private static ExporterFlags options(ExporterKind kind, FlagSet flags) {
    return new ExporterFlags(kind, flags, p -> p, null);
  }

  private static Exporter open(
      ExporterKind kind,
      FlagSet flags,
      HttpClientFactory clients,
      Function<String, @Nullable String> environment)
      throws IOException {
    try {
      return kind.open(
          options(kind, flags),
          new ExporterDependencies(clients, InstantSource.system(), environment));
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys exporter " + kind.name() + ": " + e.getMessage());
    }
  }

  /** Returns the listening port. */
  public int port() {
    return listener.port();
  }

  private void reload() {
    try {
      exporter.reload();
      LOG.log(Level.INFO, "Configuration reloaded");
    } catch (IOException | ConfigException e) {
      LOG.log(
          Level.ERROR,
          "Configuration reload failed, previous configuration stays active: {0}",
          IoFailures.describe(e));
    }
  }

  private String path(FlagSet flags) {
    String own = exporter.metricsPath();
    return own == null || flags.isGiven("web.telemetry-path")
        ? flags.get("web.telemetry-path")
        : own;
  }

  private Routes routes(String telemetryPath) {
    Map<String, HttpHandler> pages = new TreeMap<>();
    exporter.probes().forEach((path, source) -> pages.put(path, handler(source)));
    pages.putAll(exporter.pages(this::handler));
    pages.put(telemetryPath, handler(this::metrics));
    Routes routes = new Routes();
    pages.forEach((path, page) -> routes.get(path, exporter.guarded(page)));
    for (String path : List.of("/-/healthy", "/-/ready")) {
      if (!pages.containsKey(path)) {
        routes.get(path, exporter.guarded((q, r) -> r.send("Healthy")));
      }
    }
    if (exporter.reloads()) {
      HttpHandler reload =
          (q, r) -> {
            try {
              exporter.reload();
              r.send();
            } catch (IOException | ConfigException e) {
              throw new HttpException(500, "failed to reload config: " + IoFailures.describe(e));
            }
          };
      routes.post("/-/reload", exporter.guarded(reload)).put("/-/reload", exporter.guarded(reload));
    }
    if (!pages.containsKey("/")) {
      routes.get(
          "/",
          exporter.guarded(
              (q, r) ->
                  r.send(
                      "text/html; charset=utf-8",
                      landingPage(pages.keySet()).getBytes(StandardCharsets.UTF_8))));
    }
    return routes;
  }

  private String landingPage(Iterable<String> paths) {
    StringBuilder page = new StringBuilder("<!doctype html><title>");
    page.append(kind.title()).append("</title><h1>").append(kind.title());
    page.append("</h1><p>Tethys ").append(version()).append("</p><ul>");
    for (String p : paths) {
      if (!p.startsWith("/-/")) {
        page.append("<li><a href=\"").append(p).append("\">").append(p).append("</a></li>");
      }
    }
    return page.append("</ul>").toString();
  }

  private List<MetricFamily> metrics(Probe probe) throws IOException, InterruptedException {
    MetricsSource source = exporter.metrics();
    if (source == null) {
      return about.gather();
    }
    List<MetricFamily> all = new ArrayList<>(source.collect(probe));
    Registry both = new Registry();
    both.register((Collector) all::forEach);
    both.register(about);
    return both.gather();
  }

  private HttpHandler handler(MetricsSource source) {
    return (q, r) -> {
      List<MetricFamily> families;
      try {
        families = runner.ask(source, Probe.of(q.query(), q.header(Probe.TIMEOUT_HEADER)));
      } catch (ProbeException e) {
        throw new HttpException(e.status(), String.valueOf(e.getMessage()));
      } catch (IOException e) {
        throw new HttpException(500, IoFailures.describe(e));
      }
      MetricsPage.answer(q, r, families);
    };
  }

  @Override
  public void close() {
    listener.close();
    exporter.close();
    clients.close();
  }
}
