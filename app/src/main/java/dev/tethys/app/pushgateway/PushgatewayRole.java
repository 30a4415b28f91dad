package dev.tethys.app.pushgateway;

import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.collect.push.PushApi;
import dev.tethys.collect.push.PushGroups;
import dev.tethys.collect.push.PushOptions;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.CarrierReserve;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.ExternalUrl;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import dev.tethys.web.TrustedOrigins;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code tethys pushgateway}: drop-in replacement for Prometheus's Pushgateway, on its default
 * port.
 */
public final class PushgatewayRole {
  private static final System.Logger LOG = JulLogger.of(PushgatewayRole.class.getName());

  private PushgatewayRole() {}

  private static FlagSet flags() {
    return new FlagSet(
        "tethys pushgateway",
        "Accepts metrics pushed by short-lived jobs and exposes them for scraping.",
        List.of(
            Flag.of(
                "web.listen-address",
                Flag.Kind.LIST,
                ":9091",
                "Address to listen on. Can be repeated."),
            ListenFlags.SYSTEMD,
            Flag.of(
                "web.config.file",
                Flag.Kind.STRING,
                "",
                "File that enables TLS or authentication."),
            Flag.of(
                "web.telemetry-path",
                Flag.Kind.STRING,
                "/metrics",
                "Path under which to expose metrics."),
            Flag.of(
                "web.external-url",
                Flag.Kind.STRING,
                "",
                "The URL under which the gateway is externally reachable."),
            Flag.of(
                "web.route-prefix",
                Flag.Kind.STRING,
                "",
                "Prefix for the internal routes of web endpoints. Defaults to the path of"
                    + " --web.external-url."),
            Flag.of(
                "web.enable-lifecycle",
                Flag.Kind.BOOLEAN,
                "false",
                "Enable shutdown via HTTP request."),
            Flag.of(
                "web.enable-admin-api",
                Flag.Kind.BOOLEAN,
                "false",
                "Enable API endpoints for admin control actions."),
            Flag.of(
                "persistence.file",
                Flag.Kind.STRING,
                "",
                "File to persist metrics. If empty, metrics are only kept in memory."),
            Flag.of(
                "persistence.interval",
                Flag.Kind.DURATION,
                "5m",
                "Read, without effect: a push is saved before it is answered."),
            Flag.of(
                "push.disable-consistency-check",
                Flag.Kind.BOOLEAN,
                "false",
                "Do not check consistency of pushed metrics. DANGEROUS."),
            Flag.of(
                "push.enable-utf8-names",
                Flag.Kind.BOOLEAN,
                "false",
                "Allow UTF-8 characters in metric and label names."),
            Flag.of(
                "push.group-ttl",
                Flag.Kind.DURATION,
                "0s",
                "Time after its last push at which a group is removed; 0 for never. Not in"
                    + " Prometheus's Pushgateway."),
            Flag.of(
                "push.sum-counters",
                Flag.Kind.BOOLEAN,
                "false",
                "POST adds counters, histograms and summaries to those of the group; PUT replaces"
                    + " as ever. Not in Prometheus's Pushgateway."),
            Flag.of(
                "log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."),
            Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json.")));
  }

  /** Runs until the process is stopped; the exit code of the process. */
  public static int run(List<String> args) {
    FlagSet flags = flags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    HeapController.keep();
    CarrierReserve.keep();
    LogSetup.install(flags);
    ExternalUrl external = PublicUrl.of(flags, "tethys pushgateway");
    BuildInfo b = BuildInfo.current();
    LOG.log(Level.INFO, "starting tethys pushgateway, version {0}", b.version());
    Registry own = new Registry();
    own.register(new ProcessCollector());
    own.register(Registry.process());
    own.register(b.metric("pushgateway", "pushgateway"));
    String file = flags.get("persistence.file");
    PushOptions options =
        new PushOptions(
            file.isEmpty() ? null : Path.of(file),
            !flags.bool("push.disable-consistency-check"),
            flags.bool("push.enable-utf8-names") ? NameScheme.UTF8 : NameScheme.LEGACY,
            Duration.ofMillis(flags.millis("push.group-ttl")),
            flags.bool("push.sum-counters"));
    try (PushGroups groups = new PushGroups(options, InstantSource.system(), own)) {
      PushApi api = new PushApi(groups, own);
      String web = flags.get("web.config.file");
      HttpListenerOptions listening =
          HttpListenerOptions.on(ListenFlags.addresses(flags))
              .withWebConfigFile(web.isEmpty() ? null : Path.of(web))
              .withRoutePrefix(external.routePrefix())
              .withOrigins(new TrustedOrigins(external.url(), null));
      try (HttpListener listener =
          ListenFlags.listening(
              "web.listen-address",
              () ->
                  HttpListener.start(
                      listening, routes(api, flags, b, external.url().getPath()), null))) {
        LOG.log(Level.INFO, "pushgateway listens on {0}", listener.addresses());
        Shutdown.await();
        LOG.log(Level.INFO, "stopping");
      }
      return 0;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", IoFailures.describe(e));
      return 1;
    }
  }

  private static Routes routes(PushApi api, FlagSet flags, BuildInfo b, @Nullable String prefix) {
    Routes routes = new Routes();
    api.pushes(routes, "");
    TreeMap<String, String> build = new TreeMap<>();
    build.put("version", b.version());
    build.put("revision", b.revision());
    build.put("branch", "");
    build.put("buildDate", "");
    build.put("buildUser", "");
    build.put("goVersion", "java" + b.java());
    api.state(
        routes,
        "",
        new TreeMap<>(flags.values()),
        build,
        Instant.now(),
        flags.bool("web.enable-admin-api"));
    new WebUi(prefix == null ? "" : prefix, "Pushgateway", "pushgateway")
        .with(WebUi.Part.PUSHGATEWAY)
        .at("/status")
        .routes(routes);
    boolean lifecycle = flags.bool("web.enable-lifecycle");
    dev.tethys.web.HttpHandler quit =
        (q, r) -> {
          if (!lifecycle) {
            r.status(403).send("Lifecycle API is not enabled.");
            return;
          }
          r.send("Requesting termination... Goodbye!");
          Shutdown.request();
        };
    return routes
        .get("/-/healthy", (q, r) -> r.send("OK"))
        .get("/-/ready", (q, r) -> r.send("OK"))
        .put("/-/quit", quit)
        .post("/-/quit", quit)
        .get("/-/quit", (q, r) -> r.status(405).send("Only POST or PUT requests allowed."))
        .get(flags.get("web.telemetry-path"), (q, r) -> MetricsPage.answer(q, r, api.gather()));
  }
}
