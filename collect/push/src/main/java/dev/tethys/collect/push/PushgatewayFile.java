package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.exposition.MetricFamily;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reader of the {@code --persistence.file} of Prometheus's Pushgateway, from version 0.10 on. The
 * file is one value of Go's {@code encoding/gob}.
 *
 * <pre>
 * map[string]struct {                     // by labels: names and values, joined by bytes 0xff
 *   Labels  map[string]string
 *   Metrics map[string]struct {           // by the name of the family
 *     Timestamp            time.Time
 *     GobbableMetricFamily GobEncoder     // io.prometheus.client.MetricFamily in protobuf
 *   }
 * }
 * </pre>
 *
 * <p>The format has no checksum, so keys that repeat the data below them are compared with it. Any
 * other type, and any data after it, is an error.
 */
final class PushgatewayFile {
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_FAMILIES = 1_000_000;

  /** Maximum number of labels that {@link GroupLog} can write. */
  private static final int MAX_LABELS = 0xffff;

  /** Go counts seconds from the year 1. */
  private static final long YEAR_ONE = -62_135_596_800L;

  private static final long YEAR_TEN_THOUSAND = 253_402_300_800L;

  private final GobReader in;
  private final GobTypes types = new GobTypes();

  private PushgatewayFile(GobReader in) {
    this.in = in;
  }

  /**
   * Reads all groups.
   *
   * @param size size of the file in bytes
   * @throws CodecException if this is not such a file, with the offset of the error
   */
  static List<PushGroup> read(InputStream in, long size) throws IOException {
    return new PushgatewayFile(new GobReader(in, size)).groups();
  }

  private List<PushGroup> groups() throws IOException {
    while (true) {
      in.beginMessage();
      long at = in.position();
      long type = in.signed();
      if (type < 0) {
        types.define(in, at, -type);
        in.endMessage();
        continue;
      }
      Layout layout = new Layout(at, type);
      if (in.unsigned() != 0) {
        throw in.error(at, "a map has an invalid start");
      }
      List<PushGroup> out = new ArrayList<>();
      Set<SortedMap<String, String>> seen = new HashSet<>();
      int n = in.count("groups", PushGroups.MAX_GROUPS, 2);
      for (int i = 0; i < n; i++) {
        long here = in.position();
        PushGroup g = group(layout);
        if (!seen.add(g.labels())) {
          throw in.error(here, "duplicate group: " + g.labels());
        }
        out.add(g);
      }
      in.endMessage();
      if (!in.atEnd()) {
        throw in.error(in.position(), "unexpected data after the groups");
      }
      return out;
    }
  }

  /** Field positions of the two structs, which Go identifies by name. */
  private final class Layout {
    private final List<GobTypes.Field> group;
    private final List<GobTypes.Field> family;

    Layout(long at, long type) {
      GobTypes.MapOf groups = map(at, "the value", type);
      group = fields(at, "a group", groups.element(), "Labels", "Metrics");
      GobTypes.MapOf labels = map(at, "Labels", typeOf(group, "Labels"));
      if (labels.element() != GobTypes.STRING) {
        throw unexpected(at, "a label's value", labels.element(), "string");
      }
      GobTypes.MapOf metrics = map(at, "Metrics", typeOf(group, "Metrics"));
      family = fields(at, "a family", metrics.element(), "Timestamp", "GobbableMetricFamily");
      for (GobTypes.Field f : family) {
        if (!(types.get(f.type()) instanceof GobTypes.Encoded)) {
          throw unexpected(at, f.name(), f.type(), "a type that encodes itself");
        }
      }
    }

    private GobTypes.MapOf map(long at, String what, long type) {
      if (!(types.get(type) instanceof GobTypes.MapOf m)) {
        throw unexpected(at, what, type, "a map");
      }
      if (m.key() != GobTypes.STRING) {
        throw unexpected(
            at, "the key of " + what, m.key(), "string (Pushgateway before 0.10 had others)");
      }
      return m;
    }

    private List<GobTypes.Field> fields(long at, String what, long type, String... names) {
      if (!(types.get(type) instanceof GobTypes.Struct s)) {
        throw unexpected(at, what, type, "a struct");
      }
      List<String> there = s.fields().stream().map(GobTypes.Field::name).toList();
      if (!there.stream().sorted().toList().equals(List.of(names).stream().sorted().toList())) {
        throw in.error(at, what + " has the fields " + there + ", not " + List.of(names));
      }
      return s.fields();
    }

    private static long typeOf(List<GobTypes.Field> fields, String name) {
      return fields.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow().type();
    }
  }

  private CodecException unexpected(long at, String what, long type, String wanted) {
    return in.error(at, what + " is " + types.describe(type) + ", not " + wanted);
  }

  @FunctionalInterface
  private interface FieldReader {
    void read(String name) throws IOException;
  }

