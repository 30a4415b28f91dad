package dev.tethys.alert.manager.receiver;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Values of YAML whose texts and keys are templates. A text whose expansion is YAML of a list, a
 * map, a number or a bool becomes that, so that templates can give structure.
 */
final class YamlTemplates {
  private YamlTemplates() {}

  /** Expands everything in a node. */
  static Object expand(YamlNode node, UnaryOperator<String> template) {
    return value(node.asTree(), template);
  }

  /** Expands one text. */
  static Object expandText(String text, UnaryOperator<String> template) {
    return parsed(template.apply(text));
  }

  private static Object value(Object v, UnaryOperator<String> template) {
    return switch (v) {
      case String s -> parsed(template.apply(s));
      case Collection<?> c -> {
        List<Object> out = new ArrayList<>();
        c.forEach(i -> out.add(value(i, template)));
        yield out;
      }
      case Map<?, ?> m -> {
        Map<String, Object> out = new TreeMap<>();
        m.forEach((k, i) -> out.put(template.apply(String.valueOf(k)), value(i, template)));
        yield out;
      }
      default -> v;
    };
  }

  private static Object parsed(String text) {
    YamlNode root;
    try {
      root = YamlDocument.parse("", null, text).root();
      if (root.isNull()) {
        return text;
      }
      if (root.isList() || root.isMap()) {
        return sorted(root.asTree());
      }
      Object tree = root.asTree();
      return tree instanceof Boolean || tree instanceof Number ? tree : text;
    } catch (ConfigException e) {
      return text;
    }
  }

  private static Object sorted(Object v) {
    return switch (v) {
      case Map<?, ?> m -> {
        Map<String, Object> out = new TreeMap<>();
        m.forEach((k, i) -> out.put(String.valueOf(k), sorted(i)));
        yield out;
      }
      case Collection<?> c -> c.stream().map(YamlTemplates::sorted).toList();
      default -> v;
    };
  }

  /** The entries of a map of texts, expanded. */
  static Map<String, String> texts(Map<String, String> m, UnaryOperator<String> template) {
    Map<String, String> out = new LinkedHashMap<>();
    m.forEach((k, v) -> out.put(k, template.apply(v)));
    return out;
  }
}
