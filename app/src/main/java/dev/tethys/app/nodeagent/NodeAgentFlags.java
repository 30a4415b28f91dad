package dev.tethys.app.nodeagent;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.ObserverOptions;
import dev.tethys.collect.observe.connection.IpPrefix;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.container.ContainerOptions;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.EnvironmentFlags;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Flags of the node agent, named as in Coroot's node agent; each is also read from the environment
 * variable with its name in upper case: {@code --track-public-network} from {@code
 * TRACK_PUBLIC_NETWORK}.
 */
final class NodeAgentFlags {
  static final String COMMAND = "tethys node-agent";

  /** Variables that set a flag of Tethys alone would be too common for the plain name. */
  private static final List<String> OWN =
      List.of("disable-ebpf", "disable-tls-tracing", "web.config.file");

  private static final String OTLP = "otlp-endpoint";

  /** Variables that OpenTelemetry's specification names. */
  private static final Map<String, String> OPENTELEMETRY =
      Map.of(OTLP, "OTEL_EXPORTER_OTLP_ENDPOINT", "otlp-headers", "OTEL_EXPORTER_OTLP_HEADERS");

  /** Address of the page when metrics are sent. */
  static final String LISTEN = "listen";

  private static final String PUSHING = "127.0.0.1:10300";

  private static final long IN_MEMORY = 64L << 20;
  private static final int MAX_DOMAINS = 100_000;

  private NodeAgentFlags() {}