  /** Reads the fields that exist; Go omits zero values. */
  private void struct(List<GobTypes.Field> fields, FieldReader reader) throws IOException {
    for (int f = in.field(-1, fields.size()); f >= 0; f = in.field(f, fields.size())) {
      reader.read(fields.get(f).name());
    }
  }

  private PushGroup group(Layout layout) throws IOException {
    long at = in.position();
    byte[] key = in.bytes("a group's key", MAX_TEXT);
    TreeMap<String, String> labels = new TreeMap<>();
    TreeMap<String, PushGroup.Pushed> families = new TreeMap<>();
    struct(
        layout.group,
        field -> {
          if (field.equals("Labels")) {
            labels(labels);
          } else {
            families(layout, families);
          }
        });
    if (!labels.containsKey("job")) {
      throw in.error(at, "a group without the label job: " + labels);
    }
    if (!Arrays.equals(key, key(labels))) {
      throw in.error(at, "the key of a group is not that of its labels " + labels);
    }
    // Undetectable damage must still preserve the rule that a group has its labels.
    families.replaceAll(
        (k, p) -> new PushGroup.Pushed(PushGroup.sanitized(labels, p.family()), p.at()));
    return new PushGroup(labels, families);
  }

  private void labels(SortedMap<String, String> to) throws IOException {
    int n = in.count("labels", MAX_LABELS, 2);
    for (int i = 0; i < n; i++) {
      long at = in.position();
      String name = in.text("the name of a label", MAX_TEXT);
      if (to.put(name, in.text("the value of a label", MAX_TEXT)) != null) {
        throw in.error(at, "the label " + name + " appears twice");
      }
    }
  }

  /** Names and values, sorted by the bytes of the names, joined by a byte that no UTF-8 has. */
  private static byte[] key(SortedMap<String, String> labels) {
    TreeMap<byte[], byte[]> sorted = new TreeMap<>(Arrays::compareUnsigned);
    labels.forEach(
        (n, v) ->
            sorted.put(n.getBytes(StandardCharsets.UTF_8), v.getBytes(StandardCharsets.UTF_8)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    sorted.forEach(
        (n, v) -> {
          if (out.size() > 0) {
            out.write(0xff);
          }
          out.writeBytes(n);
          out.write(0xff);
          out.writeBytes(v);
        });
    return out.toByteArray();
  }

  private void families(Layout layout, SortedMap<String, PushGroup.Pushed> to) throws IOException {
    int n = in.count("families", MAX_FAMILIES, 2);
    for (int i = 0; i < n; i++) {
      long at = in.position();
      String name = in.text("the name of a family", MAX_TEXT);
      PushGroup.Pushed pushed = pushed(layout, at, name);
      if (to.put(name, pushed) != null) {
        throw in.error(at, "the family " + name + " appears twice in a group");
      }
    }
  }

  private PushGroup.Pushed pushed(Layout layout, long at, String name) throws IOException {
    // The zero of Go's times, which represents an absent field.
    Instant[] time = {Instant.ofEpochSecond(YEAR_ONE)};
    MetricFamily[] family = new MetricFamily[1];
    struct(
        layout.family,
        field -> {
          if (field.equals("Timestamp")) {
            time[0] = time();
          } else {
            family[0] = family(name);
          }
        });
    if (family[0] == null) {
      throw in.error(at, "no value under the name " + name);
    }
    return new PushGroup.Pushed(family[0], time[0]);
  }

  private MetricFamily family(String name) throws IOException {
    long at = in.position();
    byte[] message = in.bytes("a family", GroupLog.MAX_RECORD_BYTES);
    MetricFamily f;
    try {
      f = Families.message(message);
    } catch (CodecException | IllegalArgumentException e) {
      throw new CodecException(
          "byte " + at + ": the family " + name + " cannot be read: " + e.getMessage(), e);
    }
    if (!f.name().equals(name)) {
      throw in.error(at, "the family " + f.name() + " appears under the name " + name);
    }
    return f;
  }

  /**
   * A time in Go's binary form: a version, seconds since the year 1, nanoseconds, the offset of its
   * zone in minutes and, in version 2, seconds. To the microsecond, as {@link GroupLog} keeps it.
   */
  private Instant time() throws IOException {
    long at = in.position();
    byte[] b = in.bytes("a time", 16);
    int version = b.length == 0 ? 0 : b[0];
    if (!((version == 1 && b.length == 15) || (version == 2 && b.length == 16))) {
      throw in.error(at, "a time of version " + version + " in " + b.length + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(b);
    long seconds = bytes.getLong(1);
    int nanos = bytes.getInt(9);
    if (seconds < 0
        || seconds >= YEAR_TEN_THOUSAND - YEAR_ONE
        || nanos < 0
        || nanos >= 1_000_000_000) {
      throw in.error(at, "a time outside the years 1 to 9999");
    }
    return Instant.ofEpochSecond(YEAR_ONE + seconds, nanos).truncatedTo(ChronoUnit.MICROS);
  }
}
