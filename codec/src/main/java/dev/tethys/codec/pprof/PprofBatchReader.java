package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.pprof.PprofMessage.ValueType;
import dev.tethys.codec.pprof.PprofReader.Named;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestBuffers;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.TupleTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pprof message into a {@link ProfileBatch} without the detour by OTLP. The result is the
 * same as that of {@link PprofReader} with {@link ProfileBatchReader}. As in Pyroscope, samples
 * with a negative value are dropped. For one message at a time.
 */
public final class PprofBatchReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;
  private static final ProfileBatch NOTHING = new ProfileBatch();
  private static final int MAX_RESERVED = 1 << 12; // sizes are the word of a client

  /**
   * Profiles added to the batch.
   *
   * @param samples number of samples
   * @param bytes length of the uncompressed message
   */
  public record Added(int samples, int bytes) {}

  private static final RequestBuffers<PprofBatchReader> RELEASED =
      new RequestBuffers<>(PprofBatchReader::new, PprofBatchReader::capacity);

  private final PprofMessage message = new PprofMessage();
  private final PprofSymbols symbols = new PprofSymbols(message);
  private final ProtoReader reader = new ProtoReader();
  private ProfileBatch to = NOTHING;
  private boolean[] kept = {}; // by sample type

  /** Labels of samples as in the message, by the index in {@code sets} and {@code groups}. */
  private final TupleTable labels = new TupleTable();

  private int[] sets = new int[16]; // of the symbols
  private int[] groups = new int[16];
  private final Map<Map<String, String>, Integer> groupIndexes = new LinkedHashMap<>();
  private final List<@Nullable Samples[]> samples = new ArrayList<>(); // by group and sample type
  private final List<Samples> usedSamples = new ArrayList<>();
  private final ArrayDeque<Samples> freeSamples = new ArrayDeque<>();

  private long[] labelRow = new long[20];
  private int[] frames = new int[64]; // of a stack: locations of the message

  /** By location of the message, the last node with it: its parent + 1 above the node, or 0. */
  private long[] lastNodes = {};

  private int emptyLabels = NONE;
  private boolean[] used = new boolean[1024]; // by node
  private boolean repeats; // two samples have one stack

  private PprofBatchReader() {}

  private void begin(Map<String, Named> names, ProfileBatch into) {
    to = into;
    symbols.read(to.symbols);
    int locations = message.locations.size();
    if (lastNodes.length < locations) {
      lastNodes = new long[locations];
    } else {
      Arrays.fill(lastNodes, 0, locations, 0);
    }
    kept = new boolean[message.types.size()];
    for (int t = 0; t < kept.length; t++) {
      ValueType v = message.type(t);
      kept[t] = names.isEmpty() || names.containsKey(message.string(v.type()));
      message.check(v.type());
      message.check(v.unit());
    }
  }

  /**
   * Adds the profiles of a message to a batch. If the message is refused, no profile is added.
   *
   * @param body the message, plain or in gzip
   * @param maxBytes the largest message
   * @param names requested types and their names; empty for all types under their own names
   * @param resource labels of the source
   * @param attributes profile attributes, in addition to those in the message
   * @param now time of a profile that has none, Unix nanoseconds
   * @throws CodecException if the bytes are not such a message
   */
  public static Added read(
      byte[] body,
      int maxBytes,
      Map<String, Named> names,
      Map<String, String> resource,
      Map<String, String> attributes,
      long now,
      ProfileBatch to) {
    PprofBatchReader reader = RELEASED.take();
    reader.message.read(body, maxBytes);
    reader.begin(names, to);
    reader.samples();
    int samples = reader.rows(names, resource, attributes, now);
    Added added = new Added(samples, reader.message.bytes.length);
    reader.release(); // that of a message that is refused, in any state, is not used again
    return added;
  }

  /** Length of the arrays in bytes. */
  private long capacity() {
    long capacity = message.capacity() + symbols.capacity() + labels.capacity();
    capacity += 8L * lastNodes.length + 4L * frames.length + used.length;
    for (Samples s : freeSamples) {
      capacity += s.capacity();
    }
    return capacity;
  }

  private void release() {
    reader.reset(new byte[0], 0, 0);
    message.clear();
    symbols.clear();
    labels.clear();
    groupIndexes.clear();
    samples.clear();
    usedSamples.forEach(s -> freeSamples.addLast(s.clear()));
    usedSamples.clear();
    Arrays.fill(used, false);
    emptyLabels = NONE;
    repeats = false;
    to = NOTHING;
    RELEASED.release(this);
  }

  private Samples newSamples() {
    Samples kept = freeSamples.pollLast();
    Samples of = kept == null ? new Samples() : kept;
    usedSamples.add(of);
    return of;
  }

  private void samples() {
    ProtoReader r = reader;
    long[] values = new long[kept.length];
    for (int i = 0; i < message.samples.size(); i++) {
      r.reset(message.bytes, message.samples.offset(i), message.samples.length(i));
      int depth = 0;
      int count = 0;
      int labelLength = 0;
      while (r.next()) {
        switch (r.tag()) {
          case 1 << 3, 1 << 3 | LENGTH -> {
            for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
              if (depth == frames.length) {
                frames = Arrays.copyOf(frames, depth * 2);
              }
              frames[depth++] = symbols.location(r.readVarint());
            }
          }
          case 2 << 3, 2 << 3 | LENGTH -> {
            for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); count++) {
              long v = r.readVarint();
              if (count < values.length) {
                values[count] = v;
              }
            }
          }
          case 3 << 3 | LENGTH -> {
            int outer = r.enter();
            labelLength = label(r, labelLength);
            r.leave(outer);
          }
          default -> r.skip();
        }
      }
      if (count != values.length) {
        throw new CodecException(
            "pprof: a sample with " + count + " values, the types are " + values.length);
      }
      if (isNotNegative(values)) {
        add(node(depth), labelLength == 0 ? emptyLabels() : labels(labelLength), values);
      }
    }
  }

  static boolean isNotNegative(long[] values) {
    for (long v : values) {
      if (v < 0) {
        return false;
      }
    }
    return true;
  }

  /** Node of the stack in {@code frames}. Most frames have the parent that they had last. */
  private int node(int depth) {
    int node = 0;
    for (int i = depth - 1; i >= 0; i--) {
      int location = frames[i];
      long last = lastNodes[location];
      if (last >>> 32 == node + 1L) {
        node = (int) last;
      } else {
        int next = to.symbols.nodes.intern(node, symbols.addedLocation(location));
        lastNodes[location] = node + 1L << 32 | next;
        node = next;
      }
    }
    return node;
  }

  private void add(int node, int label, long[] values) {
    if (node >= used.length) {
      used = Arrays.copyOf(used, Math.max(node + 1, used.length * 2));
    }
    repeats |= used[node];
    used[node] = true;
    @Nullable Samples[] group = samples.get(groups[label]);
    for (int t = 0; t < values.length; t++) {
      if (kept[t]) {
        Samples of = group[t];
        if (of == null) {
          of = newSamples();
          of.reserve(samples.size() == 1 ? Math.min(message.samples.size(), MAX_RESERVED) : 0);
          group[t] = of;
        }
        of.add(node, sets[label], values[t]);
      }
    }
  }

  /** Columns of a label: key, 1 if the value is a number, text or number, unit. */
  private int label(ProtoReader r, int at) {
    if (at + 4 > labelRow.length) {
      labelRow = Arrays.copyOf(labelRow, labelRow.length * 2);
    }
    long[] fields = new long[5];
    boolean number = true;
    while (r.next()) {
      if (r.wireType() == ProtoReader.VARINT && r.field() <= 4) {
        number &= r.field() != 2;
        fields[r.field()] = r.readVarint();
      } else {
        r.skip();
      }
    }
    labelRow[at] = message.check(fields[1]);
    labelRow[at + 1] = number ? 1 : 0;
    labelRow[at + 2] = number ? fields[3] : message.check(fields[2]);
    labelRow[at + 3] = message.check(fields[4]);
    return at + 4;
  }

  private int emptyLabels() {
    if (emptyLabels == NONE) {
      emptyLabels = labels(0);
    }
    return emptyLabels;
  }

  /** Returns the index of a sample's labels. */
  private int labels(int length) {
    int before = labels.count();
    int index = labels.intern(labelRow, length);
    if (index == before) {
      if (index == sets.length) {
        sets = Arrays.copyOf(sets, index * 2);
        groups = Arrays.copyOf(groups, index * 2);
      }
      Map<String, String> texts = new LinkedHashMap<>();
      sets[index] = set(length, texts);
      groups[index] = group(ProfileBatchReader.labels(texts));
    }
    return index;
  }

  private int group(Map<String, String> own) {
    Integer known = groupIndexes.putIfAbsent(own, samples.size());
    if (known != null) {
      return known;
    }
    samples.add(new Samples[kept.length]);
    return samples.size() - 1;
  }

  /** Values of one key, and its unit. */
  private static final class Attribute {
    private final List<Object> values = new ArrayList<>();
    private long unit;
  }

  /**
   * Set of attributes of a sample. A key with several values has all of them as strings.
   *
   * @param texts receives the first string of each key
   */
  private int set(int length, Map<String, String> texts) {
    Map<String, Attribute> byKey = new LinkedHashMap<>();
    for (int at = 0; at < length; at += 4) {
      String key = message.string(labelRow[at]);
      Attribute a = byKey.computeIfAbsent(key, _ -> new Attribute());
      long value = labelRow[at + 2];
      a.values.add(labelRow[at + 1] == 1 ? (Object) value : message.string(value));
      a.unit = labelRow[at + 3] == 0 ? a.unit : labelRow[at + 3];
    }
    Row row = new Row();
    byKey.forEach(
        (key, a) -> {
          int unit = a.unit == 0 ? 0 : to.symbols.string(message.string(a.unit));
          if (a.values.size() == 1 && a.values.getFirst() instanceof Long n) {
            row.add(key, ProfileSymbols.NUMBER, n, unit);
          } else {
            for (Object v : a.values) {
              row.add(key, ProfileSymbols.TEXT, to.symbols.string(v.toString()), unit);
            }
            texts.put(key, a.values.getFirst().toString());
          }
        });
    return row.index();
  }

  /** Set of attributes that is not complete yet. */
  private final class Row {
    private long[] fields = new long[16];
    private int length;

    void add(String key, int kind, long value, int unit) {
      if (length + ProfileSymbols.ATTRIBUTE > fields.length) {
        fields = Arrays.copyOf(fields, fields.length * 2);
      }
      fields[length++] = to.symbols.string(key);
      fields[length++] = kind;
      fields[length++] = value;
      fields[length++] = unit;
    }

    void text(String key, String value) {
      add(key, ProfileSymbols.TEXT, to.symbols.string(value), 0);
    }

    int index() {
      return to.symbols.attributes.intern(fields, length);
    }
  }

  /** Set of attributes of the profiles. */
  private int meta(Map<String, String> attributes) {
    Row row = new Row();
    attributes.forEach(row::text);
    if (message.dropFrames() != 0) {
      row.text("pprof.profile.drop_frames", message.string(message.dropFrames()));
    }
    if (message.keepFrames() != 0) {
      row.text("pprof.profile.keep_frames", message.string(message.keepFrames()));
    }
    if (message.docUrl() != 0) {
      row.text("pprof.profile.doc_url", message.string(message.docUrl()));
    }
    for (long comment : message.comments) {
      row.text("pprof.profile.comment", message.string(comment));
    }
    return row.index();
  }

  private int rows(
      Map<String, Named> names,
      Map<String, String> resource,
      Map<String, String> attributes,
      long now) {
    int meta = meta(attributes);
    ValueType period = message.periodType();
    String periodType = message.string(period.type());
    String periodUnit = message.string(period.unit());
    Map<String, String> common = new HashMap<>(resource);
    attributes.forEach(
        (k, v) -> {
          if (!k.startsWith("pprof.") && !k.equals(Labels.METRIC_NAME)) {
            common.put(k, v);
          }
        });
    if (samples.isEmpty()) {
      emptyLabels(); // a type without samples is a profile without samples
    }
    int count = 0;
    for (int t = 0; t < kept.length; t++) {
      if (!kept[t]) {
        continue;
      }
      ValueType v = message.type(t);
      String name = message.string(v.type());
      String unit = message.string(v.unit());
      Named named = names.get(name);
      if (named != null) {
        name = named.type();
        unit = named.unit().isEmpty() ? unit : named.unit();
      }
      ProfileLabels.Type type =
          new ProfileLabels.Type(
              attributes.getOrDefault(Labels.METRIC_NAME, ""), name, unit, periodType, periodUnit);
      for (Map.Entry<Map<String, String>, Integer> g : groupIndexes.entrySet()) {
        Samples of = samples.get(g.getValue())[t];
        of = of == null ? newSamples() : of;
        count += of.count;
        Map<String, String> all = new LinkedHashMap<>(common);
        all.putAll(g.getKey());
        if (repeats) {
          of.normalize();
        }
        to.rows.add(
            to.series(ProfileLabels.series(all, type)),
            message.time() == 0 ? now : message.time(),
            message.duration(),
            message.period(),
            meta,
            of);
      }
    }
    return count;
  }
}
