package dev.tethys.logagent;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlWriter;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.CarrierReserve;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import sun.misc.Signal;

/** {@code tethys logs}: reads logs and sends them to Loki, as Promtail does. */
public final class LogsRole {
  private static final System.Logger LOG = JulLogger.of(LogsRole.class.getName());
  private static final Pattern VARIABLE =
      Pattern.compile(
          "\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\\})");

  private LogsRole() {}

  static FlagSet flags() {
    return new FlagSet(
        "tethys logs",
        "Reads log files and sends their lines to Loki. Flags may begin with one dash, as"
            + " Promtail's do.",
        Stream.concat(
                Stream.of(
                    Flag.of(
                        "config.file",
                        Flag.Kind.LIST,
                        "",
                        "Path of promtail.yml; the first existing file is used."),
                    Flag.of(
                        "config.expand-env",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "If true, ${VAR} and ${VAR:-default} are replaced by environment"
                            + " variables."),
                    Flag.of(
                        "dry-run",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "Print entries instead of sending them, and save no positions."),
                    Flag.of(
                        "inspect",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "If true, the changes of each entry by each stage are written to standard"
                            + " error."),
                    Flag.of("stdin", Flag.Kind.BOOLEAN, "false", "Read lines from standard input."),
                    Flag.of(
                        "check-syntax",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "Only check the configuration."),
                    Flag.of(
                        "print-config-stderr",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "Write the configuration to standard error first."),
                    Flag.of(
                        "log-config-reverse-order",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "If true, the configuration is logged, its last line first."),
                    Flag.of("version", Flag.Kind.BOOLEAN, "false", "Print the version."),
                    Flag.of("server.disable", Flag.Kind.BOOLEAN, "false", "Disables the server."),
                    Flag.of(
                        "web.enable-tap",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "Allow live inspection of entries in the stages: every client of"
                            + " the port can then read logs."),
                    Flag.of(
                        "log.level",
                        Flag.Kind.STRING,
                        "info",
                        "Log level: debug, info, warn or error."),
                    Flag.of(
                        "log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json.")),
                PromtailFlags.all().stream())
            .toList());
  }

  /** Runs until the process is stopped; returns its exit code. */
  public static int run(List<String> args) {
    return run(args, "", "");
  }

