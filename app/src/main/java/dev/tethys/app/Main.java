package dev.tethys.app;

import dev.tethys.app.alertmanager.AlertmanagerRole;
import dev.tethys.app.clymene.ClymeneAgentRole;
import dev.tethys.app.clymene.ClymeneLogsRole;
import dev.tethys.app.clymene.GatewayRole;
import dev.tethys.app.clymene.IngesterRole;
import dev.tethys.app.clymene.MigrateClymene;
import dev.tethys.app.collector.CollectorCommand;
import dev.tethys.app.exporter.ExporterRole;
import dev.tethys.app.nodeagent.NodeAgentRole;
import dev.tethys.app.pushgateway.PushgatewayRole;
import dev.tethys.app.server.AgentRole;
import dev.tethys.app.server.AgentWarmUp;
import dev.tethys.app.server.ServerRole;
import dev.tethys.app.server.WarmUp;
import dev.tethys.collect.host.linux.ProcessCollector;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Contributions;
import dev.tethys.config.NameSuggestion;
import dev.tethys.control.ControlRole;
import dev.tethys.logagent.LogsRole;
import dev.tethys.logagent.LogsWarmUp;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.GcOverheadLimit;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.tools.ToolRole;
import java.util.Arrays;
import java.util.List;

/**
 * Entry point: the first word of the command line selects the role. Exit codes are Prometheus's: 0,
 * 1 failed, 2 usage.
 */
public final class Main {
  /** Commands of the program and of its launcher, for suggestions. */
  private static final List<String> COMMANDS =
      List.of(
          "server",
          "agent",
          "alertmanager",
          "amtool",
          "bench",
          "build",
          "cluster-agent",
          "collector",
          "control",
          "demo",
          "exporter",
          "gateway",
          "help",
          "ingester",
          "logs",
          "node-agent",
          "package",
          "promtail",
          "promtool",
          "pushgateway",
          "test",
          "tool",
          "version");

  private Main() {}

  public static void main(String[] args) {
    LimitedLog failures = new LimitedLog(JulLogger.of("dev.tethys.threads"));
    Thread.setDefaultUncaughtExceptionHandler(
        (t, e) -> failures.failure(System.Logger.Level.ERROR, "Thread failed", t.getName(), e));
    GcOverheadLimit.keep();
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

  static int run(List<String> args) {
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
      case "control":
        Registry.process().register(new ProcessCollector());
        return ControlRole.run(rest);
      case "collector":
        return CollectorCommand.run(rest);
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
      case "node-agent":
        return NodeAgentRole.run(rest);
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
        Role contributed = Role.find(role);
        if (contributed != null) {
          return contributed.run(rest);
        }
        String refusal = Contributions.refusal(Contributions.COMMAND, role);
        if (refusal != null) {
          throw new UsageException("tethys: " + refusal);
        }
        if (role.startsWith("--")) {
          return ServerRole.run(args);
        }
        throw new UsageException(
            "tethys: unknown command "
                + role
                + NameSuggestion.question(role, COMMANDS)
                + (NameSuggestion.of(role, COMMANDS) == null ? "; see" : " See")
                + " tethys --help");
    }
  }

  private static int tool(List<String> args) {
    return new ToolRole(List.of(MigrateClymene.command())).run(args);
  }

  private static String help() {
    return """
        usage: tethys [<command>] [<flags>]

        One program that collects, stores, queries and shows the telemetry of a fleet.

        Commands:
          (none)              server; without a prometheus.yml it monitors itself and this host
          server              Prometheus server: --config.file prometheus.yml and its flags
          agent               Prometheus agent: scrapes and sends by remote write, in memory unless a WAL is asked for;
                              clymene-agent if STORAGE_TYPE is set
          alertmanager        Alertmanager: --config.file alertmanager.yml and its flags
          cluster-agent       Coroot's cluster agent: statements, locks and sizes of databases; check
          collector           OpenTelemetry Collector: --config collector.yaml
          control             control plane: configurations of collectors, rolled out in stages over OpAMP
          demo                web shop with switchable faults that sends spans, logs and metrics
          exporter NAME       node_exporter and a dozen others; tethys exporter lists them
          gateway             clymene-gateway: receives pushed data for other exporters
          ingester            clymene-ingester: Kafka topics to other exporters
          logs                Promtail: --config.file promtail.yml; log files to Loki
          node-agent          Coroot's node agent: connections and requests of this machine by eBPF; check
          pushgateway         Pushgateway, on port 9091
          tool                promtool, amtool, logcli, imports, exports, backups; also as promtool and amtool
          build               builds the program; --core without the modules of contrib
          bench               races against peers (docs/performance.md)
          test                test suite
          version             version of the program

        Each command has --help.
        """;
  }
}
