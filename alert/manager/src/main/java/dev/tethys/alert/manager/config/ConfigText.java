package dev.tethys.alert.manager.config;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the effective configuration: the settings of the file and defaults for all others, with
 * secrets masked. Alertmanager's tools can read it back.
 */
final class ConfigText {
  private static final String MAP_OF = "map of string to ";
  private static final String LIST_OF = "list of ";

  private final Map<String, Section> sections;

  private ConfigText(Map<String, Section> sections) {
    this.sections = sections;
  }

  /**
   * Renders a configuration file as text.
   *
   * @param sections sections that are only named by types
   * @param without keys of the file that are omitted
   */
  static String of(YamlNode root, Section top, Map<String, Section> sections, Set<String> without) {
    Map<String, @Nullable Object> tree = new ConfigText(sections).tree(root, top);
    tree.keySet().removeAll(without);
    return YamlWriter.writeRedacted(tree);
  }

  private Map<String, @Nullable Object> tree(YamlNode node, Section section) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    Map<String, YamlNode.Entry> entries = node.entries();
    for (Key<?> key : section.keys()) {
      YamlNode.Entry e = entries.get(key.name());
      out.put(
          key.name(),
          e == null || e.value().isNull()
              ? shownDefault(key.defaultValue())
              : value(e.value(), key.type().name(), key.type()));
    }
    return out;
  }

  private static @Nullable Object shownDefault(@Nullable Object v) {
    return switch (v) {
      case String s -> s.isEmpty() ? null : s;
      case Boolean b -> b;
      case Duration d -> d.isZero() ? null : d;
      case URI u -> u;
      case null, default -> null;
    };
  }

  private @Nullable Object value(YamlNode v, String type, Type<?> full) {
    if (v.isNull()) {
      return "";
    }
    if (v.isList()) {
      String item = type.startsWith(LIST_OF) ? type.substring(LIST_OF.length()) : type;
      List<@Nullable Object> items = new java.util.ArrayList<>();
      v.items().forEach(i -> items.add(value(i, item, full)));
      return items;
    }
    if (type.startsWith(MAP_OF)) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      v.entries()
          .forEach((k, e) -> m.put(k, value(e.value(), type.substring(MAP_OF.length()), full)));
      return m;
    }
    if (v.isMap()) {
      Section named = full.section() != null ? full.section() : sections.get(type);
      return named == null ? v.asTree() : tree(v, named);
    }
    if (type.startsWith("secret")) {
      return new Secret(v.asString());
    }
    return type.equals("any") ? v.asTree() : scalar(v, type);
  }

  private static Object scalar(YamlNode v, String type) {
    return switch (type) {
      case "boolean" -> v.asBool();
      case "int", "uint", "float" -> v.asTree();
      case "url" -> URI.create(v.asString());
      default -> v.asString();
    };
  }
}