  /**
   * Runs a program whose file is incomplete.
   *
   * @param appended YAML keys appended to those of the file; "" for none
   * @param admin address of health and metrics, in addition to the server of the file; "" for none
   */
  public static int run(List<String> args, String appended, String admin) {
    FlagSet flags = flags();
    List<String> dashed = args.stream().map(LogsRole::twoDashes).toList();
    if (dashed.contains("--help") || dashed.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(dashed);
    if (flags.bool("version")) {
      System.out.println("tethys " + BuildInfo.current().version());
      return 0;
    }
    HeapController.keep();
    CarrierReserve.keep();
    LogSetup.install(flags);
    try {
      PromtailConfig config = config(flags, appended);
      log(flags, config.server().logging());
      Agent.Mode mode =
          new Agent.Mode(
              flags.bool("dry-run"),
              flags.bool("inspect"),
              flags.bool("stdin") || config.stdin(),
              flags.bool("server.disable") || config.server().disabled(),
              flags.bool("web.enable-tap"));
      if (flags.bool("check-syntax")) {
        // What clients need is read; a queue on disk may be another process's.
        new Agent(config.withoutWal(), mode, () -> config).close();
        WalConfig wal = config.wal();
        if (wal != null) {
          wal.check();
        }
        System.out.println("Valid config file! No syntax issues found");
        return 0;
      }
      try (Agent agent = new Agent(config, mode, () -> config(flags, appended))) {
        show(flags, YamlWriter.writeRedacted(config.tree()));
        if (!mode.stdin()) {
          Signal.handle(new Signal("HUP"), s -> Thread.ofVirtual().start(agent::reloadOnSignal));
        }
        try (AdminPages pages = new AdminPages(agent)) {
          pages.listen(admin);
          return agent.run();
        }
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", IoFailures.describe(e));
      return 1;
    } catch (ConfigException e) {
      System.err.println("Unable to parse config: " + e.getMessage());
      return 1;
    }
  }

  /**
   * Reads and checks the configuration.
   *
   * @throws ConfigException if it is invalid
   */
  static PromtailConfig config(FlagSet flags, String appended) throws IOException {
    return config(flags, appended, List.of());
  }

  /**
   * Reads the configuration, checked.
   *
   * @param own factories of components that only this process has
   * @throws ConfigException if something is invalid with it
   */
  static PromtailConfig config(FlagSet flags, String appended, List<ComponentFactory<?>> own)
      throws IOException {
    Path file = file(flags);
    YamlDocument document = document(file, flags, appended);
    PromtailConfig config = PromtailConfig.of(document);
    YamlDocument changed =
        PromtailFlags.applied(document, file.toString(), file.toAbsolutePath().getParent(), flags);
    if (changed != null) {
      config = PromtailConfig.of(changed).withJobs(config.jobs());
      changed.refuseNotBuilt();
    }
    if (config.clients().isEmpty() && config.graph() == null && !flags.bool("dry-run")) {
      throw new ConfigException(
          file.toString(), "at least one client config must be provided, or exporters");
    }
    config.check(own);
    document.refuseNotBuilt();
    return config;
  }

  /** The flags go before the file. */
  private static void log(FlagSet flags, PromtailConfig.Logging l) {
    boolean level = flags.isGiven("log.level") || l.level().isEmpty();
    boolean format = flags.isGiven("log.format") || l.format().isEmpty();
    LogSetup.install(
        LogSetup.level(level ? flags.get("log.level") : l.level()),
        (format ? flags.get("log.format") : l.format()).equals("json")
            ? LogSetup.Format.JSON
            : LogSetup.Format.LOGFMT,
        System.err);
  }

  static String twoDashes(String a) {
    return a.length() > 2 && a.charAt(0) == '-' && a.charAt(1) != '-' ? "-" + a : a;
  }

  private static void show(FlagSet flags, String yaml) {
    if (flags.bool("print-config-stderr")) {
      System.err.print("---\n# Tethys logs\n" + yaml);
    }
    if (flags.bool("log-config-reverse-order")) {
      List<String> lines = new ArrayList<>(yaml.lines().toList());
      Collections.reverse(lines);
      lines.forEach(l -> LOG.log(Level.INFO, "{0}", l));
    }
  }

  private static Path file(FlagSet flags) throws IOException {
    List<String> files =
        flags.list("config.file").stream().flatMap(f -> Arrays.stream(f.split(","))).toList();
    if (files.isEmpty()) {
      throw new UsageException("tethys logs: --config.file=promtail.yml is required");
    }
    Path file = null;
    for (String f : files) {
      if (file == null && Files.exists(Path.of(f))) {
        file = Path.of(f);
      }
    }
    if (file == null) {
      throw new IOException(String.join(", ", files) + ": no such file");
    }
    return file;
  }

  private static YamlDocument document(Path file, FlagSet flags, String appended)
      throws IOException {
    if (!flags.bool("config.expand-env") && appended.isEmpty()) {
      return YamlDocument.read(file);
    }
    String text = Files.readString(file);
    if (flags.bool("config.expand-env")) {
      Matcher m = VARIABLE.matcher(text);
      text =
          m.replaceAll(
              r -> {
                String value = System.getenv(r.group(1) == null ? r.group(2) : r.group(1));
                String otherwise = r.group(3);
                return Matcher.quoteReplacement(
                    value != null && !value.isEmpty() ? value : otherwise == null ? "" : otherwise);
              });
    }
    // After the content of the file, so that errors name places of the file.
    return YamlDocument.parse(
        file.toString(), file.toAbsolutePath().getParent(), text.stripTrailing() + "\n" + appended);
  }
}
