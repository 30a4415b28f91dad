package dev.tethys.pipeline.operators;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.LogRecord;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Source of an entry's severity and mapping of its values. */
final class SeveritySetting {
  private static final List<String> LEVELS =
      List.of("trace", "debug", "info", "warn", "error", "fatal");

  /** Aliases of severities, which a mapping may redefine. */
  private static final Map<String, Integer> ALIASES = aliases();

  /** Maximum width of a range in a mapping. */
  private static final long MAX_RANGE = 100_000;

  /** Keys of this setting, inline in an operator or in a separate block. */
  static final class Keys {
    private final Key<Field> from;
    private final Key<String> preset;
    private final Key<Map<String, YamlNode>> mapping;
    private final Key<Boolean> overwrite;

    Keys(Section s) {
      from = s.required("parse_from", Field.TYPE, "Field that holds the severity.");
      preset =
          s.key(
              "preset",
              Type.oneOf("preset", List.of("default", "otel", "aliases", "none")),
              "default",
              "Set of words that have a severity without a mapping.");
      mapping =
          s.key(
              "mapping",
              Type.map(Type.ANY),
              Map.of(),
              "Values by severity: words, numbers, ranges {min, max} and 2xx to 5xx.");
      overwrite =
          s.key(
              "overwrite_text",
              Type.BOOL,
              false,
              "If true, the severity text is the name of the severity number instead "
                  + "of the parsed text.");
    }

    SeveritySetting read(YamlObject o) {
      Map<String, Integer> words = new HashMap<>();
      if (!o.get(preset).equals("none")) {
        preset(words, o.get(preset).equals("default"));
      }
      o.get(mapping)
          .forEach(
              (name, value) -> {
                int number = number(name);
                if (number < 0) {
                  throw value.error(
                      "\""
                          + name
                          + "\" is not a severity; it must be default, trace, trace2, … debug, "
                          + "info, warn, error, fatal, … fatal4, or 1 to 24");
                }
                for (YamlNode n : value.isList() ? value.items() : List.of(value)) {
                  add(words, n, number);
                }
              });
      return new SeveritySetting(o.get(from), words, o.get(overwrite));
    }
  }

  /** The block {@code severity} of parsers. */
  static final Type<SeveritySetting> TYPE;

  static {
    Section s = new Section("severity", "Severity of the entry.");
    TYPE = s.type(new Keys(s)::read);
  }

  private final Field from;
  private final Map<String, Integer> words;
  private final boolean overwrite;

  private SeveritySetting(Field from, Map<String, Integer> words, boolean overwrite) {
    this.from = from;
    this.words = Map.copyOf(words);
    this.overwrite = overwrite;
  }

  private static void preset(Map<String, Integer> words, boolean more) {
    for (int i = 0; i < 24; i++) {
      words.put(name(i + 1), i + 1);
      words.put(String.valueOf(i + 1), i + 1);
    }
    if (more) {
      words.putAll(ALIASES);
    }
  }

  /** Returns the name of a severity number, such as {@code info3} for 11. */
  static String name(int number) {
    int n = (number - 1) % 4;
    return LEVELS.get((number - 1) / 4) + (n == 0 ? "" : String.valueOf(n + 1));
  }

  private static int number(String name) {
    String s = name.toLowerCase(Locale.ROOT);
    if (s.equals("default") || s.equals("0")) {
      return 0;
    }
    for (int i = 1; i <= 24; i++) {
      if (s.equals(name(i)) || s.equals(String.valueOf(i))) {
        return i;
      }
    }
    return ALIASES.getOrDefault(s, -1);
  }

  private static Map<String, Integer> aliases() {
    Map<String, Integer> words = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      String n = i == 0 ? "" : String.valueOf(i + 1);
      words.put("warning" + n, 13 + i);
      words.put("err" + n, 17 + i);
    }
    return words;
  }

  private static void add(Map<String, Integer> words, YamlNode n, int number) {
    if (n.isMap()) {
      Map<String, YamlNode.Entry> m = n.entries();
      YamlNode.Entry min = m.get("min");
      YamlNode.Entry max = m.get("max");
      if (min == null || max == null || m.size() != 2) {
        throw n.error("a range must have a min and a max");
      }
      long a = min.value().asLong();
      long b = max.value().asLong();
      if (Math.abs(b - a) > MAX_RANGE) {
        throw n.error("a range must have at most " + MAX_RANGE + " numbers");
      }
      for (long i = Math.min(a, b); i <= Math.max(a, b); i++) {
        words.put(String.valueOf(i), number);
      }
      return;
    }
    String s = n.asString().toLowerCase(Locale.ROOT);
    if (s.length() == 3 && s.endsWith("xx") && s.charAt(0) >= '2' && s.charAt(0) <= '5') {
      for (int i = 0; i < 100; i++) {
        words.put(String.valueOf((s.charAt(0) - '0') * 100 + i), number);
      }
    } else {
      words.put(s, number);
    }
  }

  void apply(Entry e) throws OperatorException {
    Object v = from.get(e);
    if (v == Field.NOTHING) {
      throw new OperatorException("there is no " + from + " to read the severity from");
    }
    String text = text(v);
    if (text == null) {
      throw new OperatorException(from + " is neither a string nor a whole number");
    }
    LogRecord r = e.record();
    int number = words.getOrDefault(text.toLowerCase(Locale.ROOT), 0);
    r.setSeverityNumber(number);
    r.setSeverityText(overwrite && number > 0 ? name(number).toUpperCase(Locale.ROOT) : text);
  }

  private static @Nullable String text(@Nullable Object v) {
    return switch (v) {
      case String s -> s;
      case Long l -> l.toString();
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> String.valueOf(d.longValue());
      case byte[] b -> new String(b, StandardCharsets.UTF_8);
      case null, default -> null;
    };
  }
}
