package dev.tethys.pipeline.processor.attributes;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.Match;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One edit of attributes. */
public final class Action {
  private enum Kind {
    INSERT,
    UPDATE,
    UPSERT,
    DELETE,
    HASH,
    EXTRACT,
    CONVERT
  }

  private static final Section SECTION = new Section("action", "Action on an attribute.");
  private static final Key<String> KEY =
      SECTION.key(
          "key",
          Type.STRING,
          "",
          "Key of the attribute; not required for delete and hash with pattern.");
  private static final Key<YamlNode> VALUE =
      SECTION.optional("value", Type.ANY, "Value for insert, update and upsert.");
  private static final Key<String> FROM_ATTRIBUTE =
      SECTION.key("from_attribute", Type.STRING, "", "Attribute whose value is used.");
  private static final String METADATA = "metadata.";
  private static final String AUTH = "auth.";
  private static final String CLIENT_ADDRESS = "client.address";
  private static final Key<String> FROM_CONTEXT =
      SECTION.key(
          "from_context",
          Type.STRING,
          "",
          "Value from the request: metadata.NAME, a header whose values are "
              + "joined by a semicolon; client.address; or auth.NAME, an attribute of "
              + "the authenticated identity.");
  private static final Key<String> PATTERN =
      SECTION.key(
          "pattern",
          Type.STRING,
          "",
          "RE2 expression: matches keys, or has named groups for extract.");
  private static final Key<String> CONVERTED_TYPE =
      SECTION.key("converted_type", Type.STRING, "", "Type for convert: int, double or string.");
  private static final Key<Kind> ACTION =
      SECTION.required(
          "action",
          Type.anyCase("action", Kind.class),
          "Action: insert, update, upsert, delete, hash (SHA-256), extract or " + "convert.");

  static final Type<Action> TYPE = SECTION.type(Action::new);

  private final Kind kind;
  private final String key;
  private final @Nullable Object value;
  private final String fromAttribute;
  private final String fromContext;
  private final @Nullable Pattern pattern;
  private final String convertedType;

  private Action(YamlObject o) {
    kind = o.get(ACTION);
    key = o.get(KEY);
    YamlNode v = o.at(VALUE);
    value = v == null || v.isNull() ? null : Match.value(v.asTree());
    fromAttribute = o.get(FROM_ATTRIBUTE);
    fromContext = o.get(FROM_CONTEXT);
    if (fromContext.equals(AUTH) || fromContext.equals(METADATA)) {
      throw o.error(FROM_CONTEXT, "is metadata.NAME, auth.NAME, client.address or a NAME");
    }
    convertedType = o.get(CONVERTED_TYPE);
    pattern = pattern(o);
    check(o);
  }

  private static @Nullable Pattern pattern(YamlObject o) {
    String p = o.get(PATTERN);
    if (p.isEmpty()) {
      return null;
    }
    try {
      return Pattern.compile(p);
    } catch (PatternSyntaxException e) {
      throw o.error(PATTERN, "is not a valid RE2 regular expression: " + e.getMessage());
    }
  }

  private void check(YamlObject o) {
    int sources =
        (value == null ? 0 : 1)
            + (fromAttribute.isEmpty() ? 0 : 1)
            + (fromContext.isEmpty() ? 0 : 1);
    boolean sets = kind == Kind.INSERT || kind == Kind.UPDATE || kind == Kind.UPSERT;
    String word = kind.name().toLowerCase(Locale.ROOT);
    if (!sets && sources > 0) {
      throw o.error(word + " takes no value, from_attribute or from_context");
    }
    if (kind != Kind.CONVERT && !convertedType.isEmpty()) {
      throw o.error(CONVERTED_TYPE, "is for convert, not for " + word);
    }
    if ((sets || kind == Kind.CONVERT) && pattern != null) {
      throw o.error(PATTERN, "is for delete, hash and extract, not for " + word);
    }
    switch (kind) {
      case INSERT, UPDATE, UPSERT -> {
        if (key.isEmpty() || sources == 0) {
          throw o.error("needs a key, and a value, from_attribute or from_context");
        }
        if (sources > 1) {
          throw o.error("requires one of value, from_attribute and from_context");
        }
      }
      case DELETE, HASH -> {
        if (key.isEmpty() && pattern == null) {
          throw o.error("needs a key or a pattern");
        }
      }
      case EXTRACT -> {
        if (key.isEmpty() || pattern == null || pattern.namedGroups().isEmpty()) {
          throw o.error("needs a key, and a pattern with named groups, as (?P<name>...)");
        }
        if (pattern.groupCount() > pattern.namedGroups().size()) {
          throw o.error(
              PATTERN,
              "has an unnamed group, whose match would be lost; use (?:...) if that is "
                  + "intended");
        }
      }
      case CONVERT -> {
        if (key.isEmpty() || !List.of("int", "double", "string").contains(convertedType)) {
          throw o.error("needs a key, and a converted_type of int, double or string");
        }
      }
    }
  }

