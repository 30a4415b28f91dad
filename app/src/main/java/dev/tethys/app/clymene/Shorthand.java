package dev.tethys.app.clymene;

import dev.tethys.app.collector.CollectorRole;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Roles that are a collector with {@code --config}, and else take the flags and variables of one of
 * Clymene's programs. A reload reads what these name anew.
 */
final class Shorthand {
  private static final String GRAPH = "CLYMENE_GRAPH";

  private Shorthand() {}

  /** Whether the arguments are those of a collector. */
  static boolean isGraph(List<String> args) {
    return args.stream().anyMatch(a -> a.equals("--config") || a.startsWith("--config="))
        || (!args.isEmpty() && !args.getFirst().startsWith("-"));
  }

  /** Runs until the process is told to stop. */
  static int run(ClymeneRole role, List<String> args, Function<ClymeneFlags, String> graph) {
    Map<String, String> environment = System.getenv();
    if (ClymeneCommands.isOne(args)) {
      return new ClymeneCommands(role, environment, System.out, System.err).run(args);
    }
    if (isGraph(args)) {
      return CollectorRole.run(role.word(), args, environment::get);
    }
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(ClymeneFlags.help(role, environment));
      return 0;
    }
    ClymeneFlags flags = ClymeneFlags.read(role, args, environment);
    return CollectorRole.run(
        role.word(),
        List.of("--config=env:" + GRAPH),
        name -> name.equals(GRAPH) ? graph.apply(flags) : environment.get(name));
  }
}
