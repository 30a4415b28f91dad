package dev.tethys.app.nodeagent;

import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.collect.observe.MachineIdentity;
import dev.tethys.collect.observe.NodeObserver;
import dev.tethys.collect.observe.ObserverParts;
import dev.tethys.collect.observe.ObserverSinks;
import dev.tethys.collect.observe.SignalState;
import dev.tethys.collect.observe.export.ObservedMetrics;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.push.MetricsPush;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.ListenAddress;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Role {@code tethys node-agent}: the features of Coroot's node agent in docs/node-agent.md. */
public final class NodeAgentRole {
  private static final System.Logger LOG = JulLogger.of(NodeAgentRole.class.getName());

  private NodeAgentRole() {}

  /** Runs until the process is stopped; the exit code of the process. */
  public static int run(List<String> args) {
    return run(args, System.getenv(), System.out);
  }

  static int run(List<String> args, Map<String, String> environment, PrintStream out) {
    FlagSet flags = NodeAgentFlags.flags();
    if (args.contains("--help") || args.contains("-h")) {
      out.print(flags.help());
      return 0;
    }
    List<String> operands = new ArrayList<>();
    flags.parse(NodeAgentFlags.withEnvironment(args, environment, flags), operands);
    if (!operands.isEmpty() && !operands.equals(List.of("check"))) {
      throw new UsageException(
          NodeAgentFlags.COMMAND
              + ": unexpected argument '"
              + String.join(" ", operands)
              + "'; only 'check' is known");
    }
    if (!operands.isEmpty()) {
      try (NodeObserver observer =
          NodeObserver.start(
              NodeAgentFlags.options(flags),
              ObserverSinks.NONE,
              logs(flags, ObservedLog.Sink.NONE))) {
        out.print(table(observer.signals()));
      }
      return 0;
    }
    return serve(flags);
  }

  private static int serve(FlagSet flags) {
    String address = NodeAgentFlags.listen(flags);
    MetricsPush.Options push = NodeAgentFlags.push(flags);
    TelemetryPush.Options telemetry = NodeAgentFlags.telemetry(flags);
    try {
      ListenAddress.check(address);
    } catch (IllegalArgumentException e) {
      throw new UsageException(NodeAgentFlags.COMMAND + ": --listen: " + e.getMessage());
    }
    HeapController.keepAgent();
    LogSetup.install(flags);
    ThreadScheduling.giveWayWhole();
    String web = flags.get("web.config.file");
    HttpListenerOptions listening =
        HttpListenerOptions.on(address).withWebConfigFile(web.isEmpty() ? null : Path.of(web));
    MachineIdentity identity = MachineIdentity.read(Path.of("/"));
    Map<String, String> host = identity.resource(Path.of("/proc"));
    try (TelemetryPush sender = telemetry == null ? null : new TelemetryPush(telemetry, host);
        NodeObserver observer =
            NodeObserver.start(
                NodeAgentFlags.options(flags),
                sender == null ? ObserverSinks.NONE : sender.sinks(),
                logs(flags, sender == null ? ObservedLog.Sink.NONE : sender.logs()))) {
      Registry registry = registry(observer);
      if (sender != null) {
        registry.register(sender);
      }
      Labels machine = identity.labels();
      Routes routes =
          new Routes()
              .get(
                  "/metrics",
                  (q, r) ->
                      MetricsPage.answer(
                          q, r, MachineIdentity.labelled(registry.gather(), machine)))
              .get("/-/healthy", (q, r) -> r.send("OK"))
              .get("/-/ready", (q, r) -> r.send("OK"));
      try (HttpListener listener =
              ListenFlags.listening("listen", () -> HttpListener.start(listening, routes, null));
          OtlpMetricsPush _ =
              sender == null || telemetry == null || telemetry.metrics() == null
                  ? null
                  : new OtlpMetricsPush(
                      new ObservedMetrics(registry, identity, host, TelemetryPush.SCOPE),
                      sender,
                      Duration.ofMillis(flags.millis("scrape-interval")));
          MetricsPush _ =
              push == null
                  ? null
                  : new MetricsPush(
                      push,
                      NodeAgentFlags.job(identity, NodeAgentFlags.page(address, listener.port())),
                      registry)) {
        ListenFlags.warnIfOpen(
            LOG,
            flags,
            NodeAgentFlags.LISTEN,
            listener.addresses(),
            "processes, containers, connections and requests of this machine");
        LOG.log(Level.INFO, "Node agent started address={0}", listener.addresses());
        ObserverParts.logSignals(LOG, observer.signals());
        Shutdown.await();
      }
      return 0;
    } catch (IOException e) {
      LOG.log(
          Level.ERROR,
          "Node agent could not be started address={0}: {1}",
          address,
          IoFailures.describe(e));
      return 1;
    }
  }

  private static NodeObserver.@Nullable Logs logs(FlagSet flags, ObservedLog.Sink sink) {
    return flags.bool("disable-log-parsing") ? null : new NodeObserver.Logs(null, sink);
  }

  private static Registry registry(NodeObserver observer) {
    Registry r = ObserverParts.registry(observer, BuildInfo.current().version());
    r.register(new ProcessCollector());
    r.register(Registry.process());
    r.register(BuildInfo.current().metric("tethys", "the node agent"));
    return r;
  }

  /** Signals as a table for a terminal. */
  static String table(List<SignalState> signals) {
    StringBuilder sb = new StringBuilder();
    String row = "%-16s %-8s %-10s %s%n";
    sb.append(String.format(row, "SIGNAL", "STATE", "SOURCE", "REASON"));
    for (SignalState s : signals) {
      sb.append(
          String.format(
              row,
              s.signal(),
              s.level().text(),
              s.source(),
              s.reason().isEmpty() ? "-" : s.reason()));
    }
    return sb.toString();
  }
}
