package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NameSuggestion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.model.GoQuote;
import dev.tethys.model.file.IoFailures;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code amtool …}: the commands of Alertmanager's tool, with its names, flags, outputs and exit
 * codes. Facts: amtool 0.33, against which tests compare it.
 */
final class Amtool {
  /** First word of its commands. */
  static final String NAME = GlobalFlags.AMTOOL;

  /** Default command of a group. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "amtool alert", "query",
          "amtool silence", "query",
          "amtool config", "show",
          "amtool cluster", "show",
          "amtool recurring", "query",
          "amtool heartbeat", "query",
          "amtool config routes", "show");

  private Amtool() {}

  static List<Command> commands() {
    List<Command> all = new ArrayList<>();
    all.addAll(AmtoolAlerts.commands());
    all.addAll(AmtoolSilences.commands());
    all.addAll(AmtoolConfig.commands());
    all.addAll(AmtoolRecurring.commands());
    return all;
  }

  /** Whether a flag of the commands below a path is followed by its value. */
  private static boolean takesValue(String flag, String path) {
    List<String> names =
        flag.startsWith("--")
            ? List.of(flag.substring(2))
            : Command.SHORT.getOrDefault(flag, List.of());
    return commands().stream()
        .filter(c -> c.name().equals(path) || c.name().startsWith(path + " "))
        .flatMap(c -> c.allFlags().stream())
        .anyMatch(f -> names.contains(f.name()) && f.kind() != Flag.Kind.BOOLEAN);
  }

  private static boolean isOrBegins(String path) {
    return commands().stream()
        .anyMatch(c -> c.name().equals(path) || c.name().startsWith(path + " "));
  }

  /** Runs the arguments after {@code amtool}; returns the exit code. */
  static int run(List<String> args, Commands commands, Console console) throws IOException {
    String path = NAME;
    List<String> flags = new ArrayList<>();
    List<String> operands = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String a = args.get(i);
      if (a.equals("--")) {
        operands.addAll(args.subList(i + 1, args.size()));
        break;
      }
      if (a.startsWith("-") && a.length() > 1) {
        flags.add(a);
        if (a.indexOf('=') < 0 && takesValue(a, path) && i + 1 < args.size()) {
          flags.add(args.get(++i));
        }
      } else if (operands.isEmpty() && isOrBegins(path + " " + a)) {
        path = path + " " + a;
      } else {
        operands.add(a);
      }
    }
    boolean help = flags.contains("--help") || flags.contains("-h");
    if (path.equals(NAME) && !operands.isEmpty()) {
      throw AmtoolErrors.error(expectedCommand(NAME, operands.getFirst()));
    }
    if (path.equals(NAME) && !help) {
      if (flags.contains(ToolRole.VERSION)) {
        console.out().print(ToolRole.version(NAME));
        return 0;
      }
      refuseUnknown(flags);
    }
    if (path.equals(NAME) || help && DEFAULTS.containsKey(path)) {
      console.out().print(commands.help(path + " "));
      return 0;
    }
    while (DEFAULTS.containsKey(path)) {
      path = path + " " + DEFAULTS.get(path);
    }
    String name = path;
    Command command =
        commands().stream()
            .filter(c -> c.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    AmtoolErrors.error(
                        operands.isEmpty()
                            ? "must select a subcommand of '"
                                + name.substring(NAME.length() + 1)
                                + "'"
                            : expectedCommand(name, operands.getFirst())));
    List<String> all = new ArrayList<>(flags);
    try {
      if (!help) {
        addDefaults(command, all);
      }
      all.add("--");
      all.addAll(operands);
      return command.run(all, console);
    } catch (AmtoolServer.Failure | ConfigException | CommandLineException | IOException e) {
      throw AmtoolErrors.error(IoFailures.describe(e));
    }
  }

  private static String expectedCommand(String path, String word) {
    List<String> next =
        commands().stream()
            .map(Command::name)
            .filter(n -> n.startsWith(path + " "))
            .map(n -> n.substring(path.length() + 1).split(" ")[0])
            .distinct()
            .toList();
    return "expected command but got \"" + word + "\"" + NameSuggestion.question(word, next);
  }

  /** Flags before any command are those that all commands have. */
  private static void refuseUnknown(List<String> flags) {
    Command any = commands().getFirst();
    for (String f : flags) {
      String name = any.longForm(f).replaceFirst("=.*", "").replaceFirst("^--(no-)?", "");
      boolean known = any.allFlags().stream().anyMatch(k -> k.name().equals(name));
      if (f.startsWith("--") && !known) {
        String nearest =
            NameSuggestion.ofParts(name, any.allFlags().stream().map(Flag::name).toList());
        throw AmtoolErrors.error(
            "unknown long flag '"
                + f.replaceFirst("=.*", "")
                + "'"
                + (nearest == null ? "" : ", did you mean --" + nearest + "?"));
      }
    }
  }

  /** Flags from {@code ~/.config/amtool/config.yml} and {@code /etc/amtool/config.yml}. */
  private static void addDefaults(Command command, List<String> flags) throws IOException {
    Map<String, String> defaults = new LinkedHashMap<>();
    String home = System.getenv("HOME");
    List<Path> files = new ArrayList<>();
    if (home != null) {
      files.add(Path.of(home, ".config", "amtool", "config.yml"));
    }
    files.add(Path.of("/etc/amtool/config.yml"));
    for (Path f : files) {
      if (Files.isRegularFile(f)) {
        read(f).forEach(defaults::putIfAbsent);
      }
    }
    defaults.forEach(
        (k, v) -> {
          Optional<Flag> flag =
              command.allFlags().stream().filter(f -> f.name().equals(k)).findFirst();
          boolean given =
              flags.stream()
                  .map(command::longForm)
                  .anyMatch(
                      f ->
                          f.equals("--" + k)
                              || f.startsWith("--" + k + "=")
                              || f.equals("--no-" + k));
          if (flag.isPresent() && !given) {
            boolean bool = flag.get().kind() == Flag.Kind.BOOLEAN;
            flags.add("--" + k + "=" + (bool ? String.valueOf(bool(v)) : v));
          }
        });
  }

  /** Parses booleans like Go's strconv.ParseBool: in files they are usually quoted strings. */
  private static boolean bool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw AmtoolErrors.error(
              "strconv.ParseBool: parsing " + GoQuote.quote(text) + ": invalid syntax");
    };
  }

  private static Map<String, String> read(Path file) throws IOException {
    YamlNode root = YamlDocument.read(file).root();
    if (root.isNull()) {
      return Map.of();
    }
    Map<String, String> all =
        new LinkedHashMap<>(Type.map(Type.of("text", null, YamlNode::asString)).read(root));
    String old = all.remove("comment_required");
    if (old != null) {
      all.putIfAbsent("require-comment", old);
    }
    return all;
  }
}
