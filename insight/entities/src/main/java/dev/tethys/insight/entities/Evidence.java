package dev.tethys.insight.entities;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.EntityRule;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RelationRule;
import dev.tethys.insight.entities.rules.Template;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keys, names and relations that rules derive from a label set, as numbers of {@link Strings}: a
 * few integers per series instead of its labels.
 *
 * <p>Form: for each rule that applies, its number and the length of the rest; for each of its
 * entities the keys, the hints (each a count, then numbers), the name (-1: none), the attributes (a
 * count, then name and value) and the labels of its series (-1: none); for each of its relations
 * the keys of the other end (a count, then numbers). An entity without keys is absent.
 */
final class Evidence {
  /** Evidence of a series to which no rule applies. */
  static final int[] NONE = {};

  private static final char SEPARATOR = '\0';

  /** Kinds whose entities may be shared by several clusters. */
  private static final Set<EntityKind> SHARED =
      EnumSet.of(EntityKind.CLUSTER, EntityKind.CLOUD_RESOURCE, EntityKind.EXTERNAL_ENDPOINT);

  private final List<InsightRule> rules;
  private final Strings strings;
  private final String separating;
  private String separated = ""; // value of the separating label
  private int[] out = new int[64];
  private int size;

  /**
   * @param separating label whose values separate entities: those of different values are never
   *     one; "" for none
   */
  Evidence(List<InsightRule> rules, Strings strings, String separating) {
    this.rules = rules;
    this.strings = strings;
    this.separating = separating;
  }

  /** Returns the text that identifies a key of a kind. */
  static String keyText(EntityKind kind, String key) {
    return (char) ('A' + kind.ordinal()) + key;
  }

  /** Applies rules, given by their numbers, to a label set. */
  int[] of(Labels labels, int[] numbers) {
    Map<String, String> all = new HashMap<>();
    labels.forEachBytes(
        (b, n, nl, v, vl) -> all.put(new String(b, n, nl, UTF_8), new String(b, v, vl, UTF_8)));
    separated = all.getOrDefault(separating, "");
    size = 0;
    for (int n : numbers) {
      InsightRule r = rules.get(n);
      Map<String, String> values = r.values(all);
      if (values == null) {
        continue;
      }
      put(n);
      int length = size;
      put(0);
      for (EntityRule e : r.entities()) {
        entity(e, values);
      }
      for (RelationRule e : r.relations()) {
        found(e, values);
      }
      out[length] = size - length - 1;
    }
    return size == 0 ? NONE : Arrays.copyOf(out, size);
  }

  private void entity(EntityRule e, Map<String, String> values) {
    keys(e.kind(), e.keys(), values);
    keys(e.kind(), e.hints(), values);
    put(name(e, values));
    int count = size;
    put(0);
    e.attributes()
        .forEach(
            (name, template) -> {
              String v = template.render(values);
              if (v != null) {
                put(strings.add(name));
                put(strings.add(v));
                out[count]++;
              }
            });
    if (!separated.isEmpty() && !e.attributes().containsKey(separating)) {
      put(strings.add(separating));
      put(strings.add(separated));
      out[count]++;
    }
    StringBuilder series = new StringBuilder();
    for (String label : e.series()) {
      String v = values.getOrDefault(label, "");
      if (!v.isEmpty()) {
        series.append(label).append(SEPARATOR).append(v).append(SEPARATOR);
      }
    }
    if (!separated.isEmpty() && !series.isEmpty() && !e.series().contains(separating)) {
      series.append(separating).append(SEPARATOR).append(separated).append(SEPARATOR);
    }
    put(series.isEmpty() ? -1 : strings.add(series.toString()));
  }

  private int name(EntityRule e, Map<String, String> values) {
    for (Template t : e.names()) {
      String v = t.render(values);
      if (v != null) {
        return strings.add(v);
      }
    }
    return -1;
  }

  private void keys(EntityKind kind, List<Template> templates, Map<String, String> values) {
    int count = size;
    put(0);
    for (Template t : templates) {
      String v = t.render(values);
      if (v != null) {
        put(strings.add(keyText(kind, within(kind, v))));
        out[count]++;
      }
    }
  }

  /** Prefixes a key with the value of the separating label. */
  private String within(EntityKind kind, String key) {
    if (separated.isEmpty() || SHARED.contains(kind) || key.startsWith(separated + "/")) {
      return key;
    }
    return separated + "/" + key;
  }

  private void found(RelationRule r, Map<String, String> values) {
    int count = size;
    put(0);
    for (EntityKind kind : r.kinds()) {
      for (Template t : r.keys()) {
        String v = t.render(values);
        if (v != null) {
          put(strings.add(keyText(kind, within(kind, v))));
          out[count]++;
        }
      }
    }
  }

