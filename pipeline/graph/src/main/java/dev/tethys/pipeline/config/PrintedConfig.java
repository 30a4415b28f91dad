package dev.tethys.pipeline.config;

import dev.tethys.config.CredentialShape;
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
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Merged configuration with its secrets masked, and their positions. */
public final class PrintedConfig {
  private static final String MASK = "[REDACTED]";

  private static final String PRIVATE_KEY = "PRIVATE KEY-----";

  /** Keys of header maps, which are likely to contain tokens. */
  private static final Set<String> HEADERS = Set.of("headers", "http_headers");

  private static final Set<String> HEADER_VALUES = Set.of("value", "default_value");

  private static final Pattern HEADER_LINE = Pattern.compile("\\s*([\\w-]+)\\s*[:=]\\s*(.+)");

  /** Key of all parameters sent to a token server. */
  private static final String TOKEN_REQUEST = "endpoint_params";

  /** Keys that contain URL query parameters. */
  private static final Set<String> PARAMETERS = Set.of("params", "query_params");

  /**
   * Reference with an optional default: {@code ${env:NAME:-value}}. The source {@code yaml} is not
   * a reference: its text is the value.
   */
  private static final Pattern REFERENCED =
      Pattern.compile("\\$\\{(?:yaml:(?<literal>[^}]*)|[^}]*?(?::-(?<absent>[^}]*))?)}");

  private static final Pattern LITERAL = Pattern.compile("\\$\\{yaml:([^}]*)}");

  /** Reference to a URL, which may contain a secret itself. */
  private static final Pattern REFERENCED_URL = Pattern.compile("\\$\\{(https?://[^}]*)}");

  /** Word followed by the sign that makes it the name of a value. */
  private static final Pattern WORD = Pattern.compile("[^\\s=:;,]+([=:]?)");

  /** Complete URL, possibly with references; patterns are excluded. */
  private static final Pattern URL =
      Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://([^\\s\"'<>\\\\\\[\\]()*^|{}]|\\$\\{[^}]*})+");

  /** Character in place of a reference. */
  private static final String MARK = CredentialShape.UNKNOWN;

  /** Visibility of a value. */
  private enum Shown {
    ALL,
    /** Masked: it may contain a secret, as most headers may. */
    MASKED,
    /** Not shown: it is a secret. */
    SECRET
  }

  private final List<YamlNode> literal = new ArrayList<>(); // secrets that are not references

  private final boolean unexpanded;

  private PrintedConfig(boolean unexpanded) {
    this.unexpanded = unexpanded;
  }

  /** Formats the configuration. Call it on a configuration that was found to be right. */
  public static String of(YamlNode root, Components components) {
    return YamlWriter.write(new PrintedConfig(false).printed(root, components));
  }

  /**
   * Formats the configuration with its references, which are shown even if their values are secret.
   *
   * @param root configuration as written, with references such as {@code ${env:NAME}}
   */
  public static String unexpanded(YamlNode root, Components components) {
    return YamlWriter.write(new PrintedConfig(true).printed(root, components));
  }

  /**
   * Secrets that are literally contained in the text.
   *
   * @param root configuration as written, with references such as {@code ${env:NAME}}
   */
  public static List<YamlNode> literalSecrets(YamlNode root, Components components) {
    PrintedConfig p = new PrintedConfig(true);
    p.printed(root, components);
    Map<String, YamlNode> once = new LinkedHashMap<>(); // aliases lead to the same place
    p.literal.forEach(n -> once.putIfAbsent(n.where(), n));
    return List.copyOf(once.values());
  }

  /** Printer of a value by its name. */
  private interface Printer {
    Object print(String name, YamlNode value);
  }

  /**
   * Prints the entries of a map. Overridden entries of merged maps are also searched for secrets:
   * they have no effect but are in the text.
   */
  private static Map<String, Object> each(YamlNode map, Printer printer) {
    Map<String, Object> out = new LinkedHashMap<>();
    map.entries().forEach((name, e) -> out.put(name, printer.print(name, e.value())));
    map.replacedEntries().forEach(e -> printer.print(e.key().asString(), e.value()));
    return out;
  }

  private Map<String, Object> printed(YamlNode root, Components components) {
    return each(
        root,
        (name, value) -> {
          for (ComponentKind k : ComponentKind.values()) {
            if (k.section().equals(name)) {
              return definitions(k, value, components);
            }
          }
          return masked(value, null, Shown.ALL);
        });
  }

