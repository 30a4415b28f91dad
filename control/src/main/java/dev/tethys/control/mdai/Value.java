package dev.tethys.control.mdai;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Value of a variable: a scalar as its text, a set or a map of strings. Immutable. */
public sealed interface Value {
  /** Scalar. */
  record Scalar(String text) implements Value {}

  /** Set in the order in which elements were added. */
  record Elements(SequencedSet<String> all) implements Value {}

  /** Map in the order of its keys. */
  record Entries(SortedMap<String, String> all) implements Value {}

  static Value of(String text) {
    return new Scalar(text);
  }

  static Value of(Collection<String> set) {
    return new Elements(Collections.unmodifiableSequencedSet(new LinkedHashSet<>(set)));
  }

  static Value of(Map<String, String> map) {
    return new Entries(Collections.unmodifiableSortedMap(new TreeMap<>(map)));
  }

  /** Returns the empty value of a type. */
  static Value empty(DataType type) {
    return switch (type) {
      case SET -> of(java.util.Set.of());
      case MAP -> of(Map.of());
      case STRING, INT, FLOAT, BOOLEAN, META_HASH_SET, META_PRIORITY_LIST -> of("");
    };
  }

  default boolean isEmpty() {
    return switch (this) {
      case Scalar s -> s.text().isEmpty();
      case Elements e -> e.all().isEmpty();
      case Entries e -> e.all().isEmpty();
    };
  }

  /** Returns the JSON form: a string, a list or an object of strings. */
  default JsonNode json() {
    return switch (this) {
      case Scalar s -> JsonMapper.shared().valueToTree(s.text());
      case Elements e -> JsonMapper.shared().valueToTree(e.all());
      case Entries e -> JsonMapper.shared().valueToTree(e.all());
    };
  }
}
