package dev.tethys.app.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NameSuggestion;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.file.IoFailures;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSource;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PrintedConfig;
import dev.tethys.pipeline.web.TapAccess;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Command line of {@code tethys collector}: its flags, and the commands that check or print a
 * configuration instead of running it.
 */
public final class CollectorCommand {
  private static final String OVERFLOW = "queue.overflow-path";

  private static final List<Flag> FLAGS =
      List.of(
          Flag.of(
              "config",
              Flag.Kind.LIST,
              "",
              "Configuration: a file, env:NAME, yaml:TEXT (a::b nests) or a URL. Can be repeated;"
                  + " later ones are laid over earlier ones."),
          Flag.of(
              "set",
              Flag.Kind.LIST,
              "",
              "Override of all configurations, as path.to.key=value. Can be repeated."),
          Flag.of(
              "feature-gates",
              Flag.Kind.LIST,
              "",
              "Feature gates of the Collector, which cannot be changed: accepted if they match the"
                  + " current state. Can be repeated."),
          Flag.of(
              "allow-unused",
              Flag.Kind.BOOLEAN,
              "true",
              "If true, components that no pipeline names are a warning; otherwise they are an"
                  + " error."),
          Flag.of(
              "drain-timeout",
              Flag.Kind.DURATION,
              "15s",
              "Time to drain queues at shutdown, at most 50s; the rest of the shutdown takes up to"
                  + " 5s. Kubernetes kills a container 30s after the signal."),
          Flag.of(
              OVERFLOW,
              Flag.Kind.STRING,
              "data-collector/overflow",
              "Folder in which queues without storage continue while their destination fails; empty"
                  + " for none. No two processes can share it."),
          Flag.of(
              "web.enable-tap",
              Flag.Kind.BOOLEAN,
              "false",
              "Allow live inspection of an edge's data: every client of the port can then read"
                  + " telemetry, in which detected personal data and credentials are masked."),
          Flag.of(
              "web.tap-plain",
              Flag.Kind.BOOLEAN,
              "false",
              "If true, live inspection shows data unmasked."),
          Flag.of(
              ControlPlane.URL,
              Flag.Kind.STRING,
              "",
              "URL of a control plane (tethys control or another OpAMP server) that sets the"
                  + " configuration; until then --config applies, which is optional."),
          Flag.of(
              ControlPlane.TOKEN_FILE,
              Flag.Kind.STRING,
              "",
              "File with the bearer token for --control."),
          Flag.of(
              ControlPlane.DATA,
              Flag.Kind.STRING,
              "data-collector",
              "Folder of the identity and the last applied configuration of --control."),
          Flag.of(
              ControlPlane.ALLOW,
              Flag.Kind.LIST,
              "",
              "Reference to this machine that configurations of the control plane may have, beside"
                  + " those of --config: env:NAME, file:PATH, or a URL. Can be repeated."),
          Flag.of(
              ControlPlane.LABEL,
              Flag.Kind.LIST,
              "",
              "Label by which --control selects this process, as name=value. Can be repeated."),
          Flag.of(
              ControlPlane.CONFIG_KEY,
              Flag.Kind.STRING,
              "",
              "File with the public key of Ed25519, in PEM, that must have signed configurations of"
                  + " --control; empty to accept them unsigned."),
          Flag.of(
              ControlPlane.UPGRADES,
              Flag.Kind.STRING,
              "",
              "Folder of versions of this program that --control installs; empty to refuse"
                  + " packages. Requires the launcher."),
          Flag.of(
              ControlPlane.UPGRADE_KEY,
              Flag.Kind.STRING,
              "",
              "File with the public key of Ed25519, in PEM, that verifies packages."),
          Flag.of(
              ControlPlane.UPGRADE_TIMEOUT,
              Flag.Kind.DURATION,
              "2m",
              "Time within which a new version must be connected to --control, from 1s to 1h;"
                  + " otherwise the former one is started again."),
          Flag.of("log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."),
          Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json."));

  private static final String ABOUT =
      "Runs a graph of receivers, processors and exporters. Commands: validate checks the"
          + " configuration and starts nothing, print-config shows it put together and with secrets"
          + " masked, components lists what there is, featuregate the gates. SIGHUP and POST"
          + " /-/reload read the configuration again and change only what changed.";

  private CollectorCommand() {}

  /** Runs until the process is stopped, or one command. */
  public static int run(List<String> args) {
    return run("collector", args, System::getenv);
  }

  /**
   * Runs a role that is a collector under another name, with other variables for {@code env:} and
   * {@code ${env:…}}.
   *
   * @param word name of the role on the command line
   */
  public static int run(
      String word, List<String> args, Function<String, @Nullable String> environment) {
    FlagSet flags =
        new FlagSet(
            "tethys " + word, "[validate | print-config | components | featuregate]", ABOUT, FLAGS);
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    List<String> operands = new ArrayList<>();
    flags.parse(args, operands); // a command may come before or after its flags
    String command = operands.isEmpty() ? "" : operands.getFirst();
    if (command.equals("featuregate")) {
      System.out.print(FeatureGates.list(operands.size() == 1 ? "" : operands.get(1)));
      return 0;
    }
    if (!Set.of("", "validate", "print-config", "components").contains(command)) {
      throw new UsageException(
          "tethys "
              + word
              + ": unknown command "
              + command
              + NameSuggestion.question(
                  command, List.of("validate", "print-config", "components", "featuregate"))
              + "; expected one of: validate, print-config, components, featuregate");
    }
    if (operands.size() > 1) {
      throw new UsageException(
          "tethys " + word + " " + command + ": unexpected argument \"" + operands.get(1) + "\"");
    }
    FeatureGates.check(flags.list("feature-gates"));
    LogSetup.install(flags);
    Components components = BuiltIn.components();
    if (command.equals("components")) {
      System.out.print(ComponentsList.of(components));
      return 0;
    }
    return run(
        word,
        command,
        new ConfigSources(flags.list("config"), flags.list("set"), environment),
        components,
        flags);
  }

  /** Runs a role that is a collector with its own configuration until it is stopped. */
  public static int run(String word, ConfigSource source) {
    FlagSet defaults = new FlagSet("tethys " + word, ABOUT, FLAGS);
    LogSetup.install(defaults);
    return run(word, "", source, BuiltIn.components(), defaults);
  }

  private static int run(
      String word, String command, ConfigSource source, Components components, FlagSet flags) {
    CollectorRole role =
        new CollectorRole(
            word,
            source,
            components,
            flags.bool("allow-unused"),
            TapAccess.of(flags.bool("web.enable-tap"), flags.bool("web.tap-plain")),
            flags.get(OVERFLOW),
            new ProcessLogSetup(
                LogSetup.level(flags.get("log.level")),
                flags.get("log.format").equals("json")
                    ? LogSetup.Format.JSON
                    : LogSetup.Format.LOGFMT));
    try {
      return switch (command) {
        case "validate" -> {
          GraphConfig config = role.validated(source.read());
          config.warnings().forEach(w -> System.err.println("warning: " + w));
          yield 0;
        }
        case "print-config" -> {
          YamlDocument document = source.read();
          role.read(document);
          System.out.print(PrintedConfig.of(document.root(), components));
          yield 0;
        }
        default ->
            role.serve(
                Duration.ofMillis(Math.min(50_000, flags.millis("drain-timeout"))),
                ControlPlane.of(word, flags));
      };
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return 1;
    } catch (IOException e) {
      System.err.println("tethys " + word + ": " + IoFailures.describe(e));
      return 1;
    }
  }
}
