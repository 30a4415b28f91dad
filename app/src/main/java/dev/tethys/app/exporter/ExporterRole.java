package dev.tethys.app.exporter;

import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.host.NodeExporterFlags;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.config.Contributions;
import dev.tethys.config.NameSuggestion;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * {@code tethys exporter NAME}: drop-in replacement for the named exporter, on its default port.
 */
public final class ExporterRole {
  private static final System.Logger LOG = JulLogger.of(ExporterRole.class.getName());

  private static final String PROCESSORS = "runtime.gomaxprocs";

  private ExporterRole() {}

  /** Runs until the process is stopped. */
  public static int run(List<String> args) {
    if (args.isEmpty() || args.getFirst().startsWith("-")) {
      System.out.print(usage());
      return args.isEmpty() || !args.getFirst().equals("--help") ? 2 : 0;
    }
    String name = args.getFirst();
    List<String> rest = args.subList(1, args.size());
    if (name.equals("node")) {
      return node(rest);
    }
    ExporterKind kind = ExporterKinds.find(ExporterKinds.ALL, name);
    if (kind != null) {
      return BuiltInExporter.run(kind, rest);
    }
    Role role = Role.find(command(name));
    if (role != null) {
      return role.run(rest);
    }
    throw new UsageException("tethys exporter: " + missing(name));
  }

  private static String command(String name) {
    return "exporter " + name;
  }

  private static String missing(String name) {
    String kind = ExporterKinds.refusal(name);
    String contributed =
        kind == null ? Contributions.refusal(Contributions.COMMAND, command(name)) : kind;
    if (contributed != null) {
      return contributed;
    }
    List<String> roles =
        Stream.of("node", "statsd", "graphite")
            .filter(n -> n.equals("node") || Role.find(command(n)) != null)
            .toList();
    return "there is no exporter "
        + name
        + " yet"
        + NameSuggestion.question(
            name,
            Stream.concat(roles.stream(), ExporterKinds.ALL.stream().map(ExporterKind::name))
                .toList())
        + "; expected one of: "
        + String.join(", ", roles)
        + ", "
        + ExporterKinds.names(ExporterKinds.ALL);
  }

  private static String usage() {
    StringBuilder sb =
        new StringBuilder(
            """
            usage: tethys exporter NAME [<flags>]

            Exporters:
              node       :9100  Shows this machine as node_exporter does.
              statsd     :9102  Shows what StatsD's senders send to port 9125 as statsd_exporter does.
              graphite   :9108  Shows what Graphite's senders send to port 9109 as graphite_exporter does.
            """);
    for (ExporterKind k : ExporterKinds.ALL) {
      sb.append(String.format(Locale.ROOT, "  %-10s %-6s %s%n", k.name(), k.address(), k.about()));
    }
    return sb.append("\ntethys exporter NAME --help lists its flags.\n").toString();
  }