  void apply(Attributes a, Metadata metadata) {
    switch (kind) {
      case INSERT -> {
        if (!a.contains(key)) {
          put(a, metadata);
        }
      }
      case UPDATE -> {
        if (a.contains(key)) {
          put(a, metadata);
        }
      }
      case UPSERT -> put(a, metadata);
      case DELETE -> a.removeIf((k, _) -> named(k));
      case HASH -> {
        for (int i = 0; i < a.size(); i++) {
          if (named(a.key(i))) {
            a.setValue(i, hashed(a.value(i)));
          }
        }
      }
      case EXTRACT -> extract(a);
      case CONVERT -> {
        int i = a.indexOf(key);
        if (i >= 0) {
          a.setValue(i, converted(a.value(i)));
        }
      }
    }
  }

  private boolean named(String k) {
    return k.equals(key) || pattern != null && pattern.matcher(k).find();
  }

  private void put(Attributes a, Metadata metadata) {
    if (value != null) {
      a.put(key, AnyValue.copy(value));
    } else if (!fromAttribute.isEmpty()) {
      int i = a.indexOf(fromAttribute);
      if (i >= 0) {
        a.put(key, AnyValue.copy(a.value(i)));
      }
    } else {
      String of = context(metadata);
      if (!of.isEmpty()) {
        a.put(key, of);
      }
    }
  }

  private String context(Metadata of) {
    if (fromContext.equals(CLIENT_ADDRESS)) {
      return of.client().addressText();
    }
    if (fromContext.startsWith(AUTH)) {
      return of.client().auth().getOrDefault(fromContext.substring(AUTH.length()), "");
    }
    boolean prefixed = fromContext.startsWith(METADATA);
    return String.join(
        ";", of.get(prefixed ? fromContext.substring(METADATA.length()) : fromContext));
  }

  private void extract(Attributes a) {
    if (!(a.get(key) instanceof String text)) {
      return;
    }
    Pattern p = java.util.Objects.requireNonNull(pattern);
    Matcher m = p.matcher(text);
    if (m.find()) {
      for (Map.Entry<String, Integer> g : p.namedGroups().entrySet()) {
        String group = m.group(g.getValue());
        a.put(g.getKey(), group == null ? "" : group);
      }
    }
  }

  private @Nullable Object converted(@Nullable Object v) {
    switch (convertedType) {
      case "string" -> {
        return ValueText.of(v);
      }
      case "int" -> {
        return switch (v) {
          case Double d -> (Object) (long) (double) d;
          case Boolean b -> (Object) (b ? 1L : 0L);
          case String s -> number(s, true);
          case null, default -> v;
        };
      }
      default -> {
        return switch (v) {
          case Long l -> (Object) (double) l;
          case Boolean b -> (Object) (b ? 1.0 : 0.0);
          case String s -> number(s, false);
          case null, default -> v;
        };
      }
    }
  }

  /** Converts text to a number; text that is not a number stays text. */
  private static Object number(String s, boolean whole) {
    if (!whole) {
      Double d = GoFloatReader.read(s);
      return d == null ? s : d;
    }
    try {
      return Long.parseLong(s);
    } catch (NumberFormatException e) {
      return s;
    }
  }

  /** Hashes like the Collector: numbers by their 8 bytes; unsupported types give "". */
  private static String hashed(@Nullable Object value) {
    return switch (value) {
      case String s when s.isEmpty() -> "";
      case String s -> sha256(s.getBytes(StandardCharsets.UTF_8));
      case Boolean b -> sha256(new byte[] {(byte) (b ? 1 : 0)});
      case Long l -> sha256(littleEndian(l));
      case Double d -> sha256(littleEndian(Double.doubleToRawLongBits(d)));
      case null, default -> "";
    };
  }

  private static byte[] littleEndian(long bits) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array();
  }

  private static String sha256(byte[] of) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(of));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
