package dev.tethys.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A type of values in configuration files: how it is called, and how it is read. */
public final class Type<T> {
  public static final Type<String> STRING =
      new Type<>("string", "", YamlNode::asString, null, new Shape.Scalar("string"));
  public static final Type<Boolean> BOOL =
      new Type<>("boolean", false, YamlNode::asBool, null, new Shape.Scalar("boolean"));
  public static final Type<Long> INT =
      new Type<>("int", 0L, YamlNode::asLong, null, new Shape.Scalar("integer"));
  public static final Type<Double> FLOAT =
      new Type<>("float", 0.0, YamlNode::asDouble, null, new Shape.Scalar("number"));

  /** Non-negative integer that fits into 64 bits unsigned. */
  public static final Type<Long> UINT = new Type<>("uint", 0L, YamlNode::asUnsignedLong, null);

  public static final Type<Duration> DURATION =
      new Type<>(
          "duration",
          Duration.ZERO,
          n -> n.parse(Durations::parse),
          null,
          new Shape.Scalar("string"));
  public static final Type<ByteSize> SIZE =
      new Type<>("size", ByteSize.ZERO, n -> n.parse(ByteSize::parse), null);
  public static final Type<Secret> SECRET =
      new Type<>("secret", Secret.NONE, n -> new Secret(n.asString()), null);

  /** A path, resolved against the folder of its file; {@code ""} if none. */
  public static final Type<String> PATH = new Type<>("path", "", YamlNode::asPath, null);

  public static final Type<URI> URL = new Type<>("url", null, n -> n.parse(Type::uri), null);

  /** An RE2 expression. */
  public static final Type<Pattern> REGEX =
      new Type<>("regex", null, n -> n.parse(Type::regex), null);

  /** A port to listen on, 0 for any that is free. */
  public static final Type<Long> PORT =
      new Type<>(
          "port",
          0L,
          n -> {
            long port = n.asLong();
            if (port < 0 || port > UrlText.MAX_PORT) {
              throw n.error("a port must be between 0 and 65535");
            }
            return port;
          },
          null);

  /** Any value. */
  public static final Type<YamlNode> ANY = new Type<>("any", null, n -> n, null);

  private final String name;
  private final @Nullable T whenNull;
  private final Function<YamlNode, T> reader;
  private final @Nullable Section section;
  private final Shape shape;

  Type(String name, @Nullable T whenNull, Function<YamlNode, T> reader, @Nullable Section section) {
    this(name, whenNull, reader, section, Shape.ANY);
  }

  Type(
      String name,
      @Nullable T whenNull,
      Function<YamlNode, T> reader,
      @Nullable Section section,
      Shape shape) {
    this.name = name;
    this.whenNull = whenNull;
    this.reader = reader;
    this.section = section;
    this.shape = shape;
  }

  /** Form of the values in JSON. */
  public sealed interface Shape {
    /** Any value. */
    Shape ANY = new Scalar("");

    /**
     * Single value.
     *
     * @param type JSON type; "" for any value
     */
    record Scalar(String type) implements Shape {}

    /** One keyword out of a list. */
    record Words(List<String> words) implements Shape {}

    record Items(Shape item) implements Shape {}

    record MapOf(Shape value) implements Shape {}

    record Keys(Section section) implements Shape {}
  }

  /**
   * Creates a custom type.
   *
   * @param whenNull value for a key with an empty value; null if it then counts as absent
   */
  public static <T> Type<T> of(String name, @Nullable T whenNull, Function<YamlNode, T> reader) {
    return new Type<>(name, whenNull, reader, null);
  }

  /** Returns a list type; an empty value is an empty list, an empty item an error. */
  public static <T> Type<List<T>> list(Type<T> item) {
    return list(item, false);
  }

  /** Returns a list type for which an empty item counts as absent. */
  public static <T> Type<List<T>> sparseList(Type<T> item) {
    return list(item, true);
  }

  private static <T> Type<List<T>> list(Type<T> item, boolean sparse) {
    return new Type<>(
        "list of " + item.name,
        List.of(),
        n -> {
          List<T> out = new ArrayList<>();
          ConfigException first = null;
          for (YamlNode i : n.items()) {
            if (sparse && i.isNull()) {
              continue;
            }
            ConfigException e =
                i.attempt(
                    () -> {
                      T v = item.readOrNull(i);
                      if (v == null) {
                        throw i.error("empty or null " + item.name + " section in " + n.path());
                      }
                      out.add(v);
                    });
            first = first == null ? e : first;
          }
          if (first != null) {
            throw first;
          }
          return List.copyOf(out);
        },
        item.section,
        new Shape.Items(item.shape));
  }