  static FlagSet flags() {
    List<Flag> f = new ArrayList<>();
    f.add(
        Flag.of(
            "listen",
            Flag.Kind.STRING,
            "0.0.0.0:80",
            "Address of /metrics and of the checks. Without --web.config.file the default is"
                + " 127.0.0.1:80."));
    f.add(
        Flag.of(
            "web.config.file",
            Flag.Kind.STRING,
            "",
            "File that enables TLS or authentication. Not in Coroot's node agent."));
    f.add(
        Flag.of(
            "disable-ebpf",
            Flag.Kind.BOOLEAN,
            "false",
            "Load no eBPF programs: connections are polled, requests are not seen. Not in Coroot's"
                + " node agent."));
    f.add(
        Flag.of(
            "disable-l7-tracing",
            Flag.Kind.BOOLEAN,
            "false",
            "Do not capture payloads: no requests are counted."));
    f.add(
        Flag.of(
            "disable-tls-tracing",
            Flag.Kind.BOOLEAN,
            "false",
            "Do not probe the TLS libraries of processes: encrypted requests are not seen. Not in"
                + " Coroot's node agent."));
    f.add(
        Flag.of(
            "track-public-network",
            Flag.Kind.LIST,
            "0.0.0.0/0",
            "Public network whose connections are counted. Can be repeated."));
    f.add(
        Flag.of(
            "ephemeral-port-range",
            Flag.Kind.STRING,
            "32768-60999",
            "Ports of clients: destinations and listening sockets among them are left out, except"
                + " 50051."));
    pushed(f);
    f.add(
        Flag.of(
            "disable-log-parsing", Flag.Kind.BOOLEAN, "false", "Do not read logs of containers."));
    refused(
        f,
        "disable-json-log-parsing",
        Flag.Kind.BOOLEAN,
        "false",
        "levels and messages are always looked for in lines of JSON");
    f.add(absent("disable-gpu-monitoring", "GPUs are not read yet, so this has no effect."));
    f.add(
        absent(
            "disable-pinger",
            "Latencies are those of TCP connections; nothing is pinged, so this has no effect."));
    f.add(
        Flag.of(
            "container-allowlist",
            Flag.Kind.LIST,
            "",
            "Regular expression of container ids. At least one must match. Can be repeated."));
    f.add(
        Flag.of(
            "container-denylist",
            Flag.Kind.LIST,
            "",
            "Regular expression of container ids to exclude. Can be repeated."));
    f.add(
        Flag.of(
            "min-container-age",
            Flag.Kind.DURATION,
            "30s",
            "Minimum age of containers whose metrics are exported; their connections and requests are exported at once; 0s for no minimum."));
    f.add(
        Flag.of(
            "cgroupfs-root",
            Flag.Kind.STRING,
            "/sys/fs/cgroup",
            "Mount point of the cgroup hierarchies."));
    f.add(
        Flag.of(
            "skip-systemd-system-services",
            Flag.Kind.BOOLEAN,
            "true",
            "If true, units that every machine has, such as those of systemd itself, are left"
                + " out."));
    f.add(
        Flag.of(
            "enable-java-tls",
            Flag.Kind.BOOLEAN,
            "false",
            "Load an agent into Java programs that use TLS, to see their requests. It is taken out"
                + " again at the end."));
    String java = "Java is sampled as other programs are";
    refused(f, "enable-java-async-profiler", Flag.Kind.BOOLEAN, "false", java);
    refused(f, "java-async-profiler-delay", Flag.Kind.STRING, "30s", java);
    refused(f, "go-heap-profiler", Flag.Kind.STRING, "enabled", "only CPU is profiled");
    refused(f, "profiles-prune-fraction", Flag.Kind.STRING, "0.0025", "all stacks are sent");
    refused(
        f, "instrumentation-delay", Flag.Kind.STRING, "30s", "new processes are probed at once");
    String paths = "requests have no label for their path";
    refused(f, "exclude-http-requests-by-path", Flag.Kind.LIST, "", paths);
    String cloud = "metadata of clouds is not read yet";
    for (String name :
        List.of(
            "provider", "region", "availability-zone", "instance-type", "instance-life-cycle")) {
      refused(f, name, Flag.Kind.STRING, "", cloud);
    }
    refused(
        f,
        "log-patterns-per-container",
        Flag.Kind.INTEGER,
        "256",
        "the number of patterns is fixed");
    refused(
        f,
        "log-per-second",
        Flag.Kind.STRING,
        "10",
        "repeated log lines are limited by their text");
    refused(
        f, "log-burst", Flag.Kind.INTEGER, "100", "repeated log lines are limited by their text");
    f.add(
        Flag.of(
            "max-fqdns-per-container",
            Flag.Kind.INTEGER,
            String.valueOf(ObserverOptions.MAX_DOMAINS),
            "Names of domains in metrics of a container; further ones are ~other."));
    refused(f, "max-label-length", Flag.Kind.INTEGER, "4096", "no label is that long");
    f.add(Flag.of("log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."));
    f.add(Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json."));
    return new FlagSet(
        COMMAND,
        "[check]",
        "Observes the processes of this machine by eBPF and serves metrics with the names of"
            + " Coroot's node agent. With 'check' it prints what can be observed here, and ends.",
        f);
  }

  private static void pushed(List<Flag> f) {
    f.add(
        Flag.of(
            "metrics-endpoint",
            Flag.Kind.STRING,
            "",
            "URL to which metrics are sent by remote write. The default of --listen is then "
                + PUSHING
                + "."));
    f.add(
        Flag.of(
            "collector-endpoint",
            Flag.Kind.STRING,
            "",
            "URL of Coroot or of a server: metrics are sent to its path /v1/metrics by remote write,"
                + " other signals to the paths below."));
    f.add(
        Flag.of(
            "profiles-endpoint",
            Flag.Kind.STRING,
            "",
            "URL to which CPU profiles are sent: by OTLP when its path ends with"
                + " /v1development/profiles, else as pprof, as Coroot takes it. The default with"
                + " --collector-endpoint is its path /v1/profiles."));
    f.add(
        Flag.of(
            "traces-endpoint",
            Flag.Kind.STRING,
            "",
            "URL to which a span for each request is sent by OTLP over HTTP. The default with"
                + " --collector-endpoint is its path /v1/traces."));
    f.add(
        Flag.of(
            "logs-endpoint",
            Flag.Kind.STRING,
            "",
            "URL to which the messages of containers' logs are sent by OTLP over HTTP. The default"
                + " with --collector-endpoint is its path /v1/logs."));
    f.add(
        Flag.of(
            "traces-sampling",
            Flag.Kind.STRING,
            "1.0",
            "Share of the traces that are sent, from 0 to 1; those of a traceparent follow it."));
    f.add(
        Flag.of(
            OTLP,
            Flag.Kind.STRING,
            "",
            "URL of a receiver of OTLP over HTTP: metrics, traces, logs and profiles are sent to"
                + " its paths. Also OTEL_EXPORTER_OTLP_ENDPOINT. Not in Coroot's node agent."));
    f.add(
        Flag.of(
            "otlp-headers",
            Flag.Kind.STRING,
            "",
            "Headers of traces, logs, profiles and metrics by OTLP: NAME=VALUE, with commas between"
                + " several and values encoded as in URLs. Also OTEL_EXPORTER_OTLP_HEADERS. Not in"
                + " Coroot's node agent."));
    f.add(
        Flag.of(
            "api-key",
            Flag.Kind.STRING,
            "",
            "Value of the header X-Api-Key of outgoing requests."));
    f.add(Flag.of("scrape-interval", Flag.Kind.DURATION, "15s", "Interval between sent metrics."));
    f.add(
        Flag.of(
            "insecure-skip-verify",
            Flag.Kind.BOOLEAN,
            "false",
            "Do not verify the certificate of the endpoint."));
    f.add(Flag.of("ca-file", Flag.Kind.STRING, "", "Certificates to trust for the endpoint."));
    f.add(
        Flag.of(
            "wal-dir",
            Flag.Kind.STRING,
            "",
            "Folder of the queue of metrics; without it the queue is in memory, at most 64 MB."
                + " Coroot's default is /tmp/coroot-node-agent."));
    f.add(
        Flag.of(
            "max-spool-size",
            Flag.Kind.SIZE,
            "500MB",
            "Maximum bytes in --wal-dir; the oldest are dropped first."));
  }

  /** Address of the page: Coroot's defaults without and with an endpoint. */
  static String listen(FlagSet flags) {
    ListenFlags.keepToLoopback(flags, LISTEN);
    boolean pushes = !endpoint(flags).isEmpty() || !flags.get(OTLP).isEmpty();
    return flags.isGiven("listen") || !pushes ? flags.get("listen") : PUSHING;
  }

  /** Returns the address of the page as seen from this machine. */
  static String page(String listen, int port) {
    String host = listen.substring(0, Math.max(0, listen.lastIndexOf(':')));
    boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
    return (everywhere ? "127.0.0.1" : host) + ":" + port;
  }

  /** Returns the remote write URL; empty if none. */
  static String endpoint(FlagSet flags) {
    String metrics = flags.get("metrics-endpoint");
    String base = flags.get("collector-endpoint");
    return metrics.isEmpty() && !base.isEmpty()
        ? base.replaceAll("/+$", "") + "/v1/metrics"
        : metrics;
  }

  /** Destinations of profiles, traces and logs; null without one. */
  static TelemetryPush.@Nullable Options telemetry(FlagSet flags) {
    if (!flags.get(OTLP).isEmpty() && !flags.get("collector-endpoint").isEmpty()) {
      throw new UsageException(
          COMMAND
              + ": --otlp-endpoint (OTEL_EXPORTER_OTLP_ENDPOINT) and --collector-endpoint name two"
              + " receivers of the same telemetry; remove one of them");
    }
    boolean otlp = !flags.get(OTLP).isEmpty();
    URI profiles =
        url(flags, "profiles-endpoint", otlp ? TelemetryPush.OTLP_PROFILES : "/v1/profiles");
    URI metrics = otlp && endpoint(flags).isEmpty() ? url(flags, OTLP, "/v1/metrics") : null;
    URI traces = url(flags, "traces-endpoint", "/v1/traces");
    boolean read = !flags.bool("disable-log-parsing");
    if (!read && flags.isGiven("logs-endpoint")) {
      throw new UsageException(
          COMMAND
              + ": --logs-endpoint is given with --disable-log-parsing, by which no log is read;"
              + " remove one of them");
    }
    URI logs = read ? url(flags, "logs-endpoint", "/v1/logs") : null;
    double share = share(flags.get("traces-sampling"));
    return profiles == null && traces == null && logs == null && metrics == null
        ? null
        : new TelemetryPush.Options(
            profiles,
            traces,
            logs,
            metrics,
            share,
            headers(flags),
            flags.bool("insecure-skip-verify"),
            flags.get("ca-file"));
  }

  private static Map<String, String> headers(FlagSet flags) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String pair : flags.get("otlp-headers").split(",")) {
      int equals = pair.indexOf('=');
      if (pair.isBlank()) {
        continue;
      }
      if (equals < 1) {
        throw new UsageException(
            COMMAND + ": --otlp-headers: '" + pair.strip() + "' is not NAME=VALUE");
      }
      // As in OpenTelemetry's variable, values are encoded as in URLs.
      String value = pair.substring(equals + 1).strip().replace("+", "%2B");
      out.put(pair.substring(0, equals).strip(), URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    if (!flags.get("api-key").isEmpty()) {
      out.put("X-Api-Key", flags.get("api-key"));
    }
    return out;
  }

  private static double share(String text) {
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // the same message as for numbers beyond
    }
    throw new UsageException(
        COMMAND + ": --traces-sampling is '" + text + "'; it must be a number from 0 to 1");
  }

