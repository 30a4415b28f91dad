package dev.tethys.pipeline.client;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Keys that clients of gRPC, HTTP and WebSockets have in common. */
public final class ClientKeys {
  /** Headers set by the client itself. */
  private static final Set<String> RESERVED =
      Set.of(
          "content-length",
          "content-encoding",
          "connection",
          "host",
          "te",
          "transfer-encoding",
          "upgrade");

  private static final Section AUTH = new Section("auth", "Authenticator of requests.");
  private static final Key<Reference> AUTHENTICATOR =
      AUTH.required("authenticator", Reference.TYPE, "Extension that authenticates the requests.");

  /** Extension referenced by {@code auth} in a client's settings. */
  public static final Type<Reference> AUTH_TYPE = AUTH.type(o -> o.get(AUTHENTICATOR));

  private static final Section HEADER = new Section("header", "Header of requests.");
  private static final Key<String> NAME =
      HEADER.required("name", Type.STRING, "Name of the header.");
  private static final Key<Secret> VALUE =
      HEADER.key("value", Type.SECRET, Secret.NONE, "Value of the header.");

  /** A map of headers, or a list of names with values. */
  public static final Type<Map<String, Secret>> HEADERS =
      Type.of("map of headers", Map.of(), ClientKeys::headers);

  /** A map of strings, or a list of names with values, as the Collector's MapList is read. */
  public static final Type<Map<String, String>> PAIRS =
      Type.of("map of texts", Map.of(), ClientKeys::pairs);

  private ClientKeys() {}

  private static Map<String, String> pairs(YamlNode n) {
    if (!n.isList()) {
      return Type.map(Type.STRING).read(n);
    }
    Map<String, String> out = new LinkedHashMap<>();
    for (YamlNode i : n.items()) {
      YamlObject o = i.object(HEADER);
      if (out.put(o.get(NAME), o.get(VALUE).value()) != null) {
        throw i.error("\"" + o.get(NAME) + "\" is listed twice");
      }
    }
    return java.util.Collections.unmodifiableMap(out);
  }

  private static Map<String, Secret> headers(YamlNode n) {
    Map<String, Secret> out = new LinkedHashMap<>();
    if (n.isList()) {
      for (YamlNode i : n.items()) {
        YamlObject o = i.object(HEADER);
        out.put(name(i, o.get(NAME)), value(i, o.get(VALUE)));
      }
    } else {
      Type.map(Type.SECRET).read(n).forEach((k, v) -> out.put(name(n, k), value(n, v)));
    }
    return java.util.Collections.unmodifiableMap(out);
  }

  private static String name(YamlNode at, String name) {
    return checked(name, at::error);
  }

  private static Secret value(YamlNode at, Secret v) {
    return checked(v, at::error);
  }

  /**
   * Lower-cases a header name that is not configured in {@link #HEADERS}.
   *
   * @throws ConfigException if the client sets it itself, or it is invalid
   */
  public static String name(YamlObject o, Key<?> key, String name) {
    return checked(name, m -> o.error(key, m));
  }

  /**
   * Checks a header value.
   *
   * @throws ConfigException if it cannot be sent
   */
  public static Secret value(YamlObject o, Key<?> key, Secret v) {
    return checked(v, m -> o.error(key, m));
  }

  private static String checked(String name, Function<String, ConfigException> error) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+") || RESERVED.contains(lower)) {
      throw error.apply("\"" + name + "\" cannot be set as a header");
    }
    return lower;
  }

  private static Secret checked(Secret v, Function<String, ConfigException> error) {
    if (v.value().chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
      throw error.apply("the value of a header holds a control character");
    }
    return v;
  }
}
