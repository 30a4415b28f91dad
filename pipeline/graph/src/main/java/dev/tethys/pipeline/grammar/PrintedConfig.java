package dev.tethys.pipeline.grammar;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration as it was put together, with its secrets masked. */
public final class PrintedConfig {
  private static final String MASK = "[REDACTED]";

  private PrintedConfig() {}

  /** The text. Call it on a configuration that was found to be right. */
  public static String of(YamlNode root, Components components) {
    Map<String, Object> out = new LinkedHashMap<>();
    root.entries()
        .forEach(
            (name, e) -> {
              for (Kind k : Kind.values()) {
                if (k.section().equals(name)) {
                  out.put(name, definitions(k, e.value(), components));
                }
              }
              out.computeIfAbsent(name, x -> e.value().asTree());
            });
    return YamlWriter.write(out);
  }

  private static Object definitions(Kind kind, YamlNode at, Components components) {
    Map<String, Object> out = new LinkedHashMap<>();
    at.entries()
        .forEach(
            (name, e) -> {
              ComponentId written = ComponentId.parse(name);
              Section s =
                  components
                      .find(kind, written.type())
                      .map(f -> f.settings().section())
                      .orElse(null);
              out.put(components.canonical(kind, written).toString(), masked(e.value(), s, false));
            });
    return out;
  }

  private static Object masked(YamlNode n, @Nullable Section section, boolean secret) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(masked(i, section, secret)));
      return out;
    }
    if (n.isMap()) {
      Map<String, Object> out = new LinkedHashMap<>();
      n.entries()
          .forEach(
              (name, e) -> {
                Key<?> key = key(section, name);
                if (key == null) {
                  // A free key: of headers, say, or of maps of the section itself.
                  out.put(name, masked(e.value(), section, secret));
                } else {
                  Type<?> t = key.type();
                  boolean hidden = secret || t.name().contains(Type.SECRET.name());
                  out.put(name, masked(e.value(), t.section(), hidden));
                }
              });
      return out;
    }
    return secret && !n.isNull() ? MASK : n.asTree();
  }

  private static @Nullable Key<?> key(@Nullable Section section, String name) {
    if (section != null) {
      for (Key<?> k : section.keys()) {
        if (k.name().equals(name)) {
          return k;
        }
      }
    }
    return null;
  }
}