  private void put(int v) {
    if (size == out.length) {
      out = Arrays.copyOf(out, size * 2);
    }
    out[size++] = v;
  }

  /** Parses the labels of an entity's series. */
  static Labels series(String text) {
    List<String> parts = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int end = text.indexOf(SEPARATOR, at);
      parts.add(text.substring(at, end));
      at = end + 1;
    }
    Map<String, String> labels = new TreeMap<>();
    for (int i = 0; i + 1 < parts.size(); i += 2) {
      labels.put(parts.get(i), parts.get(i + 1));
    }
    return Labels.of(labels);
  }

  /** Renumbers evidence for another table of strings. */
  static int[] renumbered(int[] evidence, List<InsightRule> rules, Strings from, Strings to) {
    int[] out = evidence.clone();
    Reader r = new Reader(rules);
    r.read(out);
    while (r.next()) {
      for (int i = 0; i < r.rule().entities().size(); i++) {
        r.mapEntity(i, n -> to.add(from.get(n)));
      }
      for (int i = 0; i < r.rule().relations().size(); i++) {
        r.mapFound(i, n -> to.add(from.get(n)));
      }
    }
    return out;
  }

  /** Reads evidence rule by rule. */
  static final class Reader {
    private final List<InsightRule> rules;
    private int[] data = NONE;
    private int at;
    private int number;
    private @Nullable InsightRule rule;
    private int[] starts = new int[16]; // of entities, then of relations

    Reader(List<InsightRule> rules) {
      this.rules = rules;
    }

    void read(int[] evidence) {
      data = evidence;
      at = 0;
    }

    /** Moves to the next rule; false at the end. */
    boolean next() {
      if (at == data.length) {
        return false;
      }
      number = data[at];
      InsightRule r = rules.get(number);
      rule = r;
      int p = at + 2;
      at = p + data[at + 1];
      int parts = r.entities().size() + r.relations().size();
      if (starts.length < parts) {
        starts = new int[parts];
      }
      for (int i = 0; i < parts; i++) {
        starts[i] = p;
        p += data[p] + 1;
        if (i < r.entities().size()) {
          p += data[p] + 1;
          p++;
          p += 2 * data[p] + 1;
          p++;
        }
      }
      return true;
    }

    InsightRule rule() {
      if (rule == null) {
        throw new IllegalStateException("next was not called");
      }
      return rule;
    }

    int number() {
      return number;
    }

    int keys(int entity) {
      return data[starts[entity]];
    }

    int key(int entity, int i) {
      return data[starts[entity] + 1 + i];
    }

    private int hintsAt(int entity) {
      return starts[entity] + 1 + keys(entity);
    }

    int hints(int entity) {
      return data[hintsAt(entity)];
    }

    int hint(int entity, int i) {
      return data[hintsAt(entity) + 1 + i];
    }

    private int nameAt(int entity) {
      return hintsAt(entity) + 1 + hints(entity);
    }

    /** Returns the index of the name; -1 if it has none. */
    int name(int entity) {
      return data[nameAt(entity)];
    }

    int attributes(int entity) {
      return data[nameAt(entity) + 1];
    }

    int attributeName(int entity, int i) {
      return data[nameAt(entity) + 2 + 2 * i];
    }

    int attributeValue(int entity, int i) {
      return data[nameAt(entity) + 3 + 2 * i];
    }

    /** Returns the index of an entity's series labels; -1 if it has none. */
    int series(int entity) {
      return data[nameAt(entity) + 2 + 2 * attributes(entity)];
    }

    private int foundAt(int relation) {
      return starts[rule().entities().size() + relation];
    }

    int found(int relation) {
      return data[foundAt(relation)];
    }

    int found(int relation, int i) {
      return data[foundAt(relation) + 1 + i];
    }

    private void mapEntity(int entity, IntUnaryOperator f) {
      map(starts[entity] + 1, keys(entity), f);
      map(hintsAt(entity) + 1, hints(entity), f);
      int name = nameAt(entity);
      map(name, 1, f);
      map(name + 2, 2 * data[name + 1], f);
      map(name + 2 + 2 * data[name + 1], 1, f);
    }

    private void mapFound(int relation, IntUnaryOperator f) {
      map(foundAt(relation) + 1, found(relation), f);
    }

    private void map(int from, int count, IntUnaryOperator f) {
      for (int i = from; i < from + count; i++) {
        data[i] = data[i] < 0 ? data[i] : f.applyAsInt(data[i]);
      }
    }
  }
}
