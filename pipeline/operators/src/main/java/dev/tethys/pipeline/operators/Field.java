package dev.tethys.pipeline.operators;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Location in an entry: {@code body.a["b.c"]}, {@code attributes.x}, {@code resource}. A map is
 * merged into an existing one; a value that is not a map is replaced by a map if a key is set in
 * it.
 *
 * @param keys path of keys from the root
 */
public record Field(Root root, List<String> keys) {
  /** Root of a field path. */
  public enum Root {
    BODY,
    ATTRIBUTES,
    RESOURCE
  }

  /** Marks a missing value; null is a value. */
  static final Object NOTHING = new Object();

  /** Reads one. */
  public static final Type<Field> TYPE = Type.of("field", null, Field::read);

  static final Field BODY = new Field(Root.BODY, List.of());
  static final Field ATTRIBUTES = new Field(Root.ATTRIBUTES, List.of());

  private static Field read(YamlNode n) {
    return n.parse(Field::parse);
  }

  /**
   * Parses a location.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  public static Field parse(String text) {
    List<String> names = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '[') {
        char quote = at + 1 < text.length() ? text.charAt(at + 1) : 0;
        int end = quote == '"' || quote == '\'' ? text.indexOf(quote + "]", at + 2) : -1;
        if (end < 0) {
          throw new IllegalArgumentException(
              "field \"" + text + "\": a bracket holds a key in quotes, [\"a.b\"]");
        }
        names.add(text.substring(at + 2, end));
        at = end + 2;
        if (at < text.length() && text.charAt(at) != '.' && text.charAt(at) != '[') {
          throw new IllegalArgumentException(
              "field \"" + text + "\": a dot or a bracket follows a bracket");
        }
      } else {
        if (c == '.') {
          at++;
        }
        int end = at;
        while (end < text.length() && text.charAt(end) != '.' && text.charAt(end) != '[') {
          end++;
        }
        if (end == at) {
          throw new IllegalArgumentException("field \"" + text + "\": a key is empty");
        }
        names.add(text.substring(at, end));
        at = end;
      }
    }
    Root root =
        switch (names.isEmpty() ? "" : names.getFirst()) {
          case "body", "$body" -> Root.BODY;
          case "attributes" -> Root.ATTRIBUTES;
          case "resource" -> Root.RESOURCE;
          default ->
              throw new IllegalArgumentException(
                  "field \""
                      + text
                      + "\" must start with body, attributes or resource; did you mean body."
                      + text
                      + "?");
        };
    return new Field(root, List.copyOf(names.subList(1, names.size())));
  }

  boolean isRoot() {
    return keys.isEmpty();
  }

  Field child(String key) {
    List<String> all = new ArrayList<>(keys);
    all.add(key);
    return new Field(root, List.copyOf(all));
  }

  Field parent() {
    return new Field(root, keys.subList(0, keys.size() - 1));
  }

  private @Nullable Object rootOf(Entry e) {
    return switch (root) {
      case BODY -> e.record().body();
      case ATTRIBUTES -> e.record().attributes();
      case RESOURCE -> e.resource();
    };
  }

  /** Returns the value at the location; {@link #NOTHING} if missing. */
  @Nullable Object get(Entry e) {
    Object v = rootOf(e);
    for (String k : keys) {
      if (!(v instanceof Attributes a)) {
        return NOTHING;
      }
      int i = a.indexOf(k);
      if (i < 0) {
        return NOTHING;
      }
      v = a.value(i);
    }
    return isRoot() && root == Root.BODY && v == null ? NOTHING : v;
  }

  /** Removes the value and returns it. */
  @Nullable Object delete(Entry e) {
    if (isRoot()) {
      Object v = rootOf(e);
      switch (root) {
        case BODY -> e.record().setBody(null);
        case ATTRIBUTES, RESOURCE -> {
          Attributes a = (Attributes) java.util.Objects.requireNonNull(v);
          Attributes was = a.copy();
          a.clear();
          return was;
        }
      }
      return v;
    }
    if (!(parent().get(e) instanceof Attributes a)) {
      return NOTHING;
    }
    String last = keys.getLast();
    int i = a.indexOf(last);
    if (i < 0) {
      return NOTHING;
    }
    Object v = a.value(i);
    a.remove(last);
    return v;
  }

  /** Returns the map at the location, created if missing. */
  private Attributes map(Entry e, int depth) {
    Attributes at;
    if (rootOf(e) instanceof Attributes a) {
      at = a;
    } else {
      at = new Attributes();
      e.record().setBody(at);
    }
    for (String k : keys.subList(0, depth)) {
      if (at.get(k) instanceof Attributes inner) {
        at = inner;
      } else {
        Attributes inner = new Attributes();
        at.put(k, inner);
        at = inner;
      }
    }
    return at;
  }

  /**
   * Sets a value.
   *
   * @param value owned by the entry afterwards
   * @throws OperatorException if all attributes are replaced by a value that is not a map
   */
  void set(Entry e, @Nullable Object value) throws OperatorException {
    if (value instanceof Attributes m) {
      Attributes into = map(e, keys.size());
      for (int i = 0; i < m.size(); i++) {
        into.put(m.key(i), m.value(i));
      }
    } else if (!isRoot()) {
      map(e, keys.size() - 1).put(keys.getLast(), value);
    } else if (root == Root.BODY) {
      e.record().setBody(value);
    } else {
      throw new OperatorException(this + " is a map; other values require a key: " + this + ".key");
    }
  }

  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder(root.name().toLowerCase(java.util.Locale.ROOT));
    for (String k : keys) {
      if (k.matches("[A-Za-z0-9_-]+")) {
        sb.append('.').append(k);
      } else {
        sb.append("[\"").append(k).append("\"]");
      }
    }
    return sb.toString();
  }
}