  /**
   * Returns the URL of a flag, or the path below the endpoint of all signals; null without both.
   */
  private static @Nullable URI url(FlagSet flags, String name, String path) {
    String text = name.equals(OTLP) ? "" : flags.get(name);
    String base = flags.get(OTLP).isEmpty() ? flags.get("collector-endpoint") : flags.get(OTLP);
    if (text.isEmpty() && base.isEmpty()) {
      return null;
    }
    String url = text.isEmpty() ? base.replaceAll("/+$", "") + path : text;
    String all = flags.get(OTLP).isEmpty() ? "collector-endpoint" : OTLP;
    try {
      URI u = new URI(url);
      if (u.getHost() != null
          && ("http".equalsIgnoreCase(u.getScheme()) || "https".equalsIgnoreCase(u.getScheme()))) {
        return u;
      }
    } catch (URISyntaxException e) {
      // the same message as for other texts
    }
    throw new UsageException(
        COMMAND
            + ": --"
            + (text.isEmpty() ? all : name)
            + ": '"
            + (text.isEmpty() ? base : text)
            + "' is not a URL of http or https");
  }

  /** Returns the remote write settings; null without an endpoint. */
  static MetricsPush.@Nullable Options push(FlagSet flags) {
    String endpoint = endpoint(flags);
    if (endpoint.isEmpty()) {
      return null;
    }
    if (!flags.get("web.config.file").isEmpty()) {
      throw new UsageException(
          COMMAND
              + ": --web.config.file cannot be used with --metrics-endpoint; the page listens on"
              + " loopback then");
    }
    String folder = flags.get("wal-dir");
    return new MetricsPush.Options(
        endpoint,
        flags.get("api-key"),
        flags.millis("scrape-interval"),
        flags.bool("insecure-skip-verify"),
        flags.get("ca-file"),
        folder.isEmpty() ? null : Path.of(folder),
        folder.isEmpty() ? IN_MEMORY : flags.bytes("max-spool-size"));
  }

