package dev.tethys.prometheus.collect;

import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.config.YamlNode;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The flags of an exporter, read, as its code sees them. */
public final class ExporterFlags implements ExporterSettings {
  private static final String OF_A_PROGRAM =
      "it is of the pages and the log of a program alone, and those of this server are its own";

  private final FlagSet flags;
  private final Set<String> paths;
  private final UnaryOperator<String> resolve;
  private final @Nullable YamlNode config;

  /**
   * @param flags parsed flags
   * @param resolve resolves a relative path that is not relative to the working directory
   * @param config replaces a configuration file
   */
  public ExporterFlags(
      ExporterKind kind, FlagSet flags, UnaryOperator<String> resolve, @Nullable YamlNode config) {
    this.flags = flags;
    this.paths =
        kind.flags().stream()
            .filter(f -> f.kind() == ExporterFlag.Kind.PATH || f.kind() == ExporterFlag.Kind.PATHS)
            .map(ExporterFlag::name)
            .collect(Collectors.toSet());
    this.resolve = resolve;
    this.config = config;
  }

  /** Returns the kind's own flags, to be parsed. */
  public static FlagSet ofKind(ExporterKind kind, String command) {
    List<Flag> all = new ArrayList<>(flags(kind.flags()));
    kind.programFlags().stream()
        .map(f -> ExporterFlag.refused(f.name(), f.kind(), f.defaultValue(), OF_A_PROGRAM))
        .map(ExporterFlags::flag)
        .forEach(all::add);
    return new FlagSet(command, kind.about(), all);
  }

  /** Returns the kind's own flags and those of every exporter with a server. */
  public static FlagSet withServer(ExporterKind kind) {
    List<Flag> all = new ArrayList<>(flags(kind.flags()));
    all.addAll(flags(kind.programFlags()));
    Set<String> names = all.stream().map(Flag::name).collect(Collectors.toSet());
    flags(ExporterFlag.ofEveryProgram(kind.address())).stream()
        .filter(f -> !names.contains(f.name()))
        .forEach(all::add);
    return new FlagSet("tethys exporter " + kind.name(), kind.about(), all);
  }

  /** Flags of the exporter as on a command line. */
  public static List<Flag> flags(List<ExporterFlag> flags) {
    return flags.stream().map(ExporterFlags::flag).toList();
  }

  private static Flag flag(ExporterFlag f) {
    return new Flag(
        f.name(),
        switch (f.kind()) {
          case STRING, PATH, SECRET -> Flag.Kind.STRING;
          case BOOLEAN -> Flag.Kind.BOOLEAN;
          case INTEGER -> Flag.Kind.INTEGER;
          case FLOAT -> Flag.Kind.FLOAT;
          case DURATION -> Flag.Kind.DURATION;
          case LIST, PATHS -> Flag.Kind.LIST;
        },
        f.defaultValue(),
        f.help(),
        f.refusal());
  }

  @Override
  public boolean isGiven(String flag) {
    return flags.isGiven(flag);
  }

  @Override
  public String get(String flag) {
    String v = flags.get(flag);
    return paths.contains(flag) && !v.isEmpty() ? resolve.apply(v) : v;
  }

  @Override
  public List<String> list(String flag) {
    List<String> all = flags.list(flag);
    return paths.contains(flag) ? all.stream().map(resolve).toList() : all;
  }

  @Override
  public boolean bool(String flag) {
    return flags.bool(flag);
  }

  @Override
  public long integer(String flag) {
    return flags.integer(flag);
  }

  @Override
  public double number(String flag) {
    return Double.parseDouble(flags.get(flag));
  }

  @Override
  public long millis(String flag) {
    return flags.millis(flag);
  }

  @Override
  public @Nullable YamlNode inlineConfig() {
    return config;
  }
}
