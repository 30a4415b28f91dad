package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Redaction;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A configuration as it was put together, with its secrets masked. */
public final class PrintedConfig {
  private static final String MASK = "[REDACTED]";

  private static final String PRIVATE_KEY = "PRIVATE KEY-----";

  /** Keys under which headers stand, which are what a token is likely to be in. */
  private static final Set<String> HEADERS = Set.of("headers", "http_headers");

  private static final Set<String> HEADER_VALUES = Set.of("value", "default_value");

  /** Keys under which all that a token server is sent stands. */
  private static final String TOKEN_REQUEST = "endpoint_params";

  /** Keys under which parameters of a URL's query stand. */
  private static final Set<String> PARAMETERS = Set.of("params", "query_params");

  private PrintedConfig() {}

  /** The text. Call it on a configuration that was found to be right. */
  public static String of(YamlNode root, Components components) {
    Map<String, Object> out = new LinkedHashMap<>();
    root.entries()
        .forEach(
            (name, e) -> {
              for (ComponentKind k : ComponentKind.values()) {
                if (k.section().equals(name)) {
                  out.put(name, definitions(k, e.value(), components));
                }
              }
              out.computeIfAbsent(name, x -> masked(e.value(), null, false));
            });
    return YamlWriter.write(out);
  }

  private static Object definitions(ComponentKind kind, YamlNode at, Components components) {
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
                if (HEADERS.contains(name)) {
                  out.put(name, headers(e.value()));
                } else if (PARAMETERS.contains(name) && e.value().isMap()) {
                  out.put(name, parameters(e.value()));
                } else if (key == null) {
                  // A free key: of maps of the section itself, or of what is read elsewhere.
                  boolean hidden = secret || name.equals(TOKEN_REQUEST) || isSecret(name);
                  out.put(name, masked(e.value(), section, hidden));
                } else {
                  Type<?> t = key.type();
                  boolean hidden =
                      secret
                          || name.equals(TOKEN_REQUEST)
                          || t.name().contains(Type.SECRET.name())
                          || t.section() == null && isSecret(name);
                  out.put(name, masked(e.value(), t.section(), hidden));
                }
              });
      return out;
    }
    boolean hidden = secret || n.isScalar() && String.valueOf(n.asTree()).contains(PRIVATE_KEY);
    if (hidden && !n.isNull()) {
      return MASK;
    }
    Object shown = n.asTree();
    return shown instanceof String s ? Redaction.text(s) : shown;
  }

  private static boolean isSecret(String name) {
    return Redaction.isSecretKey(name) || name.endsWith("access_key");
  }

  private static Map<String, Object> parameters(YamlNode n) {
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries()
        .forEach(
            (name, e) -> out.put(name, masked(e.value(), null, Redaction.isSecretParameter(name))));
    return out;
  }

  /** Headers by name, or a list of them; names are shown. */
  private static Object headers(YamlNode n) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(i.isMap() ? header(i) : i.asTree()));
      return out;
    }
    return masked(n, null, true);
  }

  private static Object header(YamlNode n) {
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries()
        .forEach((name, e) -> out.put(name, masked(e.value(), null, HEADER_VALUES.contains(name))));
    return out;
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
