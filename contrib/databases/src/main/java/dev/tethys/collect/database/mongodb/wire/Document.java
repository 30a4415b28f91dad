package dev.tethys.collect.database.mongodb.wire;

import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A document of BSON, fields in order. Values are {@link String}, {@link Integer}, {@link Long},
 * {@link Double}, {@link Boolean}, {@link java.time.Instant}, {@link Timestamp}, {@link ObjectId},
 * {@link Binary}, {@link List}, documents, null, or {@link Other} for types that are not used.
 */
public final class Document {
  /** The clock of a replica set: seconds of Unix, and a number within the second. */
  public record Timestamp(long seconds, long increment) {}

  /**
   * Default type of a document's key.
   *
   * @param hex its twelve bytes
   */
  public record ObjectId(String hex) {
    static ObjectId of(byte[] bytes) {
      return new ObjectId(HexFormat.of().formatHex(bytes));
    }
  }

  /** Bytes with their subtype; 4 is a UUID. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Binary(int subtype, byte[] bytes) {}

  /**
   * Value with an unsupported type.
   *
   * @param type type byte of BSON
   */
  public record Other(int type) {}

  private final Map<String, @Nullable Object> fields;

  /** Wraps fields, which must no longer change. */
  Document(Map<String, @Nullable Object> fields) {
    this.fields = Collections.unmodifiableMap(fields);
  }

  /** Creates a document from alternating names and values. */
  public static Document of(@Nullable Object... namesAndValues) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return new Document(fields);
  }

  /**
   * Returns a copy with the fields of another document appended, replacing fields with the same
   * name.
   */
  public Document with(Document other) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(fields);
    all.putAll(other.fields);
    return new Document(all);
  }

  /** Returns all fields. */
  public Map<String, @Nullable Object> fields() {
    return fields;
  }

  /** Returns the name of the first field, which is the command name. */
  public String first() {
    return fields.isEmpty() ? "" : fields.keySet().iterator().next();
  }

  /** Returns the value at a path through documents, or null if there is none. */
  public @Nullable Object at(String... path) {
    Object o = this;
    for (String name : path) {
      if (!(o instanceof Document d)) {
        return null;
      }
      o = d.fields.get(name);
    }
    return o;
  }

  /** Returns the document at a path, or null if there is none. */
  public @Nullable Document document(String... path) {
    return at(path) instanceof Document d ? d : null;
  }

  /** Returns the list at a path; empty if there is none. */
  public List<?> list(String... path) {
    return at(path) instanceof List<?> l ? l : List.of();
  }

  /** Returns the documents of the list at a path. */
  public List<Document> documents(String... path) {
    return list(path).stream()
        .filter(Document.class::isInstance)
        .map(Document.class::cast)
        .toList();
  }

  /** Returns the strings of the list at a path. */
  public List<String> texts(String... path) {
    return list(path).stream().filter(String.class::isInstance).map(String.class::cast).toList();
  }

  /** Returns the string at a path; {@code ""} if there is none. */
  public String text(String... path) {
    return at(path) instanceof String s ? s : "";
  }

  /** Returns the number at a path, or null if there is none. */
  public @Nullable Double number(String... path) {
    return at(path) instanceof Number n ? Double.valueOf(n.doubleValue()) : null;
  }

  /** Whether the value at a path is true, or a number other than 0. */
  public boolean isTrue(String... path) {
    return switch (at(path)) {
      case Boolean b -> b;
      case Number n -> n.doubleValue() != 0;
      case null, default -> false;
    };
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
