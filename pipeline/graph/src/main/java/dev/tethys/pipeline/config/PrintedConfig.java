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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A configuration as it was put together, with its secrets masked, and the places of those. */
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

  /** Begin of a reference to what is elsewhere: {@code ${env:NAME}}. */
  private static final String REFERENCE = "${";

  /** A reference with a value for its absence: {@code ${env:NAME:-value}}. */
  private static final Pattern DEFAULT = Pattern.compile("\\$\\{[^}]*:-[^}]");

  /** A whole URL, with references in it; what a pattern is made of is in none. */
  private static final Pattern URL =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://([^\\s\"'<>\\\\\\[\\]()*^|{}]|\\$\\{[^}]*})+");

  /** Visibility of a value. */
  private enum Shown {
    ALL,
    /** Not shown: it may hold a secret, as most headers may. */
    MASKED,
    /** Not shown: it is a secret. */
    SECRET
  }

  private final List<YamlNode> literal = new ArrayList<>(); // secrets that are no references

  private PrintedConfig() {}

  /** The text. Call it on a configuration that was found to be right. */
  public static String of(YamlNode root, Components components) {
    return YamlWriter.write(new PrintedConfig().printed(root, components));
  }

  /**
   * Secrets that are written in the text itself.
   *
   * @param root as written, with references such as {@code ${env:NAME}} in it
   */
  public static List<YamlNode> literalSecrets(YamlNode root, Components components) {
    PrintedConfig p = new PrintedConfig();
    p.printed(root, components);
    return p.literal;
  }

  private Map<String, Object> printed(YamlNode root, Components components) {
    Map<String, Object> out = new LinkedHashMap<>();
    root.entries()
        .forEach(
            (name, e) -> {
              for (ComponentKind k : ComponentKind.values()) {
                if (k.section().equals(name)) {
                  out.put(name, definitions(k, e.value(), components));
                }
              }
              out.computeIfAbsent(name, x -> masked(e.value(), null, Shown.ALL));
            });
    return out;
  }

  private Object definitions(ComponentKind kind, YamlNode at, Components components) {
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
              out.put(
                  components.canonical(kind, written).toString(), masked(e.value(), s, Shown.ALL));
            });
    return out;
  }

  private Object masked(YamlNode n, @Nullable Section section, Shown shown) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(masked(i, section, shown)));
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
                  boolean secret = name.equals(TOKEN_REQUEST) || isSecret(name);
                  out.put(name, masked(e.value(), section, secret ? Shown.SECRET : shown));
                } else {
                  Type<?> t = key.type();
                  boolean secret =
                      name.equals(TOKEN_REQUEST)
                          || t.name().contains(Type.SECRET.name())
                          || t.section() == null && isSecret(name);
                  out.put(name, masked(e.value(), t.section(), secret ? Shown.SECRET : shown));
                }
              });
      return out;
    }
    if (n.isNull()) {
      return n.asTree();
    }
    Object value = n.asTree();
    String text = String.valueOf(value);
    Shown of = text.contains(PRIVATE_KEY) ? Shown.SECRET : shown;
    if (shown == Shown.SECRET ? !isReference(text) : isSecretText(text)) {
      literal.add(n);
    }
    return of != Shown.ALL ? MASK : value instanceof String ? Redaction.text(text) : value;
  }

  private static boolean isSecret(String name) {
    return Redaction.isSecretKey(name) || name.endsWith("access_key");
  }

  /** Whether a secret is elsewhere: there is a reference, without a secret for its absence. */
  private static boolean isReference(String text) {
    return text.isEmpty() || text.contains(REFERENCE) && !DEFAULT.matcher(text).find();
  }

  /**
   * Whether a text with any name is a URL with a secret, or a private key: patterns that find
   * secrets look like them in part.
   */
  private static boolean isSecretText(String text) {
    return (URL.matcher(text).matches() && !Redaction.text(text).equals(text)
            || text.contains(PRIVATE_KEY) && text.contains("\n"))
        && !isReference(text);
  }

  private Map<String, Object> parameters(YamlNode n) {
    Map<String, Object> out = new LinkedHashMap<>();
    n.entries()
        .forEach((name, e) -> out.put(name, masked(e.value(), null, byName(name, Shown.ALL))));
    return out;
  }

  private static Shown byName(String name, Shown otherwise) {
    return Redaction.isSecretParameter(name) ? Shown.SECRET : otherwise;
  }

  /** Headers by name, or a list of them; names are shown. */
  private Object headers(YamlNode n) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(i.isMap() ? header(i) : i.asTree()));
      return out;
    }
    if (n.isMap()) {
      Map<String, Object> out = new LinkedHashMap<>();
      n.entries()
          .forEach((name, e) -> out.put(name, masked(e.value(), null, byName(name, Shown.MASKED))));
      return out;
    }
    return masked(n, null, Shown.MASKED);
  }

  /** A header with its name under its own key. */
  private Object header(YamlNode n) {
    Map<String, Object> out = new LinkedHashMap<>();
    Map<String, YamlNode.Entry> entries = n.entries();
    YamlNode.Entry named = entries.get("key") != null ? entries.get("key") : entries.get("name");
    Shown value =
        named == null ? Shown.MASKED : byName(String.valueOf(named.value().asTree()), Shown.MASKED);
    entries.forEach(
        (name, e) ->
            out.put(
                name, masked(e.value(), null, HEADER_VALUES.contains(name) ? value : Shown.ALL)));
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
