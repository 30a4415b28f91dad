package dev.tethys.pipeline.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.CredentialShape;
import dev.tethys.config.Redaction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values that references of a configuration gave: variables, files and URLs. Strings that leave the
 * process have the references in place of them.
 *
 * @param values expanded values, bounded by the maximum for a configuration
 * @param places places of values with references, {@code file:line:column}
 */
public record ReferencedValues(List<Value> values, Set<String> places) {
  public static final ReferencedValues NONE = new ReferencedValues(List.of(), Set.of());

  /** Minimum length of replaced values: shorter ones occur in strings by chance. */
  private static final int SHORTEST = 4;

  /** Shortest part of a value that is replaced: errors quote parts. */
  private static final int PART = 6;

  /** Characters of a value that are searched for parts. */
  private static final int MAX_VALUE = 256 << 10;

  /** Characters of a text; of a longer one the rest is cut off. */
  private static final int MAX_TEXT = 16 << 10;

  /**
   * Value of a reference.
   *
   * @param reference such as {@code env:NAME}
   */
  public record Value(String reference, String text) {
    private boolean isSecret() {
      return !reference.startsWith(AllowedReferences.ENV)
          || Redaction.isSecretKey(
              reference.substring(AllowedReferences.ENV.length()).toLowerCase(Locale.ROOT))
          || CredentialShape.isIn(text);
    }
  }

  public ReferencedValues {
    values = List.copyOf(values);
    places = Set.copyOf(places);
  }

  /** Returns the values of both. */
  public ReferencedValues plus(ReferencedValues other) {
    List<Value> all = new ArrayList<>(values);
    all.addAll(other.values);
    Set<String> of = new HashSet<>(places);
    of.addAll(other.places);
    return new ReferencedValues(all.stream().distinct().toList(), of);
  }

  /**
   * Returns a displayable error of this configuration: an error at a value with references does not
   * quote it, since readers quote parts of values and values derived from them.
   */
  public ConfigException shown(ConfigException error) {
    String message = String.valueOf(error.getMessage());
    for (String place : places) {
      if (message.startsWith(place + ":") && !message.contains(AllowedReferences.REFUSED)) {
        return new ConfigException(
            place, "the value that the reference gives is not valid here; it is not shown");
      }
    }
    return new ConfigException("", masked(message));
  }

  /**
   * Replaces secret values in JSON text with their references: values are secret by the name of the
   * variable, by their form, or because they are files.
   */
  public String withoutSecrets(String json) {
    return replaced(json, longestFirst().stream().filter(Value::isSecret).toList());
  }

  private static String replaced(String text, List<Value> values) {
    String out = text;
    for (Value v : values) {
      String value = v.text.strip();
      if (value.length() >= SHORTEST) {
        String reference = "${" + v.reference + "}";
        String quoted = JsonMapper.shared().writeValueAsString(value);
        out = out.replace(value, reference);
        out = out.replace(quoted.substring(1, quoted.length() - 1), reference);
      }
    }
    return out;
  }

  private List<Value> longestFirst() {
    return values.stream()
        .sorted(Comparator.comparingInt((Value v) -> v.text.length()).reversed())
        .toList();
  }

  /** Replaces values, and parts of them, in an error with their references. */
  public String masked(String error) {
    String out = error.length() > MAX_TEXT ? error.substring(0, MAX_TEXT) : error;
    out = replaced(out, longestFirst());
    for (Value v : longestFirst()) {
      out = withoutParts(out, v);
    }
    return out;
  }

  private static String withoutParts(String text, Value v) {
    String reference = "${" + v.reference + "}";
    if (v.text.length() <= PART) {
      return text;
    }
    BitSet hidden = new BitSet();
    Set<String> parts = new HashSet<>();
    int end = Math.min(v.text.length(), MAX_VALUE);
    for (int i = 0; i + PART <= end; i++) {
      String part = v.text.substring(i, i + PART);
      if (text.contains(part) && parts.add(part)) {
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
          hidden.set(at, at + PART);
        }
      }
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      int next = hidden.get(i) ? hidden.nextClearBit(i) : hidden.nextSetBit(i);
      next = next < 0 || next > text.length() ? text.length() : next;
      out.append(hidden.get(i) ? reference : text.substring(i, next));
      i = next;
    }
    return out.toString();
  }

  /** Returns the references. */
  public Set<String> references() {
    Set<String> out = new TreeSet<>();
    values.forEach(v -> out.add(v.reference));
    return out;
  }
}
