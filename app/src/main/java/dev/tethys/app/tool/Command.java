package dev.tethys.app.tool;

import dev.tethys.app.cli.Flag;
import dev.tethys.app.cli.FlagSet;
import dev.tethys.app.cli.UsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A command of the tool: its flags, its operands and what it does.
 *
 * @param name as it is typed behind {@code tethys tool}, such as {@code tsdb list}
 * @param operands as the help shows them; those in brackets may be left out
 * @param about for the help
 * @param flags what it takes; {@code -r} and {@code -q} stand for {@code --human-readable} and
 *     {@code --quiet}
 * @param minOperands how many operands there must be at least
 * @param maxOperands and at most
 */
record Command(
    String name,
    String operands,
    String about,
    List<Flag> flags,
    int minOperands,
    int maxOperands,
    Action action) {
  private static final Map<String, String> SHORT =
      Map.of("-r", "--human-readable", "-q", "--quiet");

  /** What a command does. */
  @FunctionalInterface
  interface Action {
    /**
     * Does it.
     *
     * @return the exit code: 0, or 1 for failed
     */
    int run(Arguments arguments, Console console) throws IOException;
  }

  /**
   * What the command line gave.
   *
   * @param flags given and default
   * @param operands what is not a flag
   */
  record Arguments(FlagSet flags, List<String> operands) {
    /** An operand, or a default where it was left out. */
    String operand(int i, String otherwise) {
      return i < operands.size() ? operands.get(i) : otherwise;
    }
  }

  int run(List<String> args, Console console) throws IOException {
    FlagSet set = new FlagSet("tethys tool " + name, operands, about, flags);
    if (args.contains("--help") || args.contains("-h")) {
      console.out().print(set.help());
      return 0;
    }
    List<String> given = new ArrayList<>();
    set.parse(args.stream().map(a -> SHORT.getOrDefault(a, a)).toList(), given);
    if (given.size() < minOperands || given.size() > maxOperands) {
      throw new UsageException(
          "tethys tool "
              + name
              + ": "
              + (given.size() < minOperands ? "an operand is missing" : "too many operands")
              + "; it takes "
              + operands
              + ", see --help");
    }
    return action.run(new Arguments(set, given), console);
  }
}
