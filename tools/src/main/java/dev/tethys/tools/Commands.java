package dev.tethys.tools;

import java.util.ArrayList;
import java.util.List;

/** Table of all commands: help, completion and dispatch are derived from it. */
final class Commands {
  private final List<Command> all;

  /**
   * @param added commands of modules above this one
   */
  Commands(List<Command> added) {
    List<Command> out = new ArrayList<>();
    out.addAll(CheckConfig.commands());
    out.add(CheckRules.command());
    out.add(CheckInspections.command());
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
    out.addAll(ObjectiveCommands.commands());
    out.add(Completion.command(this));
    out.addAll(added);
    out.addAll(DeadLetterCommands.commands());
    out.add(ArchiveCommand.command());
    out.addAll(ControlCommands.commands());
    out.add(CheckExporter.command());
    out.addAll(Amtool.commands());
    out.addAll(LogCli.commands());
    out.addAll(ProfileCommands.commands());
    out.addAll(TraceCommands.commands());
    out.add(Lint.command());
    all = List.copyOf(out);
  }

  /** Returns all commands, in help order. */
  List<Command> list() {
    return all;
  }

  /** The first sentence without its full stop, which is one before a blank or the end. */
  private static String firstSentence(String text) {
    return text.replaceFirst("(?s)\\.(\\s.*)?$", "");
  }

  /** Returns the help page of all commands, or of a group. */
  String help(String group) {
    StringBuilder sb =
        new StringBuilder("usage: tethys tool " + group + "<command> [<flags>] [<args>]\n\n");
    sb.append("Commands of promtool and amtool, and further ones.\n\nCommands:\n");
    for (Command c : all) {
      if (c.name().startsWith(group)) {
        sb.append(String.format("  %-40s %s%n", c.name(), firstSentence(c.about())));
      }
    }
    sb.append("\nEach command has --help.\n");
    return sb.toString();
  }
}
