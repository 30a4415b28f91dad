package dev.tethys.app.tool;

import java.util.ArrayList;
import java.util.List;

/** The table of all commands: help, completion and dispatch are made from it. */
final class Commands {
  private static final List<Command> ALL = all();

  private Commands() {}

  private static List<Command> all() {
    List<Command> out = new ArrayList<>();
    out.addAll(CheckConfig.commands());
    out.add(CheckRules.command());
    out.addAll(CheckServer.commands());
    out.add(CheckDiscovery.command());
    out.add(CheckMetrics.command());
    out.addAll(QueryServer.commands());
    out.add(AnalyzeHistograms.command());
    out.add(PushMetrics.command());
    out.addAll(DebugServer.commands());
    out.add(TestRules.command());
    out.addAll(EditQuery.commands());
    out.addAll(TsdbCommands.all());
    out.add(BacktestRules.command());
    out.add(Completion.command());
    out.add(MigrateClymene.command());
    out.addAll(DeadLetterCommands.commands());
    out.add(CheckDestination.command());
    out.addAll(Amtool.commands());
    out.add(Lint.command());
    return List.copyOf(out);
  }

  /** All of them, in the order of the help. */
  static List<Command> list() {
    return ALL;
  }
}