  private static FlagSet nodeFlags() {
    List<Flag> flags = new ArrayList<>();
    flags.add(
        Flag.of(
            "web.listen-address",
            Flag.Kind.LIST,
            ":9100",
            "Address to listen on. Can be repeated."));
    flags.add(Flag.of("web.telemetry-path", Flag.Kind.STRING, "/metrics", "Path of the metrics."));
    flags.add(
        Flag.of(
            "web.config.file", Flag.Kind.STRING, "", "File that enables TLS or authentication."));
    flags.add(
        Flag.of(
            "web.max-requests",
            Flag.Kind.INTEGER,
            "40",
            "Maximum number of concurrent scrapes; 0 for no limit."));
    flags.add(
        Flag.of(
            "web.disable-exporter-metrics",
            Flag.Kind.BOOLEAN,
            "false",
            "Leave out the metrics about the exporter itself."));
    flags.add(ListenFlags.SYSTEMD);
    flags.add(
        Flag.of(
            PROCESSORS,
            Flag.Kind.INTEGER,
            "1",
            "Processors for Go's runtime: means nothing here, where -XX:ActiveProcessorCount in"
                + " TETHYS_JAVA_OPTS says it."));
    flags.add(
        Flag.of("log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."));
    flags.add(Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json."));
    for (NodeExporterFlags.Flag f : NodeExporterOptions.flags()) {
      boolean onOff = f.value().equals("true") || f.value().equals("false");
      flags.add(Flag.of(f.name(), onOff ? Flag.Kind.BOOLEAN : Flag.Kind.LIST, f.value(), f.help()));
    }
    return new FlagSet(
        "tethys exporter node", "Serves the metrics of this machine as node_exporter does.", flags);
  }

  private static int node(List<String> args) {
    FlagSet flags = nodeFlags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    List<NodeExporterOptions.Setting> settings = new ArrayList<>();
    List<String> own = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String a = args.get(i);
      String name = a.startsWith("--") ? a.substring(2).split("=", 2)[0] : "";
      if (!name.isEmpty() && NodeExporterOptions.isFlag(name)) {
        int eq = a.indexOf('=');
        String value = eq < 0 ? null : a.substring(eq + 1);
        if (value == null && i + 1 < args.size() && !args.get(i + 1).startsWith("--")) {
          value = args.get(++i);
        }
        settings.add(new NodeExporterOptions.Setting(name, value));
      } else {
        own.add(a);
      }
    }
    flags.parse(own);
    HeapController.keep();
    LogSetup.install(flags);
    if (flags.isGiven(PROCESSORS)) {
      LOG.log(
          Level.WARNING,
          "--{0} applies to Go''s runtime and has no effect here; TETHYS_JAVA_OPTS can set"
              + " -XX:ActiveProcessorCount",
          PROCESSORS);
    }
    HostCollectors collectors;
    try {
      collectors = new HostCollectors(NodeExporterOptions.parse(settings), InstantSource.system());
    } catch (IllegalArgumentException e) {
      throw new UsageException("tethys exporter node: " + e.getMessage());
    }
    Registry about = new Registry();
    if (!flags.bool("web.disable-exporter-metrics")) {
      about.register(new dev.tethys.collect.host.linux.ProcessCollector());
    }
    about.register(BuildInfo.current().metric("node_exporter", "the exporter"));
    int limit = (int) flags.integer("web.max-requests");
    Semaphore turns = new Semaphore(limit <= 0 ? Integer.MAX_VALUE : limit);
    String path = flags.get("web.telemetry-path");
    Routes routes =
        new Routes()
            .get(path, (q, r) -> scrape(q, r, collectors, about, turns))
            .get("/-/healthy", (q, r) -> r.send("OK"));
    if (!path.equals("/")) {
      routes.get(
          "/",
          (q, r) ->
              r.send(
                  "text/html; charset=utf-8",
                  ("<!doctype html><title>Node exporter</title><h1>Node exporter</h1><p>Tethys "
                          + BuildInfo.current().version()
                          + "</p><p><a href=\""
                          + path
                          + "\">Metrics</a></p>")
                      .getBytes(StandardCharsets.UTF_8)));
    }
    String web = flags.get("web.config.file");
    HttpListenerOptions options =
        HttpListenerOptions.on(ListenFlags.addresses(flags))
            .withWebConfigFile(web.isEmpty() ? null : Path.of(web));
    try (HttpListener listener =
        ListenFlags.listening(
            "web.listen-address", () -> HttpListener.start(options, routes, null))) {
      LOG.log(
          Level.INFO,
          "node exporter listens on {0} with {1} collectors",
          listener.addresses(),
          collectors.names().size());
      Shutdown.await();
      return 0;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Exporter not started: {0}", IoFailures.describe(e));
      return 1;
    }
  }

  private static void scrape(
      HttpRequest q, HttpResponse r, HostCollectors collectors, Registry about, Semaphore turns)
      throws IOException {
    if (!turns.tryAcquire()) {
      throw new HttpException(503, "Limit of concurrent requests reached, try again later.");
    }
    try {
      Collector chosen;
      try {
        chosen = collectors.filtered(q.query().all("collect[]"), q.query().all("exclude[]"));
      } catch (IllegalArgumentException e) {
        throw new HttpException(400, String.valueOf(e.getMessage()));
      }
      Registry all = new Registry();
      all.register(chosen);
      all.register(about);
      MetricsPage.answer(q, r, all.gather());
    } finally {
      turns.release();
    }
  }
}
