package dev.tethys.collect.exporter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A command line as Go's own package {@code flag} reads it: one dash or two, values behind {@code
 * =} or a space, words of truth such as {@code 1} and {@code T}, and of a flag that is given twice
 * the last. What is no flag ends it.
 */
public final class GoFlags {
  /** Of every program; they take no value. */
  private static final Set<String> WORDS = Set.of("help", "h", "version");

  private final Set<String> booleans;
  private final Map<String, String> given = new LinkedHashMap<>();
  private final List<String> rest = new ArrayList<>();

  private GoFlags(Set<String> booleans) {
    this.booleans = booleans;
  }

  /**
   * Reads a command line.
   *
   * @param flags those that are known; others take a value
   */
  public static GoFlags read(List<String> args, Stream<ExporterFlag> flags) {
    GoFlags out =
        new GoFlags(
            flags
                .filter(f -> f.kind() == ExporterFlag.Kind.BOOLEAN)
                .map(ExporterFlag::name)
                .collect(Collectors.toSet()));
    int i = 0;
    while (i < args.size() && args.get(i).length() > 1 && args.get(i).startsWith("-")) {
      String a = args.get(i).substring(args.get(i).startsWith("--") ? 2 : 1);
      int eq = a.indexOf('=');
      String name = eq < 0 ? a : a.substring(0, eq);
      boolean takesNone = out.booleans.contains(name) || out.isNegated(name);
      i++;
      if (WORDS.contains(name)) {
        out.rest.add("--" + (name.equals("h") ? "help" : name));
      } else if (eq >= 0) {
        out.put(name, a.substring(eq + 1));
      } else if (takesNone) {
        out.put(
            out.isNegated(name) ? name.substring(3) : name, String.valueOf(!out.isNegated(name)));
      } else if (i < args.size()) {
        out.put(name, args.get(i++));
      } else {
        out.rest.add("--" + name);
      }
    }
    out.rest.addAll(args.subList(i, args.size()));
    return out;
  }

  private boolean isNegated(String name) {
    return name.startsWith("no-") && booleans.contains(name.substring(3));
  }

  /** Gives a flag a value in the place of one that it has. */
  public void put(String name, String value) {
    given.put(name, booleans.contains(name) ? truth(value) : value);
  }

  private static String truth(String word) {
    return switch (word) {
      case "1", "t", "T", "TRUE", "True" -> "true";
      case "0", "f", "F", "FALSE", "False" -> "false";
      default -> word;
    };
  }

  /** Gives a flag that has no value that of a variable, where that is set. */
  public void putIfAbsent(String name, @Nullable String variable) {
    if (variable != null && !variable.isEmpty() && !given.containsKey(name)) {
      put(name, variable);
    }
  }

  /** Takes a flag out; null when it was not given. */
  public @Nullable String take(String name) {
    return given.remove(name);
  }

  /** As arguments, {@code --name=value} each, and what is no flag behind them. */
  public List<String> arguments() {
    List<String> out = new ArrayList<>();
    given.forEach((name, value) -> out.add("--" + name + "=" + value));
    out.addAll(rest);
    return out;
  }
}
