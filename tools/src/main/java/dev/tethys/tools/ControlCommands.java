package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.command;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code control}: commands that talk to {@code tethys control}. */
final class ControlCommands {
  private ControlCommands() {}

  static List<Command> commands() {
    List<Command> out = new ArrayList<>();
    out.addAll(AgentCommands.commands());
    out.addAll(VersionCommands.commands());
    out.addAll(RolloutCommands.commands());
    out.add(
        command(
            "audit",
            "",
            "List changes, the latest first.",
            List.of(
                Flag.of("limit", Flag.Kind.INTEGER, "50", "Maximum number of entries."),
                Flag.of("text", Flag.Kind.STRING, "", "Text in the entries; empty for all."),
                Flag.of(
                    "details",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Print the states before and after too.")),
            0,
            0,
            ControlCommands::audit));
    out.addAll(RepositoryCommands.commands());
    out.addAll(PackageCommands.commands());
    out.add(DryRunCommand.command());
    out.add(RecommendationsCommand.command());
    out.add(FindingsCommand.command());
    out.add(UnusedMetricsCommand.command());
    out.addAll(LiveControlCommands.commands());
    out.addAll(FleetCommands.commands());
    return out;
  }

  private static int audit(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row("TIME", "ACTOR", "ACTION", "TARGET", "REASON");
    String path =
        "/audit?limit="
            + a.flags().integer("limit")
            + "&text="
            + ServerApi.encoded(a.flags().get("text"));
    for (Object o : list(call(a, "GET", path, null))) {
      t.row(
          text(o, "time"),
          text(o, "actor"),
          text(o, "action"),
          text(o, "target"),
          text(o, "reason"));
      if (a.flags().bool("details")) {
        for (String side : List.of("before", "after")) {
          object(object(o).get(side)).forEach((k, v) -> t.row("", "", side, k, String.valueOf(v)));
        }
      }
    }
    t.print(console.out());
    return 0;
  }
}