  /** Returns a map type with free keys, in file order. */
  public static <T> Type<Map<String, T>> map(Type<T> value) {
    return new Type<>(
        "map of string to " + value.name,
        Map.of(),
        n -> {
          Map<String, T> out = new LinkedHashMap<>();
          ConfigException first = null;
          for (Map.Entry<String, YamlNode.Entry> e : n.entries().entrySet()) {
            String k = e.getKey();
            YamlNode.Entry entry = e.getValue();
            ConfigException x =
                entry
                    .value()
                    .attempt(
                        () -> {
                          T v = value.readOrNull(entry.value());
                          if (v == null) {
                            throw entry
                                .key()
                                .error("\"" + k + "\" has no value; it must be " + value.name);
                          }
                          out.put(k, v);
                        });
            first = first == null ? x : first;
          }
          if (first != null) {
            throw first;
          }
          return java.util.Collections.unmodifiableMap(out);
        },
        value.section,
        new Shape.MapOf(value.shape));
  }

  /** Returns a type for one of several words, read as text. */
  public static Type<String> oneOf(String what, List<String> words) {
    return oneOf(what, words.toArray(String[]::new), w -> w);
  }

  /** Returns a type for one of two words, each with its value. */
  public static <T> Type<T> oneOf(String what, String first, T one, String second, T other) {
    SequencedMap<String, T> m = new LinkedHashMap<>();
    m.put(first, one);
    m.put(second, other);
    return oneOf(what, m);
  }

  /** Returns a type for one of several values, each named by its word. */
  public static <T> Type<T> oneOf(String what, T[] values, Function<T, String> word) {
    SequencedMap<String, T> m = new LinkedHashMap<>();
    for (T v : values) {
      m.put(word.apply(v), v);
    }
    return oneOf(what, m);
  }

  /** Returns a type for one of several words; errors and documentation list them in this order. */
  public static <T> Type<T> oneOf(String what, SequencedMap<String, T> words) {
    List<String> shown = words.keySet().stream().filter(w -> !w.isEmpty()).toList();
    return new Type<>(
        String.join(" | ", shown),
        null,
        n -> {
          T v = words.get(n.asString());
          if (v != null) {
            return v;
          }
          throw n.error(
              "unknown "
                  + what
                  + " \""
                  + n.asString()
                  + "\"; allowed: "
                  + String.join(", ", shown));
        },
        null,
        new Shape.Words(List.copyOf(words.keySet())));
  }

  /** Returns a type for the names of an enum, written in lower case. */
  public static <E extends Enum<E>> Type<E> lowerCase(String what, Class<E> type) {
    return oneOf(what, type.getEnumConstants(), e -> e.name().toLowerCase(Locale.ROOT));
  }

  /** Returns a type for the names of an enum, written in lower or upper case. */
  public static <E extends Enum<E>> Type<E> anyCase(String what, Class<E> type) {
    SequencedMap<String, E> m = new LinkedHashMap<>();
    for (E e : type.getEnumConstants()) {
      m.put(e.name().toLowerCase(Locale.ROOT), e);
    }
    return anyCase(what, m);
  }

  /**
   * Returns a type for one of several lower-case words, which may also be written in upper case.
   */
  public static <T> Type<T> anyCase(String what, SequencedMap<String, T> words) {
    Type<T> exact = oneOf(what, words);
    return new Type<>(
        exact.name,
        null,
        n -> {
          T v = words.get(n.asString().toLowerCase(Locale.ROOT));
          return v != null ? v : exact.read(n);
        },
        null);
  }

  /** Returns a variant for which null counts as absent, for keys that forbid null. */
  public Type<T> absentWhenNull() {
    return whenNull == null ? this : new Type<>(name, null, reader, section, shape);
  }

  /** Returns the name in the documentation. */
  public String name() {
    return name;
  }

  /** Returns the shape of accepted values. */
  public Shape shape() {
    return shape;
  }

  /** Returns the section with the keys of its maps; null for other types. */
  public @Nullable Section section() {
    return section;
  }

  /** Reads a value; returns null if it is empty and that counts as absent. */
  public @Nullable T readOrNull(YamlNode node) {
    return node.isNull() ? whenNull : reader.apply(node);
  }

  /** Reads a value; an empty map for a missing one. */
  public T read(YamlNode node) {
    T v = readOrNull(node);
    return v == null ? reader.apply(node) : v;
  }

  private static URI uri(String s) {
    try {
      return UrlText.read(s);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("\"" + s + "\" is not a valid URL: " + e.getReason(), e);
    }
  }

  private static Pattern regex(String s) {
    try {
      return Pattern.compile(s);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
