package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * Writes attributes as a field of type {@code flattened} or {@code flat_object}. Both reject a
 * document for a single attribute that cannot be a term: OpenSearch for a value over Lucene's
 * 32,766 bytes, Elasticsearch for a name with the character 0, and both for excessive nesting. Such
 * attributes are stored in another field that is not indexed.
 */
final class AttributeFields {
  /** Prefix of the field for attributes that are not indexed. */
  private static final String UNSEARCHED = "unsearched_";

  /** Characters of a name and its value; a character has three bytes of UTF-8 at most. */
  private static final int LONGEST = 10_000;

  /** Both accept 20 by default. */
  private static final int DEEPEST = 16;

  private AttributeFields() {}

  /** Appends them after another field. */
  static void write(TextBuffer to, String field, Attributes attributes) {
    StringBuilder searched = new StringBuilder();
    StringBuilder others = new StringBuilder();
    for (int i = 0; i < attributes.size(); i++) {
      String name = attributes.key(i);
      Object value = attributes.value(i);
      StringBuilder in = isSearched(name, value) ? searched : others;
      GoJson.append(in.append(in.isEmpty() ? "" : ","), name).append(':');
      AttributeText.json(in, value);
    }
    to.put(",\"").put(field).put("\":{").put(searched.toString()).put("}");
    if (!others.isEmpty()) {
      to.put(",\"").put(UNSEARCHED).put(field).put("\":{").put(others.toString()).put("}");
    }
  }

  private static boolean isSearched(String name, @Nullable Object value) {
    if (name.indexOf('\0') >= 0) {
      return false;
    }
    return switch (value) {
      case String s -> name.length() + s.length() <= LONGEST;
      case byte[] b -> name.length() + 2 * b.length <= LONGEST;
      case ArrayValue a -> depth(a) <= DEEPEST && isShort(name, a);
      case Attributes a -> depth(a) <= DEEPEST && isShort(name, a);
      case null, default -> name.length() <= LONGEST;
    };
  }

  /** Whether all terms of a list or map are short enough and no name contains a 0. */
  private static boolean isShort(String name, Object nested) {
    String json = AttributeText.json(new StringBuilder(), nested).toString();
    return name.length() + json.length() <= LONGEST && !json.contains("\\u0000");
  }

  private static int depth(@Nullable Object value) {
    int deepest = 0;
    if (value instanceof ArrayValue a) {
      for (int i = 0; i < a.size(); i++) {
        deepest = Math.max(deepest, 1 + depth(a.get(i)));
      }
    } else if (value instanceof Attributes a) {
      for (int i = 0; i < a.size(); i++) {
        deepest = Math.max(deepest, 1 + depth(a.value(i)));
      }
    }
    return deepest;
  }
}
