package dev.tethys.collect.logs;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.util.Map;

/** The key {@code labels} of a source: labels of all its entries. */
public final class LabelMap {
  private final Key<Map<String, String>> key;

  /** Adds the key to a section. */
  public LabelMap(Section section) {
    this.key = section.key("labels", Type.map(Type.STRING), Map.of(), "Labels of all entries.");
  }

  /**
   * Reads the configured labels.
   *
   * @throws dev.tethys.config.ConfigException if a name is not a valid label name
   */
  public Labels read(YamlObject o) {
    Map<String, String> m = o.get(key);
    for (String name : m.keySet()) {
      if (!isName(name)) {
        throw o.error(key, "\"" + name + "\" is not a valid label name");
      }
    }
    return Labels.of(m);
  }

  private static boolean isName(String s) {
    return s.matches("[a-zA-Z_][a-zA-Z0-9_]*");
  }

  /** A word as part of a label's name: other characters become {@code _}. */
  public static String sanitized(String word) {
    StringBuilder sb = new StringBuilder(word);
    for (int i = 0; i < sb.length(); i++) {
      char c = sb.charAt(i);
      boolean ok = c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (!ok) {
        sb.setCharAt(i, '_');
      }
    }
    return sb.toString();
  }
}
