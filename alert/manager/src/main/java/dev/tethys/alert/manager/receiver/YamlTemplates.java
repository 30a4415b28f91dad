package dev.tethys.alert.manager.receiver;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * YAML values with templates in strings and keys. A template that expands to a YAML list, map,
 * number or bool becomes that value, so that templates can produce structure.
 */
public final class YamlTemplates {
  private YamlTemplates() {}

  /** Expands everything in a node; null stays null. */
  public static @Nullable Object expand(YamlNode node, UnaryOperator<String> template) {
    return value(node.asNullableTree(), template);
  }

  /** Expands one text. */
  public static Object expandText(String text, UnaryOperator<String> template) {
    return parsed(template.apply(text));
  }

  private static @Nullable Object value(@Nullable Object v, UnaryOperator<String> template) {
    return switch (v) {
      case String s -> parsed(template.apply(s));
      case Collection<?> c -> {
        List<@Nullable Object> out = new ArrayList<>();
        c.forEach(i -> out.add(value(i, template)));
        yield out;
      }
      case Map<?, ?> m -> {
        Map<String, @Nullable Object> out = new TreeMap<>();
        m.forEach((k, i) -> out.put(template.apply(String.valueOf(k)), value(i, template)));
        yield out;
      }
      case null, default -> v;
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
        return Objects.requireNonNull(sorted(root.asNullableTree()));
      }
      Object tree = root.asTree();
      return tree instanceof Boolean || tree instanceof Number ? tree : text;
    } catch (ConfigException e) {
      return text;
    }
  }

  private static @Nullable Object sorted(@Nullable Object v) {
    return switch (v) {
      case Map<?, ?> m -> {
        Map<String, @Nullable Object> out = new TreeMap<>();
        m.forEach((k, i) -> out.put(String.valueOf(k), sorted(i)));
        yield out;
      }
      case Collection<?> c -> {
        List<@Nullable Object> out = new ArrayList<>();
        c.forEach(i -> out.add(sorted(i)));
        yield out;
      }
      case null, default -> v;
    };
  }

  /** Returns the expanded entries of a map of strings. */
  public static Map<String, String> texts(Map<String, String> m, UnaryOperator<String> template) {
    Map<String, String> out = new LinkedHashMap<>();
    m.forEach((k, v) -> out.put(k, template.apply(v)));
    return out;
  }
}
