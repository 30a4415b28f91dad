package dev.tethys.app;

import dev.tethys.app.alertmanager.AlertmanagerRole;
import dev.tethys.app.clymene.ClymeneAgentRole;
import dev.tethys.app.clymene.ClymeneLogsRole;
import dev.tethys.app.clymene.GatewayRole;
import dev.tethys.app.clymene.IngesterRole;
import dev.tethys.app.clymene.MigrateClymene;
import dev.tethys.app.collector.CollectorRole;
import dev.tethys.app.exporter.ExporterRole;
import dev.tethys.app.pushgateway.PushgatewayRole;
import dev.tethys.app.server.AgentRole;
import dev.tethys.app.server.AgentWarmUp;
import dev.tethys.app.server.ServerRole;
import dev.tethys.app.server.WarmUp;
import dev.tethys.config.ConfigException;
import dev.tethys.demo.DemoRole;
import dev.tethys.logagent.LogsRole;
import dev.tethys.logagent.LogsWarmUp;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.tools.ToolRole;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The command line: picks a role by its first word. Exit codes are Prometheus's: 0, 1 failed, 2
 * usage.
 */
public final class Main {
  /** Roles of the whole that are still to come, so that their names are answered honestly. */
  private static final Map<String, String> TO_COME =
      new TreeMap<>(
          Map.of(
              "node-agent", "eBPF observation of one machine",
              "cluster-agent", "databases, cloud services and Kubernetes state",
              "control", "pipeline configurations over OpAMP"));

  private Main() {}

  public static void main(String[] args) {
    LimitedLog failures = new LimitedLog(System.getLogger("dev.tethys.threads"));
    Thread.setDefaultUncaughtExceptionHandler(
        (t, e) -> failures.failure(System.Logger.Level.ERROR, "Thread failed", t.getName(), e));
    int status;
    try {
      status = run(Arrays.asList(args));
    } catch (UsageException | ConfigException e) {
      System.err.println(e.getMessage());
      status = 2;
    }
    Shutdown.finished(status);
    System.exit(status);
  }

  private static int run(List<String> args) {
    if (args.isEmpty()) {
      return ServerRole.run(List.of());
    }
    String role = args.getFirst();
    List<String> rest = args.subList(1, args.size());
    switch (role) {
      case "server":
        return ServerRole.run(rest);
      case "agent":
        return ClymeneAgentRole.isAskedFor(rest, System.getenv())
            ? ClymeneAgentRole.run(rest)
            : AgentRole.run(rest);
      case "alertmanager":
        return AlertmanagerRole.run(rest);
      case "demo":
        return DemoRole.run(rest);
      case "collector":
        return CollectorRole.run(rest);
      case "exporter":
        return ExporterRole.run(rest);
      case "gateway":
        return GatewayRole.run(rest);
      case "ingester":
        return IngesterRole.run(rest);
      case "logs", "promtail":
        return ClymeneLogsRole.isAskedFor(rest, System.getenv())
            ? ClymeneLogsRole.run(rest)
            : LogsRole.run(rest);
      case "pushgateway":
        return PushgatewayRole.run(rest);
      case "tool", "promtool":
        return tool(rest);
      case "amtool":
        return tool(args);
      case "warm-up":
        return switch (rest.isEmpty() ? "" : rest.getFirst()) {
          case "agent" -> AgentWarmUp.run();
          case "logs" -> LogsWarmUp.run();
          default -> WarmUp.run();
        };
      case "--version", "version":
        BuildInfo b = BuildInfo.current();
        System.out.println(
            "tethys, version "
                + b.version()
                + " (revision: "
                + b.revision()
                + ", java: "
                + b.java()
                + ")");
        return 0;
      case "--help", "-h", "help":
        System.out.print(help());
        return 0;
      default:
        if (TO_COME.containsKey(role)) {
          throw new UsageException(
              "tethys "
                  + role
                  + " ("
                  + TO_COME.get(role)
                  + ") is not built yet; the README lists what is");
        }
        if (role.startsWith("--")) {
          return ServerRole.run(args);
        }
        throw new UsageException("tethys: unknown command " + role + "; see tethys --help");
    }
  }

  private static int tool(List<String> args) {
    return new ToolRole(List.of(MigrateClymene.command())).run(args);
  }

  private static String help() {
    StringBuilder sb = new StringBuilder();
    sb.append(
        """
        usage: tethys [<command>] [<flags>]

        One program that collects, stores, queries and shows the telemetry of a fleet.

        Commands:
          (none)              start the server; without a prometheus.yml it watches itself and this machine
          server              what prometheus does: --config.file prometheus.yml and its flags
          agent               what prometheus --agent does: scrapes, and sends on by remote write; no disk unless asked;
                              or what clymene-agent does, where STORAGE_TYPE is set; or a graph, as collector
          alertmanager        what Alertmanager does: --config.file alertmanager.yml and its flags
          demo                a small web shop that sends spans, logs and metrics; faults can be switched on its page
          collector           what the OpenTelemetry Collector does: --config collector.yaml
          gateway             what clymene-gateway does, and more: takes what is pushed, to other destinations; or a graph
          exporter NAME       what node_exporter does, on port 9100, and a dozen others; tethys exporter lists them
          ingester            what clymene-ingester does: Kafka topics to other destinations; or a graph, as collector
          logs                what Promtail does: --config.file promtail.yml; log files to Loki
          pushgateway         what Prometheus's Pushgateway does, on port 9091
          tool                what promtool and amtool do, and what they lack: imports, backups; promtool is the same, amtool, too
          bench               side-by-side runs against peers (docs/performance.md)
          test                the whole test suite
          version             what this is

        Not built yet, refused by name:
        """);
    TO_COME.forEach((k, v) -> sb.append(String.format("  %-19s %s%n", k, v)));
    sb.append("\nEach command has --help.\n");
    return sb.toString();
  }
}