  private Object definitions(ComponentKind kind, YamlNode at, Components components) {
    if (!at.isMap()) {
      return masked(at, null, Shown.ALL); // a reference, or none
    }
    Map<String, Object> out = new LinkedHashMap<>();
    each(
            at,
            (name, value) -> {
              Section s =
                  components
                      .find(kind, ComponentId.parse(name).type())
                      .map(f -> f.settings().section())
                      .orElse(null);
              return masked(value, s, Shown.ALL);
            })
        .forEach(
            (name, text) ->
                out.put(components.canonical(kind, ComponentId.parse(name)).toString(), text));
    return out;
  }

  private Object masked(YamlNode n, @Nullable Section section, Shown shown) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(masked(i, section, shown)));
      return out;
    }
    if (n.isMap()) {
      return each(n, (name, value) -> masked(name, value, section, shown));
    }
    if (n.isNull()) {
      return n.asTree();
    }
    Object value = n.asTree();
    String text = String.valueOf(value);
    Shown of = text.contains(PRIVATE_KEY) ? Shown.SECRET : shown;
    if (shown == Shown.SECRET ? hasLiteral(text) : isSecretText(text)) {
      literal.add(n);
    }
    if (of != Shown.ALL) {
      return maskedAround(text);
    }
    return value instanceof String ? Redaction.text(text) : value;
  }

  /**
   * Returns the mask; for a text with references, the references with their default values masked.
   */
  private String maskedAround(String text) {
    String references = unexpanded && !text.contains(PRIVATE_KEY) ? references(text) : null;
    return references == null ? MASK : references;
  }

  /**
   * Returns text that consists only of references, optionally after an authentication scheme; null
   * if a part is literal.
   */
  private static @Nullable String references(String text) {
    StringBuilder out = new StringBuilder();
    StringBuilder literal = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      int end = text.startsWith("${", i) ? closing(text, i) : -1;
      if (end < 0) {
        literal.append(text.charAt(i));
        out.append(text.charAt(i++));
        continue;
      }
      String inner = text.substring(i + 2, end);
      int absent = inner.indexOf(":-");
      if (inner.startsWith("yaml:") || inner.startsWith("http")) {
        return null; // it has a default, or may contain a credential
      }
      if (absent >= 0 && absent + 2 < inner.length()) {
        String of = references(inner.substring(absent + 2));
        inner = inner.substring(0, absent + 2) + (of == null ? MASK : of);
      }
      out.append("${").append(inner).append('}');
      literal.append(' ');
      i = end + 1;
    }
    for (String word : literal.toString().strip().split("\\s+", -1)) {
      if (!word.isEmpty() && !CredentialShape.isScheme(word)) {
        return null;
      }
    }
    return out.toString().contains("${") ? out.toString() : null;
  }

  private static int closing(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      if (text.startsWith("${", i)) {
        depth++;
        i++;
      } else if (text.charAt(i) == '}' && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** Prints a value by its name. */
  private Object masked(String name, YamlNode value, @Nullable Section section, Shown shown) {
    Key<?> key = key(section, name);
    if (HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
      return headers(value);
    }
    if (PARAMETERS.contains(name) && value.isMap()) {
      return parameters(value);
    }
    boolean secret = name.equals(TOKEN_REQUEST);
    if (key == null) {
      // A free key: of a map, or of a section that is read elsewhere.
      return masked(value, section, secret || isSecret(name) ? Shown.SECRET : shown);
    }
    Type<?> t = key.type();
    secret |= t.name().contains(Type.SECRET.name()) || t.section() == null && isSecret(name);
    return masked(value, t.section(), secret ? Shown.SECRET : shown);
  }

  private static boolean isSecret(String name) {
    return Redaction.isSecretKey(name) || name.endsWith("access_key");
  }

  /** Replaces the references in a text, including their default values. */
  private static String without(String references, String text) {
    return REFERENCED
        .matcher(text)
        .replaceAll(
            m -> {
              String written = m.group("literal") == null ? m.group("absent") : m.group("literal");
              return Matcher.quoteReplacement(written == null ? references : written);
            });
  }

  /**
   * Whether part of a secret is literal. An authentication scheme before a reference is not, nor
   * are names before references, as in a connection string.
   */
  private static boolean hasLiteral(String text) {
    String rest = without("", text);
    if (rest.isBlank()) {
      return false;
    }
    if (rest.equals(text)) {
      return true; // not a reference
    }
    if (URL.matcher(text).matches()) {
      return isSecretText(text) || CredentialShape.isIn(without(" ", text));
    }
    Matcher m = WORD.matcher(without(MARK, text));
    String name = null;
    while (m.find()) {
      String word = m.group().replace(MARK, "");
      if (!m.group(1).isEmpty()) {
        name = word.substring(0, word.length() - 1);
      } else if (!word.isEmpty() && !CredentialShape.isScheme(word)) {
        if (name == null || Redaction.isSecretParameter(name) || CredentialShape.isIn(word)) {
          return true;
        }
        name = null;
      }
    }
    return false;
  }

  /**
   * Whether a text with any name is a URL with a secret, or a private key: patterns that find
   * secrets look like them in part.
   */
  private static boolean isSecretText(String text) {
    if (CredentialShape.isWebhook(without(CredentialShape.UNKNOWN, text))) {
      return true;
    }
    String written = LITERAL.matcher(text).replaceAll("$1");
    if (!written.equals(text) && isSecretText(written)) {
      return true;
    }
    Matcher m = REFERENCED_URL.matcher(text);
    while (m.find()) {
      if (isSecretText(m.group(1))) {
        return true;
      }
    }
    String masked = without(Redaction.IN_URL, text); // already masked values are kept
    return URL.matcher(text).matches() && !Redaction.text(masked).equals(masked)
        || text.contains(PRIVATE_KEY) && text.contains("\n");
  }

  private Map<String, Object> parameters(YamlNode n) {
    return each(n, (name, value) -> masked(value, null, byName(name, Shown.ALL)));
  }

  private static Shown byName(String name, Shown otherwise) {
    return Redaction.isSecretParameter(name) ? Shown.SECRET : otherwise;
  }

  /** Prints headers by name, or a list of them; names are shown. */
  private Object headers(YamlNode n) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(i.isMap() ? header(i) : headerLine(i)));
      return out;
    }
    if (n.isMap()) {
      return each(n, this::headerValue);
    }
    return masked(n, null, Shown.MASKED);
  }

  /** Prints a header as one text, with its name before a colon or equals sign, or a name only. */
  private Object headerLine(YamlNode n) {
    Object value = n.asTree();
    String text = String.valueOf(value);
    Matcher m = HEADER_LINE.matcher(text);
    if (n.isList() || !m.matches()) {
      return value;
    }
    String rest = m.group(2);
    if (Redaction.isSecretHeader(m.group(1))
        ? hasLiteral(rest)
        : CredentialShape.isIn(without(" ", rest))) {
      literal.add(n);
    }
    return m.group(1) + ": " + maskedAround(rest);
  }

  /** Masks a header whose name is under its own key. */
  private Object header(YamlNode n) {
    Map<String, YamlNode.Entry> entries = n.entries();
    YamlNode.Entry named = entries.get("key") != null ? entries.get("key") : entries.get("name");
    String header = named == null ? "" : String.valueOf(named.value().asTree());
    return each(
        n,
        (name, value) ->
            HEADER_VALUES.contains(name)
                ? headerValue(header, value)
                : masked(value, null, Shown.ALL));
  }

  /** Masks header values in a value, list or map, except those known not to be secret. */
  private Object headerValue(String name, YamlNode n) {
    if (n.isList()) {
      List<Object> out = new ArrayList<>();
      n.items().forEach(i -> out.add(headerValue(name, i)));
      return out;
    }
    boolean secret = Redaction.isSecretHeader(name);
    if (!secret && !n.isMap() && !n.isNull()) {
      String text = String.valueOf(n.asTree());
      String rest = without(" ", text);
      boolean looksSecret =
          !Redaction.isOpenHeader(name)
              && CredentialShape.isIn(rest)
              && !(Redaction.isIdentifierHeader(name) && CredentialShape.isUuid(rest));
      if (looksSecret && hasLiteral(text)) {
        literal.add(n);
        return MASK;
      }
    }
    return masked(n, null, secret ? Shown.SECRET : Shown.MASKED);
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
