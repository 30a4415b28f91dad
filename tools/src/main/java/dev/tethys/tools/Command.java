package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Command of the tool: its flags, operands and action.
 *
 * @param name name as typed after {@code tethys tool}, such as {@code tsdb list}
 * @param operands operands as shown in the help; bracketed ones are optional
 * @param about help text
 * @param flags flags in addition to the common flags; some have a short form
 * @param minOperands minimum number of operands
 * @param maxOperands maximum number of operands
 */
public record Command(
    String name,
    String operands,
    String about,
    List<Flag> flags,
    int minOperands,
    int maxOperands,
    Action action) {
  /** Any number of operands. */
  public static final int ANY = Integer.MAX_VALUE;

  /** Short forms of flags, for all commands that have the flag. */
  static final Map<String, List<String>> SHORT =
      Map.ofEntries(
          Map.entry("-r", List.of("human-readable", "receiver")),
          Map.entry("-q", List.of("quiet")),
          Map.entry("-o", List.of("format", "output")),
          Map.entry("-t", List.of("type", "tail")),
          Map.entry("-z", List.of("timezone")),
          Map.entry("-a", List.of("active", "author")),
          Map.entry("-i", List.of("inhibited")),
          Map.entry("-s", List.of("silenced")),
          Map.entry("-u", List.of("unprocessed")),
          Map.entry("-d", List.of("duration")),
          Map.entry("-c", List.of("comment")),
          Map.entry("-f", List.of("force", "tail")),
          Map.entry("-w", List.of("worker")),
          Map.entry("-v", List.of("verbose")));

  /** Command implementation. */
  @FunctionalInterface
  public interface Action {
    /**
     * Does it.
     *
     * @return the exit code: 0, 1 for failed, 3 for complaints of a linter
     */
    int run(Arguments arguments, Console console) throws IOException;
  }

  /**
   * Command arguments.
   *
   * @param flags flag values, given and default
   * @param operands arguments that are not flags
   */
  public record Arguments(FlagSet flags, List<String> operands) {
    /** Returns an operand, or a default if omitted. */
    String operand(int i, String otherwise) {
      return i < operands.size() ? operands.get(i) : otherwise;
    }

    /** Refuses a command line without these flags. */
    void require(String... names) {
      List<String> missing =
          Stream.of(names).filter(n -> !flags.isGiven(n)).map(n -> "'--" + n + "'").toList();
      if (!missing.isEmpty()) {
        throw new CommandLineException(
            "required flag(s) " + String.join(", ", missing) + " not provided");
      }
    }
  }

  /** Own flags and those of every command. */
  List<Flag> allFlags() {
    List<Flag> all = new ArrayList<>(flags);
    all.addAll(GlobalFlags.of(name, flags));
    return all;
  }

  /** Returns an argument with a short flag replaced by its long form. */
  String longForm(String arg) {
    if (arg.length() < 2 || arg.charAt(0) != '-' || arg.charAt(1) == '-') {
      return arg;
    }
    List<String> own = allFlags().stream().map(Flag::name).toList();
    String flag =
        SHORT.getOrDefault(arg.substring(0, 2), List.of()).stream()
            .filter(own::contains)
            .findFirst()
            .orElse(null);
    if (flag == null) {
      return arg;
    }
    String value = arg.substring(2);
    return "--"
        + flag
        + (value.isEmpty() ? "" : "=" + (value.startsWith("=") ? value.substring(1) : value));
  }

  int run(List<String> args, Console console) throws IOException {
    FlagSet set =
        new FlagSet("tethys tool " + name, operands, about, allFlags(), CommandLineException.WORDS);
    if (args.contains("--help") || args.contains("-h")) {
      console.out().print(set.help());
      return 0;
    }
    List<String> given = new ArrayList<>();
    set.parse(args.stream().map(this::longForm).toList(), given);
    if (given.size() < minOperands) {
      throw new CommandLineException(
          "required argument '" + operandName(given.size()) + "' not provided");
    }
    if (given.size() > maxOperands) {
      throw new CommandLineException("unexpected " + given.get(maxOperands));
    }
    return action.run(new Arguments(set, given), console);
  }

  /** Returns the text in angle brackets in the help, without these. */
  private String operandName(int i) {
    List<String> names =
        Pattern.compile("<([^>]+)>").matcher(operands).results().map(r -> r.group(1)).toList();
    return names.isEmpty() ? operands : names.get(Math.min(i, names.size() - 1));
  }
}
