package dev.tethys.app.clymene;

import dev.tethys.app.collector.CollectorCommand;
import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Roles that run a collector if {@code --config} or {@code --control} is set, and otherwise accept
 * the flags and variables of one of Clymene's programs. A reload rereads the files named by them.
 */
final class Shorthand {
  /** Converts flags into a configuration. */
  interface Meaning {
    YamlDocument of(ClymeneFlags flags) throws IOException;
  }

  private Shorthand() {}

  /** Whether the arguments belong to a collector. */
  static boolean isGraph(List<String> args) {
    return args.stream()
            .anyMatch(
                a ->
                    a.equals("--config")
                        || a.startsWith("--config=")
                        || a.equals("--control")
                        || a.startsWith("--control="))
        || (!args.isEmpty() && !args.getFirst().startsWith("-"));
  }

  /** Runs until the process is stopped. */
  static int run(ClymeneRole role, List<String> args, Meaning meaning) {
    Map<String, String> environment = System.getenv();
    if (ClymeneCommands.isOne(args)) {
      return new ClymeneCommands(role, environment, System.out, System.err).run(args);
    }
    if (isGraph(args)) {
      return CollectorCommand.run(role.word(), args, environment::get);
    }
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(ClymeneFlags.help(role, environment));
      return 0;
    }
    ClymeneFlags flags = ClymeneFlags.read(role, args, environment);
    return CollectorCommand.run(role.word(), () -> meaning.of(flags));
  }
}
