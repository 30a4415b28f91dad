package dev.tethys.config;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the reference documentation of configuration keys from their descriptions. */
public final class ConfigReference {
  private ConfigReference() {}

  /**
   * Writes a Markdown chapter per section: the given ones first, then all sections reachable from
   * them.
   */
  public static String markdown(String title, Section... tops) {
    Set<Section> seen = new LinkedHashSet<>();
    Deque<Section> open = new ArrayDeque<>();
    for (Section s : tops) {
      open.add(s);
    }
    StringBuilder sb = new StringBuilder("# ").append(title).append("\n");
    while (!open.isEmpty()) {
      Section s = open.poll();
      if (!seen.add(s)) {
        continue;
      }
      sb.append("\n## ").append(s.name()).append("\n\n").append(s.doc()).append("\n\n");
      sb.append("| key | type | default | |\n| --- | --- | --- | --- |\n");
      for (Key<?> k : s.keys()) {
        Section nested = k.type().section();
        if (nested != null) {
          open.add(nested);
        }
        sb.append("| `").append(k.name()).append("` | ").append(typeText(k)).append(" | ");
        sb.append(defaultText(k)).append(" | ").append(cell(k.doc())).append(" |\n");
      }
    }
    return sb.toString();
  }

  private static String typeText(Key<?> k) {
    Section nested = k.type().section();
    if (!k.built()) {
      return "not built yet";
    }
    String name = cell(k.type().name());
    return nested == null
        ? name
        : name.replace(nested.name(), "[" + nested.name() + "](#" + nested.name() + ")");
  }

  /** Returns the default as Markdown; "required" or "" if there is none. */
  static String defaultText(Key<?> k) {
    if (k.isRequired()) {
      return "required";
    }
    @Nullable Object d = k.defaultValue();
    return switch (d) {
      case null -> "";
      case Duration v -> "`" + Durations.format(v) + "`";
      case Boolean v when k.type() != Type.BOOL -> ""; // a word replaces it
      case Boolean v -> "`" + v + "`";
      case Number v -> "`" + v + "`";
      case ByteSize v -> "`" + v + "`";
      case String v -> v.isEmpty() ? "" : "`" + cell(v) + "`";
      case URI v -> "`" + v + "`";
      case Enum<?> v -> "`" + v.toString().toLowerCase(java.util.Locale.ROOT) + "`";
      default -> "";
    };
  }

  private static String cell(String s) {
    return s.replace("|", "\\|");
  }
}
