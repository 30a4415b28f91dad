package dev.tethys.config;

import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes trees of maps, lists and scalars as YAML, laid out as Go's writer does: two spaces a
 * level, lists not indented inside maps. Entries whose value is null are omitted; secrets and the
 * passwords of URLs are masked. {@link #writeRedacted} also masks values whose names suggest a
 * secret.
 */
public final class YamlWriter {
  /** A list on one line: {@code [a, b]}. */
  public record Flow(List<String> items) {}

  private final StringBuilder out = new StringBuilder();
  private final boolean redacting;

  private YamlWriter(boolean redacting) {
    this.redacting = redacting;
  }

  /** Renders a tree to be read again, ending with a line end. */
  public static String write(Map<String, ? extends @Nullable Object> tree) {
    return write(tree, false);
  }

  /** Renders a tree for display: see {@link Redaction}. */
  public static String writeRedacted(Map<String, ? extends @Nullable Object> tree) {
    return write(tree, true);
  }

  private static String write(Map<String, ? extends @Nullable Object> tree, boolean redacting) {
    YamlWriter w = new YamlWriter(redacting);
    w.map(tree, 0, false);
    return w.out.toString();
  }

  private void map(Map<?, ?> map, int indent, boolean firstInline) {
    boolean first = firstInline;
    for (Map.Entry<?, ?> e : map.entrySet()) {
      Object v = e.getValue();
      if (v == null) {
        continue;
      }
      if (redacting) {
        v = RedactedTree.value(String.valueOf(e.getKey()), v);
      }
      if (!first) {
        out.repeat(' ', indent);
      }
      first = false;
      out.append(scalar(String.valueOf(e.getKey()))).append(':');
      value(v, indent);
    }
  }

  private void value(Object v, int indent) {
    switch (v) {
      case YamlTree.Placed p -> value(p.value(), indent);
      case Map<?, ?> m when !isEmpty(m) -> {
        out.append('\n');
        map(m, indent + 2, false);
      }
      case Map<?, ?> m -> out.append(" {}\n");
      case Collection<?> c when !c.isEmpty() -> {
        out.append('\n');
        for (Object item : c) {
          out.repeat(' ', indent).append('-');
          if (item instanceof Map<?, ?> m && !isEmpty(m)) {
            out.append(' ');
            map(m, indent + 2, true);
          } else {
            value(item, indent + 2);
          }
        }
      }
      case Collection<?> c -> out.append(" []\n");
      case Flow f ->
          out.append(" [")
              .append(String.join(", ", f.items().stream().map(this::text).toList()))
              .append("]\n");
      default -> out.append(' ').append(text(v)).append('\n');
    }
  }

  private static boolean isEmpty(Map<?, ?> m) {
    return m.values().stream().allMatch(v -> v == null);
  }

  private String text(Object v) {
    return switch (v) {
      case Duration d -> Durations.format(d);
      case Double d when d.isNaN() -> ".nan";
      case Double d when d.isInfinite() -> d > 0 ? ".inf" : "-.inf";
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> Long.toString(d.longValue());
      case Number n -> n.toString();
      case Boolean b -> b.toString();
      case YamlTree.Plain p -> p.text();
      case URI u -> scalar(redacting ? Redaction.url(u) : Redaction.passwordMasked(u));
      case String s -> scalar(redacting ? Redaction.text(s) : s);
      default -> scalar(v.toString());
    };
  }

  /** Formats a string as YAML, quoted if it would otherwise be read as another type. */
  static String scalar(String s) {
    if (s.codePoints().anyMatch(YamlWriter::mustEscape)) {
      StringBuilder sb = new StringBuilder("\"");
      s.codePoints().forEach(c -> appendEscaped(sb, c));
      return sb.append('"').toString();
    }
    boolean quoted =
        PlainScalar.isSpecial(s)
            || "-?:,[]{}#&*!|>'\"%@` ".indexOf(s.charAt(0)) >= 0 && !plainStart(s)
            || s.endsWith(" ")
            || s.endsWith(":")
            || s.contains(": ")
            || s.contains(" #")
            || s.equals("---")
            || s.equals("...")
            || s.chars().anyMatch(c -> ",[]{}".indexOf(c) >= 0);
    return quoted ? "'" + s.replace("'", "''") + "'" : s;
  }

  private static void appendEscaped(StringBuilder sb, int c) {
    switch (c) {
      case '"' -> sb.append("\\\"");
      case '\\' -> sb.append("\\\\");
      case '\n' -> sb.append("\\n");
      case '\t' -> sb.append("\\t");
      case '\r' -> sb.append("\\r");
      default -> {
        if (mustEscape(c)) {
          sb.append(String.format("\\u%04X", c));
        } else {
          sb.appendCodePoint(c);
        }
      }
    }
  }

  /** Whether a character must be escaped: non-printable in YAML, or readable as a line end. */
  private static boolean mustEscape(int c) {
    return c < ' '
        || c >= 0x7f && c < 0xa0
        || c == 0x2028
        || c == 0x2029
        || c >= 0xd800 && c < 0xe000
        || c == 0xfeff
        || c == 0xfffe
        || c == 0xffff;
  }

  private static boolean plainStart(String s) {
    return "-?:".indexOf(s.charAt(0)) >= 0 && s.length() > 1 && s.charAt(1) != ' ';
  }
}
