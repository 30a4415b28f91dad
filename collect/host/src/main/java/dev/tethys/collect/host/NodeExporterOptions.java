package dev.tethys.collect.host;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.host.NodeExporterFlags.Flag;
import dev.tethys.collect.host.NodeExporterFlags.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Validated flags of node_exporter.
 *
 * @param paths paths under which the host's file systems are mounted
 * @param enabled names of the collectors that run
 * @param values collector flags by name; absent ones have their default
 */
public record NodeExporterOptions(
    HostPaths paths, Set<String> enabled, Map<String, List<String>> values) {

  /** Node_exporter without any flag. */
  public static final NodeExporterOptions DEFAULT = parse(List.of());

  /** Keeps copies. */
  public NodeExporterOptions {
    enabled = Set.copyOf(enabled);
    values = Map.copyOf(values);
  }

  /**
   * A flag as given.
   *
   * @param name without leading dashes; a switch may begin with {@code no-}
   * @param value null for a switch without one
   */
  public record Setting(String name, @Nullable String value) {}

  /** True if this parser supports the flag, so that an application can sort flags. */
  public static boolean isFlag(String name) {
    return NodeExporterFlags.find(name) != null
        || name.startsWith("no-") && isFlag(name.substring(3));
  }

  /** All flags, for a help text. */
  public static List<Flag> flags() {
    return NodeExporterFlags.ALL;
  }

  /**
   * Parses flags; the last value of a repeated flag wins, except for repeatable ones.
   *
   * @throws IllegalArgumentException with the flag and the problem
   */
  public static NodeExporterOptions parse(List<Setting> settings) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    Map<String, Boolean> forced = new LinkedHashMap<>();
    for (Setting s : settings) {
      read(s, given, forced);
    }
    NodeExporterFlags.replaceDeprecated(given);
    checkExclusive(given);
    boolean defaults = !"true".equals(one(given, "collector.disable-defaults"));
    Set<String> enabled = new TreeSet<>();
    for (Flag f : NodeExporterFlags.ALL) {
      if (f.kind() == Kind.COLLECTOR) {
        String name = f.collector();
        if (forced.getOrDefault(name, defaults && f.value().equals("true"))) {
          enabled.add(name);
        }
      }
    }
    HostPaths paths =
        new HostPaths(
            path(given, "path.procfs"),
            path(given, "path.sysfs"),
            path(given, "path.rootfs"),
            path(given, "path.udev.data"));
    return new NodeExporterOptions(paths, enabled, given);
  }

  private static void read(
      Setting s, Map<String, List<String>> given, Map<String, Boolean> forced) {
    String name = s.name();
    boolean no = false;
    Flag f = NodeExporterFlags.find(name);
    if (f == null && name.startsWith("no-")) {
      no = true;
      name = name.substring(3);
      f = NodeExporterFlags.find(name);
    }
    if (f == null) {
      throw new IllegalArgumentException("unknown long flag '--" + s.name() + "'");
    }
    boolean isSwitch = f.kind() == Kind.COLLECTOR || f.kind() == Kind.SWITCH;
    if (no && !isSwitch) {
      throw new IllegalArgumentException("unknown long flag '--" + s.name() + "'");
    }
    String value = s.value();
    if (isSwitch) {
      if (value == null) {
        value = no ? "false" : "true";
      } else if (no || !value.equals("true") && !value.equals("false")) {
        throw new IllegalArgumentException(
            "--" + s.name() + ": \"" + value + "\" is neither true nor false");
      }
    } else if (value == null) {
      throw new IllegalArgumentException("expected argument for flag '--" + name + "'");
    }
    if (f.kind() == Kind.COLLECTOR) {
      forced.put(f.collector(), value.equals("true"));
      return;
    }
    check(f, value);
    List<String> list = given.computeIfAbsent(name, k -> new ArrayList<>());
    if (f.kind() != Kind.STRINGS) {
      list.clear();
    }
    list.add(value);
  }

  private static void check(Flag f, String value) {
    switch (f.kind()) {
      case REGEX -> {
        try {
          Pattern.compile(value);
        } catch (PatternSyntaxException e) {
          throw new IllegalArgumentException("--" + f.name() + ": " + e.getMessage(), e);
        }
      }
      case DURATION -> duration(f.name(), value);
      case NUMBER -> {
        if (!value.matches("[0-9]{1,9}")) {
          throw new IllegalArgumentException(
              "--" + f.name() + ": \"" + value + "\" is not a whole number");
        }
      }
      default -> {}
    }
  }

  private static void checkExclusive(Map<String, List<String>> given) {
    for (Flag f : NodeExporterFlags.ALL) {
      String name = f.name();
      if (!name.endsWith("-include") || !exclusive(name)) {
        continue;
      }
      String other = name.substring(0, name.length() - "include".length()) + "exclude";
      String include = one(given, name);
      String exclude = one(given, other);
      if (include == null || include.isEmpty()) {
        continue;
      }
      if (exclude != null && !exclude.isEmpty()) {
        throw new IllegalArgumentException(
            "--" + other + " and --" + name + " are mutually exclusive");
      }
      given.put(other, List.of("")); // asking for some drops the default exclusion
    }
  }

  /** Whether an include flag excludes its counterpart; systemd units may match both patterns. */
  private static boolean exclusive(String include) {
    return !include.startsWith("collector.systemd.")
        && NodeExporterFlags.find(
                include.substring(0, include.length() - "include".length()) + "exclude")
            != null;
  }

  private static @Nullable String one(Map<String, List<String>> given, String name) {
    List<String> v = given.get(name);
    return v == null || v.isEmpty() ? null : v.get(v.size() - 1);
  }

  private static String path(Map<String, List<String>> given, String name) {
    String v = one(given, name);
    return v == null ? NodeExporterFlags.get(name).value() : v;
  }

  /** The value of a flag, or its default. */
  public String string(String flag) {
    String v = one(values, flag);
    return v == null ? NodeExporterFlags.get(flag).value() : v;
  }

  /** The values of a repeatable flag, empty without any. */
  public List<String> strings(String flag) {
    return values.getOrDefault(flag, List.of());
  }

  /** Whether a switch is on. */
  public boolean on(String flag) {
    return string(flag).equals("true");
  }

  /** The value of a flag that is an integer. */
  public int number(String flag) {
    return Integer.parseInt(string(flag));
  }

  /** The value of a flag that is a time span. */
  public Duration duration(String flag) {
    return duration(flag, string(flag));
  }

  private static Duration duration(String flag, String value) {
    java.util.regex.Matcher m = DURATION.matcher(value);
    Duration d = Duration.ZERO;
    int end = 0;
    while (m.find() && m.start() == end) {
      double n = Double.parseDouble(m.group(1));
      double seconds =
          switch (m.group(2)) {
            case "h" -> n * 3600;
            case "m" -> n * 60;
            case "s" -> n;
            default -> n / 1000;
          };
      d = d.plusNanos((long) (seconds * 1e9));
      end = m.end();
    }
    if (end == 0 || end != value.length()) {
      throw new IllegalArgumentException(
          "--" + flag + ": \"" + value + "\" is not a duration such as 5s or 500ms");
    }
    return d;
  }

  private static final java.util.regex.Pattern DURATION =
      java.util.regex.Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|h|m|s)");
}