  /** Job that reads the page. */
  static MetricsPush.Job job(MachineIdentity machine, String page) {
    return new MetricsPush.Job(
        "coroot-node-agent",
        machine.instance(),
        page,
        "tethys-node-agent/" + BuildInfo.current().version());
  }

  private static Flag absent(String name, String help) {
    return Flag.of(name, Flag.Kind.BOOLEAN, "false", help);
  }

  private static void refused(
      List<Flag> to, String name, Flag.Kind kind, String defaultValue, String reason) {
    to.add(Flag.refused(name, kind, defaultValue, reason));
  }

  /** Arguments preceded by arguments from the environment, except for flags that are set. */
  static List<String> withEnvironment(
      List<String> args, Map<String, String> environment, FlagSet known) {
    return EnvironmentFlags.arguments(
        args,
        environment,
        known,
        name ->
            OPENTELEMETRY.getOrDefault(
                name, (OWN.contains(name) ? "TETHYS_" : "") + EnvironmentFlags.variable(name)));
  }

  static ObserverOptions options(FlagSet flags) {
    List<IpPrefix> networks = new ArrayList<>();
    for (String text : flags.list("track-public-network")) {
      try {
        networks.add(IpPrefix.parse(text));
      } catch (IllegalArgumentException e) {
        throw new UsageException(COMMAND + ": --track-public-network: " + e.getMessage());
      }
    }
    return new ObserverOptions(
        new ContainerOptions(
            Path.of("/proc"),
            Path.of(flags.get("cgroupfs-root")),
            Path.of("/"),
            Duration.ofMillis(flags.millis("min-container-age")),
            patterns(flags, "container-allowlist"),
            patterns(flags, "container-denylist"),
            flags.bool("skip-systemd-system-services")),
        networks,
        ephemeral(flags.get("ephemeral-port-range")),
        !flags.bool("disable-ebpf"),
        !flags.bool("disable-l7-tracing"),
        !flags.bool("disable-tls-tracing"),
        flags.bool("enable-java-tls"),
        (int) Math.clamp(flags.integer("max-fqdns-per-container"), 0, MAX_DOMAINS));
  }

  private static List<Pattern> patterns(FlagSet flags, String flag) {
    List<Pattern> out = new ArrayList<>();
    for (String text : flags.list(flag)) {
      try {
        out.add(Pattern.compile(text));
      } catch (PatternSyntaxException e) {
        throw new UsageException(COMMAND + ": --" + flag + "=" + text + ": " + e.getDescription());
      }
    }
    return out;
  }

  private static PortRanges ephemeral(String text) {
    PortRanges ranges = PortRanges.parse(text);
    if (ranges == null) {
      throw new UsageException(
          COMMAND
              + ": --ephemeral-port-range is '"
              + text
              + "'; it must be two ports, such as 32768-60999, or several such ranges");
    }
    return ranges;
  }
}
