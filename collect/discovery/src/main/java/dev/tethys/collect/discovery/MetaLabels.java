package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Collects the labels of one target, or of a group, under the prefix of a mechanism. Empty values
 * set no label.
 */
public final class MetaLabels {
  private final String prefix;
  private final LabelsBuilder labels = new LabelsBuilder();

  /**
   * @param prefix prefix of every label name not given in full, such as {@code __meta_docker_}
   */
  public MetaLabels(String prefix) {
    this.prefix = prefix;
  }

  /** Sets a label, its name after the prefix. */
  public MetaLabels put(String name, @Nullable String value) {
    labels.set(prefix + name, value == null ? "" : value);
    return this;
  }

  public MetaLabels put(String name, long value) {
    return put(name, Long.toString(value));
  }

  public MetaLabels put(String name, boolean value) {
    return put(name, Boolean.toString(value));
  }

  /** Sets a label from a JSON value: text unchanged, numbers and booleans in digits and words. */
  public MetaLabels put(String name, JsonNode value) {
    return put(name, text(value));
  }

  /** Sets a label whose name ends in a key of the source, made valid. */
  public MetaLabels keyed(String name, String key, @Nullable String value) {
    return put(name + sanitized(key), value);
  }

  /** Variant for every field of a JSON object. */
  public MetaLabels keyed(String name, JsonNode object) {
    object.properties().forEach(e -> keyed(name, e.getKey(), text(e.getValue())));
    return this;
  }

  /** Sets a list between and around separators, nothing when it is empty. */
  public MetaLabels list(String name, Collection<String> values, String separator) {
    return put(
        name, values.isEmpty() ? "" : separator + String.join(separator, values) + separator);
  }

  /** Variant for a JSON list. */
  public MetaLabels list(String name, JsonNode values, String separator) {
    return list(name, texts(values), separator);
  }

  /** The items of a JSON list as text. */
  public static List<String> texts(JsonNode values) {
    List<String> out = new ArrayList<>();
    values.forEach(v -> out.add(text(v)));
    return out;
  }

  /** Sets a label by its whole name. */
  public MetaLabels set(String name, String value) {
    labels.set(name, value);
    return this;
  }

  /** Sets all labels of a map by their whole names. */
  public MetaLabels setAll(Map<String, String> all) {
    all.forEach(labels::set);
    return this;
  }

  /** Sets the address to scrape. */
  public MetaLabels address(String address) {
    return set(TargetGroups.ADDRESS, address);
  }

  /** Sets the address to scrape. */
  public MetaLabels address(String host, long port) {
    return address(hostPort(host, Long.toString(port)));
  }

  public Labels build() {
    return labels.build();
  }

  /** A JSON value as label text. */
  public static String text(JsonNode value) {
    return value.isNull() || value.isMissingNode() || value.isContainer() ? "" : value.asString();
  }

  /** Host and port, with brackets around a host with colons. */
  public static String hostPort(String host, String port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** A part of a label's name: every character but ASCII letters, digits and _ becomes _. */
  public static String sanitized(String s) {
    StringBuilder b = new StringBuilder(s.length());
    s.codePoints().forEach(c -> b.append(isLetterOrDigit(c) ? (char) c : '_'));
    return b.toString();
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
