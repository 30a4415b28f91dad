package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Flags shared by all commands of a group, by the first word of the command. */
final class GlobalFlags {
  /** First word of the commands of Alertmanager's tool. */
  static final String AMTOOL = "amtool";

  /** First word of the commands to a control plane. */
  static final String CONTROL = "control";

  /** First word of the commands to a log store. */
  static final String LOGCLI = "logcli";

  /** First word of the commands to a trace store. */
  static final String TRACES = "traces";

  /**
   * Groups with neither flags of promtool nor PromQL; {@code migrate} reads other programs' files.
   */
  private static final Set<String> WITHOUT = Set.of("migrate", CONTROL, LOGCLI, TRACES);

  /** Flags of promtool's commands. */
  private static final List<Flag> PROMTOOL =
      List.of(
          Flag.of(
              "experimental", Flag.Kind.BOOLEAN, "false", "Enable experimental commands (promql)."),
          Flag.of(
              "enable-feature",
              Flag.Kind.LIST,
              "",
              "Comma-separated features of PromQL to enable: "
                  + String.join(", ", PromqlFeatures.NAMES)
                  + "."));

  private static final List<Flag> OF_AMTOOL =
      List.of(
          Flag.of(
              "date.format",
              Flag.Kind.STRING,
              "2006-01-02 15:04:05 MST",
              "Format of date output, as Go has it."),
          Flag.of("verbose", Flag.Kind.BOOLEAN, "false", "Accepted; there is nothing more to say."),
          Flag.of(
              "alertmanager.url",
              Flag.Kind.STRING,
              "http://localhost:9093",
              "Alertmanager to talk to."),
          Flag.of(
              "output", Flag.Kind.STRING, "simple", "Output formatter (simple, extended, json)."),
          Flag.of("timeout", Flag.Kind.STRING, "30s", "Timeout for the executed command."),
          HttpAccess.CONFIG,
          Flag.of(
              "version-check",
              Flag.Kind.BOOLEAN,
              "true",
              "Accepted; versions of Tethys and of Alertmanager are not comparable."),
          Flag.of(
              "enable-feature",
              Flag.Kind.STRING,
              "",
              "Syntax of matchers instead of both: classic-mode or utf8-strict-mode."));

  /** Flags that every check of promtool accepts, although only one uses each. */
  private static final List<Flag> CHECKS =
      List.of(
          Flag.of(
              "query.lookback-delta",
              Flag.Kind.DURATION,
              "5m",
              "Accepted by every check, used by check config only."),
          Flag.of(
              "extended",
              Flag.Kind.BOOLEAN,
              "false",
              "Accepted by every check, used by check metrics only."));

  private GlobalFlags() {}

  /**
   * Flags of a command in addition to its own.
   *
   * @param own flags of the command, which replace those that every check accepts
   */
  static List<Flag> of(String command, List<Flag> own) {
    String group = command.split(" ", 2)[0];
    List<String> names = own.stream().map(Flag::name).toList();
    Stream<Flag> checks =
        group.equals("check")
            ? CHECKS.stream().filter(f -> !names.contains(f.name()))
            : Stream.of();
    List<Flag> global =
        WITHOUT.contains(group) ? List.of() : group.equals(AMTOOL) ? OF_AMTOOL : PROMTOOL;
    return Stream.concat(checks, global.stream()).toList();
  }
}
