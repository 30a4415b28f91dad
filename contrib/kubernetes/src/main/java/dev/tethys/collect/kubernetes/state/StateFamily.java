package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Metric of a kind of objects.
 *
 * <p>Label names are encoded once: the labels of a series are those of the object, its own, and
 * constants, in the order of {@link #order}, so that a series becomes canonical bytes by copying.
 */
final class StateFamily {
  /** Reads the series of a family from an object. */
  @FunctionalInterface
  interface Extract {
    void read(JsonNode object, SeriesBuffer to);
  }

  /**
   * Label by its place.
   *
   * @param name canonical bytes of the name; with the value if it is constant
   * @param from index of the value among those of the object and the series; -1 if it is constant
   */
  private record Place(byte[] name, int from) {}

  private final String name;
  private final MetricType type;
  private final String help;
  private final boolean own;
  private final int labelCount;
  private final List<String> common;
  private final Map<String, String> constants;
  private final Place[] order;
  private final Extract extract;

  /**
   * @param common names of the labels that all series of the object have
   * @param labels names of the labels of each series
   * @param own whether the series have labels of the object's own instead
   */
  StateFamily(
      String name,
      MetricType type,
      String help,
      List<String> common,
      Map<String, String> constants,
      List<String> labels,
      boolean own,
      Extract extract) {
    this.name = name;
    this.type = type;
    this.help = help;
    this.own = own;
    this.common = common;
    this.constants = constants;
    this.labelCount = labels.size();
    this.extract = extract;
    TreeMap<String, Place> sorted = new TreeMap<>();
    for (int i = 0; i < common.size(); i++) {
      sorted.put(common.get(i), new Place(canonical(common.get(i)), i));
    }
    for (int i = 0; i < labels.size(); i++) {
      // A label of the series has precedence.
      sorted.put(labels.get(i), new Place(canonical(labels.get(i)), common.size() + i));
    }
    constants.forEach(
        (k, v) -> sorted.put(k, new Place(Labels.of(Map.of(k, v)).canonicalBytes(), -1)));
    this.order = sorted.values().toArray(new Place[0]);
  }

  private static byte[] canonical(String name) {
    byte[] b = name.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[b.length + 1];
    out[0] = (byte) b.length; // names have fewer than 128 bytes
    System.arraycopy(b, 0, out, 1, b.length);
    return out;
  }

  String name() {
    return name;
  }

  MetricType type() {
    return type;
  }

  String help() {
    return help;
  }

  /** Names of all labels, without those of the object's own. */
  List<String> labelNames() {
    return Arrays.stream(order)
        .map(p -> new String(p.name, 1, p.name[0], StandardCharsets.UTF_8))
        .toList();
  }

  /** Reads the family's series of an object. */
  void read(int index, JsonNode object, SeriesBuffer to) {
    to.family(index, labelCount);
    extract.read(object, to);
  }

  /** Labels of the series whose payload after the value starts at {@code at}. */
  Labels labels(byte[] b, int at, int end) {
    return own ? ownLabels(b, at, end) : placed(b, at);
  }

  private Labels placed(byte[] b, int at) {
    int[] starts = new int[common.size() + labelCount];
    int pos = 0;
    for (int i = 0; i < starts.length; i++) {
      if (i == common.size()) {
        pos = at;
      }
      starts[i] = pos;
      pos = afterString(b, pos);
    }
    int size = 0;
    for (Place p : order) {
      int s = p.from < 0 ? 0 : starts[p.from];
      size += p.from < 0 ? p.name.length : b[s] == 0 ? 0 : p.name.length + afterString(b, s) - s;
    }
    byte[] out = new byte[size];
    int n = 0;
    for (Place p : order) {
      int s = p.from < 0 ? 0 : starts[p.from];
      if (p.from >= 0 && b[s] == 0) {
        continue; // an empty label is none
      }
      System.arraycopy(p.name, 0, out, n, p.name.length);
      n += p.name.length;
      if (p.from >= 0) {
        int length = afterString(b, s) - s;
        System.arraycopy(b, s, out, n, length);
        n += length;
      }
    }
    return Labels.ofCanonicalBytes(out);
  }

  private Labels ownLabels(byte[] b, int at, int end) {
    LabelsBuilder out = new LabelsBuilder();
    for (int i = at; i < end; ) {
      int value = afterString(b, i);
      out.set(string(b, i), string(b, value));
      i = afterString(b, value);
    }
    constants.forEach(out::set);
    int pos = 0;
    for (String label : common) {
      out.set(label, string(b, pos));
      pos = afterString(b, pos);
    }
    return out.build();
  }

  private static String string(byte[] b, int at) {
    int end = afterString(b, at);
    int start = at;
    while (b[start] < 0) {
      start++;
    }
    start++;
    return new String(b, start, end - start, StandardCharsets.UTF_8);
  }

  /** Offset after the string at {@code at}. */
  static int afterString(byte[] b, int at) {
    int length = 0;
    int shift = 0;
    int i = at;
    while (b[i] < 0) {
      length |= (b[i++] & 0x7f) << shift;
      shift += 7;
    }
    length |= b[i++] << shift;
    return i + length;
  }
}
