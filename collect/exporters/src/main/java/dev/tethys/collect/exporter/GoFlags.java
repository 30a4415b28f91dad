package dev.tethys.collect.exporter;

import dev.tethys.collect.exporter.ExporterFlag.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Command line parser compatible with Go's package {@code flag}. Flags have one dash or two, and
 * values after {@code =} or a space; booleans are words such as {@code 1} and {@code T}; the last
 * value of a repeated flag wins, unless the flag is repeatable. The first argument that is not a
 * flag ends the flags, as does {@code --}.
 */
public final class GoFlags {
  /** Flags of every program; they take no value. */
  private static final Set<String> WORDS = Set.of("help", "h", "version");

  private final Set<String> booleans;
  private final Set<String> repeatable;
  private final Map<String, List<String>> given = new LinkedHashMap<>();
  private final List<String> rest = new ArrayList<>();

  private GoFlags(List<ExporterFlag> flags) {
    this.booleans = named(flags, Set.of(Kind.BOOLEAN));
    this.repeatable = named(flags, Set.of(Kind.LIST, Kind.PATHS));
  }

  private static Set<String> named(List<ExporterFlag> flags, Set<Kind> kinds) {
    return flags.stream()
        .filter(f -> kinds.contains(f.kind()))
        .map(ExporterFlag::name)
        .collect(Collectors.toSet());
  }

  /**
   * Reads the command line of an exporter.
   *
   * @throws IllegalArgumentException if something follows {@code --}
   */
  public static GoFlags read(List<String> args, ExporterKind kind) {
    return read(
        args,
        Stream.of(kind.flags(), kind.programFlags(), ExporterFlag.ofEveryProgram(kind.address()))
            .flatMap(List::stream)
            .toList());
  }

  /**
   * Reads a command line.
   *
   * @param flags known flags; others take a value
   */
  static GoFlags read(List<String> args, List<ExporterFlag> flags) {
    GoFlags out = new GoFlags(flags);
    int i = 0;
    while (i < args.size() && args.get(i).length() > 1 && args.get(i).startsWith("-")) {
      String a = args.get(i).substring(args.get(i).startsWith("--") ? 2 : 1);
      int eq = a.indexOf('=');
      String name = eq < 0 ? a : a.substring(0, eq);
      boolean takesNone = out.booleans.contains(name) || out.isNegated(name);
      i++;
      if (a.isEmpty()) {
        if (i < args.size()) {
          throw new IllegalArgumentException(
              "unexpected argument \"" + args.get(i) + "\" after --");
        }
      } else if (WORDS.contains(name)) {
        out.rest.add("--" + (name.equals("h") ? "help" : name));
      } else if (eq >= 0) {
        out.add(name, a.substring(eq + 1));
      } else if (takesNone) {
        out.add(
            out.isNegated(name) ? name.substring(3) : name, String.valueOf(!out.isNegated(name)));
      } else if (i < args.size()) {
        out.add(name, args.get(i++));
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

  private void add(String name, String value) {
    if (repeatable.contains(name)) {
      given.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    } else {
      put(name, value);
    }
  }

  /** Replaces the value of a flag. */
  public void put(String name, String value) {
    given.put(name, new ArrayList<>(List.of(booleans.contains(name) ? truth(value) : value)));
  }

  private static String truth(String word) {
    return switch (word) {
      case "1", "t", "T", "TRUE", "True" -> "true";
      case "0", "f", "F", "FALSE", "False" -> "false";
      default -> word;
    };
  }

  /** Sets an unset flag from an environment variable, if that is set. */
  public void putIfAbsent(String name, @Nullable String variable) {
    if (variable != null && !variable.isEmpty() && !isGiven(name)) {
      put(name, variable);
    }
  }

  /** Whether it has a value. */
  public boolean isGiven(String name) {
    return given.containsKey(name);
  }

  /** Removes a flag; returns null if it was not set. */
  public @Nullable String take(String name) {
    List<String> values = given.remove(name);
    return values == null ? null : values.getLast();
  }

  /**
   * Removes a flag that is on or off; off when it was not given.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public boolean takeBoolean(String name) {
    String word = take(name);
    if (word != null && !word.equals("true") && !word.equals("false")) {
      throw new IllegalArgumentException(
          "--" + name + ": \"" + word + "\" cannot be read; expected true or false");
    }
    return "true".equals(word);
  }

  /** Flags as {@code --name=value} arguments, followed by the positional arguments. */
  public List<String> arguments() {
    List<String> out = new ArrayList<>();
    given.forEach((name, values) -> values.forEach(v -> out.add("--" + name + "=" + v)));
    out.addAll(rest);
    return out;
  }
}
