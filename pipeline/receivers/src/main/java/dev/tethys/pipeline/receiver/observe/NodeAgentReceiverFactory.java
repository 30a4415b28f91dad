package dev.tethys.pipeline.receiver.observe;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.observe.ObserverOptions;
import dev.tethys.collect.observe.connection.IpPrefix;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.container.ContainerOptions;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code node_agent} receivers, with the settings of the node agent's flags. */
public final class NodeAgentReceiverFactory
    implements ReceiverFactory<NodeAgentReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param pace collection interval of metrics
   * @param readsLogs whether logs are read, even if only to count them
   * @param shareOfTraces share of traces that are kept, from 0 to 1
   */
  public record Settings(
      IntervalCollector.Schedule pace,
      ObserverOptions options,
      boolean readsLogs,
      double shareOfTraces) {}

  private static final int MAX_DOMAINS = 100_000;

  private static final Section SECTION =
      new Section("node_agent", "Observes the processes of this machine by eBPF.");
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofSeconds(15));
  private static final Key<Boolean> NO_PROGRAMS =
      SECTION.key(
          "disable_ebpf",
          Type.BOOL,
          false,
          "Load no eBPF programs: connections are polled, requests are not seen.");
  private static final Key<Boolean> NO_REQUESTS =
      SECTION.key(
          "disable_l7_tracing",
          Type.BOOL,
          false,
          "Do not capture payloads: no requests, no spans.");
  private static final Key<Boolean> NO_TLS =
      SECTION.key(
          "disable_tls_tracing",
          Type.BOOL,
          false,
          "Do not probe TLS libraries: encrypted requests are not seen.");
  private static final Key<Boolean> JAVA_TLS =
      SECTION.key(
          "enable_java_tls",
          Type.BOOL,
          false,
          "Load an agent into Java programs that use TLS, to see their requests.");
  private static final Key<Boolean> NO_LOGS =
      SECTION.key("disable_log_parsing", Type.BOOL, false, "Do not read logs of containers.");
  private static final Key<List<Pattern>> ALLOW =
      SECTION.key(
          "container_allowlist",
          patterns(),
          List.of(),
          "Regular expressions of container ids; at least one must match.");
  private static final Key<List<Pattern>> DENY =
      SECTION.key(
          "container_denylist",
          patterns(),
          List.of(),
          "Regular expressions of excluded container ids.");
  private static final Key<Duration> MIN_AGE =
      SECTION.key(
          "min_container_age",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Minimum age of containers whose metrics are exported; their connections and requests are exported at once; 0s for no minimum.");
  private static final Key<Boolean> SKIP_SYSTEM =
      SECTION.key(
          "skip_systemd_system_services",
          Type.BOOL,
          true,
          "Leave out units that every machine has.");
  private static final Key<String> CGROUPS =
      SECTION.key(
          "cgroupfs_root", Type.STRING, "/sys/fs/cgroup", "Mount point of the cgroup hierarchies.");
  private static final Key<List<IpPrefix>> NETWORKS =
      SECTION.optional(
          "track_public_networks",
          Type.list(Type.of("network", null, n -> n.parse(IpPrefix::parse))),
          "Public networks whose connections are counted; 0.0.0.0/0 by default.");
  private static final Key<PortRanges> EPHEMERAL =
      SECTION.optional(
          "ephemeral_port_range",
          Type.of("ranges of ports", null, NodeAgentReceiverFactory::ports),
          "Client ports: destinations and listening sockets with these ports are excluded, "
              + "except 50051. 32768-60999 by default.");
  private static final Key<Long> DOMAINS =
      SECTION.key(
          "max_fqdns_per_container",
          Type.INT,
          (long) ObserverOptions.MAX_DOMAINS,
          "Names of domains in metrics of a container; further ones are ~other.");
  private static final Key<Double> SAMPLING =
      SECTION.key(
          "traces_sampling",
          Type.FLOAT,
          1.0,
          "Share of traces to keep, from 0 to 1; a traceparent's decision takes precedence.");

  private final String version;

  /**
   * @param version version of this program
   */
  public NodeAgentReceiverFactory(String version) {
    this.version = version;
  }

  private static Type<List<Pattern>> patterns() {
    return Type.list(
        Type.of(
            "regular expression",
            null,
            n ->
                n.parse(
                    text -> {
                      try {
                        return Pattern.compile(text);
                      } catch (PatternSyntaxException e) {
                        throw new IllegalArgumentException(e.getDescription(), e);
                      }
                    })));
  }

  private static PortRanges ports(YamlNode n) {
    return n.parse(
        text -> {
          PortRanges ranges = PortRanges.parse(text);
          if (ranges == null) {
            throw new IllegalArgumentException(
                "'" + text + "' is not a port range such as 32768-60999, or a list of such ranges");
          }
          return ranges;
        });
  }

  @Override
  public String type() {
    return "node_agent";
  }

  @Override
  public String about() {
    return "Observes the processes of this machine by eBPF: metrics of containers, connections and"
        + " requests, spans, logs, CPU profiles.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES, Signal.PROFILES);
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(NodeAgentReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    List<IpPrefix> networks = o.find(NETWORKS);
    PortRanges ephemeral = o.find(EPHEMERAL);
    double share = o.get(SAMPLING);
    if (share < 0 || share > 1) {
      throw o.error(SAMPLING, "traces_sampling is " + share + "; it must be from 0 to 1");
    }
    long domains = o.get(DOMAINS);
    if (domains < 0 || domains > MAX_DOMAINS) {
      throw o.error(
          DOMAINS,
          "max_fqdns_per_container is " + domains + "; it must be from 0 to " + MAX_DOMAINS);
    }
    return new Settings(
        PACE.read(o),
        new ObserverOptions(
            new ContainerOptions(
                Path.of("/proc"),
                Path.of(o.get(CGROUPS)),
                Path.of("/"),
                o.get(MIN_AGE),
                o.get(ALLOW),
                o.get(DENY),
                o.get(SKIP_SYSTEM)),
            networks == null ? List.of(IpPrefix.parse("0.0.0.0/0")) : networks,
            ephemeral == null ? PortRanges.LINUX : ephemeral,
            !o.get(NO_PROGRAMS),
            !o.get(NO_REQUESTS),
            !o.get(NO_TLS),
            o.get(JAVA_TLS),
            (int) domains),
        !o.get(NO_LOGS),
        share);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return new NodeAgentReceiver(s, version, outputs, context.name(), context.metrics());
  }
}
