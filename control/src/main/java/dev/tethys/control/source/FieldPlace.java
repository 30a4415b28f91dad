package dev.tethys.control.source;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Maps an error in a manifest to the field of the cluster object, because users never see the lines
 * of that text. A configuration written as text keeps its line numbers.
 */
public final class FieldPlace {
  private static final String CONFIG = " spec.config";
  private static final Pattern POSITION = Pattern.compile(":(\\d+:\\d+): ");

  private FieldPlace() {}

  /**
   * Rewrites an error, such as {@code TethysControl/shop/a:6:3: unknown key}.
   *
   * @param path object path used as the prefix of its errors
   * @param text manifest of the object
   */
  public static String describe(String path, String text, String error) {
    if (!error.startsWith(path)) {
      return error;
    }
    String rest = error.substring(path.length());
    boolean ofConfig = rest.startsWith(CONFIG);
    Matcher m = POSITION.matcher(ofConfig ? rest.substring(CONFIG.length()) : rest);
    if (!m.lookingAt()) {
      return rest.startsWith(": ") ? rest.substring(2) : ofConfig ? rest.substring(1) : error;
    }
    String problem = rest.substring((ofConfig ? CONFIG.length() : 0) + m.end());
    try {
      YamlNode root = YamlDocument.parseAll(path, text).getFirst().root();
      if (!ofConfig) {
        return field(root, path + ":" + m.group(1), "", problem);
      }
      YamlNode config = child(child(root, "spec"), "config");
      if (config.isMap()) {
        YamlNode written =
            YamlDocument.parseAll(path, SourceResource.Reader.configText(config)).getFirst().root();
        return field(written, path + ":" + m.group(1), "spec.config", problem);
      }
    } catch (ConfigException | IllegalArgumentException e) {
      // then by its line
    }
    String[] place = m.group(1).split(":", -1);
    return (ofConfig ? "spec.config, " : "")
        + "line "
        + place[0]
        + ", column "
        + place[1]
        + ": "
        + problem;
  }

  private static YamlNode child(YamlNode map, String key) {
    YamlNode.Entry e = map.isMap() ? map.entries().get(key) : null;
    if (e == null) {
      throw new IllegalArgumentException("no " + key);
    }
    return e.value();
  }

  private static String field(YamlNode root, String where, String prefix, String problem) {
    String found = find(root, where, prefix, problem);
    return (found.isEmpty() ? "object" : found) + ": " + problem;
  }

  /**
   * Returns the path of the value or key at a position; "" if none. A map starts where its first
   * key does: if an error names the key, it is about the key, otherwise about the map.
   */
  private static String find(YamlNode n, String where, String path, String problem) {
    String found = n.where().equals(where) ? path : "";
    if (n.isMap()) {
      for (Map.Entry<String, YamlNode.Entry> e : n.entries().entrySet()) {
        String of = path.isEmpty() ? e.getKey() : path + "." + e.getKey();
        boolean key = e.getValue().key().where().equals(where) && problem.contains(e.getKey());
        String deeper = key ? of : find(e.getValue().value(), where, of, problem);
        if (!deeper.isEmpty()) {
          return found.isEmpty() || key ? deeper : found;
        }
        if (found.isEmpty() && e.getValue().key().where().equals(where)) {
          return of;
        }
      }
    } else if (n.isList()) {
      List<YamlNode> items = n.items();
      for (int i = 0; i < items.size(); i++) {
        String deeper = find(items.get(i), where, path + "[" + i + "]", problem);
        if (!deeper.isEmpty()) {
          return found.isEmpty() ? deeper : found;
        }
      }
    }
    return found;
  }
}
