package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.DictionaryWriter;
import dev.tethys.codec.otlp.wire.ProfileTable;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts a {@code perftools.profiles.Profile} message to OTLP profiles: one profile for each
 * sample type, since an OTLP profile has a single one. Source: proto/profile.proto of google/pprof;
 * attributes of mappings, locations and profiles under the names of OpenTelemetry's semantic
 * conventions ({@code pprof.…}, {@code process.executable.build_id.gnu}).
 *
 * <p>A message is read twice: first the positions of its entries, then the entries that samples
 * refer to. For one message.
 */
public final class PprofReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;

  /**
   * Sample type name.
   *
   * @param cumulative whether the value is counted since the start of the program
   */
  public record Named(String type, String unit, boolean cumulative) {}

  /** Key of a sample in the dictionary: its stack and its attributes. */
  private record SampleKey(String fields) {
    static SampleKey of(ProtoWriter w) {
      return new SampleKey(new String(w.buffer(), 0, w.size(), StandardCharsets.ISO_8859_1));
    }
  }

  /** Sample types that Go accumulates from the program's start. */
  private static final Set<String> CUMULATIVE =
      Set.of("alloc_objects", "alloc_space", "contentions", "delay");

  private final PprofMessage message;
  private final ProfilesWriter out;
  private final DictionaryWriter dictionary;
  private final ProtoReader r = new ProtoReader();
  private final ProtoWriter entry = new ProtoWriter();
  private final ProtoWriter stack = new ProtoWriter();

  private final EntryIndexes mappings;
  private final EntryIndexes functions;
  private final EntryIndexes locations;
  private final int[] texts;

  private PprofReader(PprofMessage message, ProfilesWriter out) {
    this.message = message;
    this.mappings = new EntryIndexes(message.mappings.size());
    this.functions = new EntryIndexes(message.functions.size());
    this.locations = new EntryIndexes(message.locations.size());
    this.texts = new int[message.strings.size()];
    Arrays.fill(texts, NONE);
    this.out = out;
    this.dictionary = out.dictionary();
  }

  /**
   * Sample types of a message, in its order.
   *
   * @param body the message, plain or in gzip
   * @param maxBytes the largest message
   * @throws CodecException if the body is not such a message
   */
  public static List<Named> types(byte[] body, int maxBytes) {
    PprofMessage message = new PprofMessage(body, maxBytes);
    List<Named> out = new ArrayList<>();
    for (int t = 0; t < message.types.size(); t++) {
      PprofMessage.ValueType v = message.type(t);
      out.add(new Named(message.string(v.type()), message.string(v.unit()), false));
    }
    return out;
  }

  /**
   * Adds the profiles of a message to the resource that was begun last.
   *
   * @param body the message, plain or in gzip as programs write it
   * @param maxBytes the largest message
   * @param names the requested types with their new names; none for all types unchanged
   * @param attributes added to those of the message
   * @throws CodecException if the body is not such a message
   */
  public static void read(
      byte[] body,
      int maxBytes,
      Map<String, Named> names,
      Map<String, String> attributes,
      ProfilesWriter out) {
    PprofReader reader = new PprofReader(new PprofMessage(body, maxBytes), out);
    reader.profiles(names, reader.read(attributes), Map.of());
  }

  /**
   * Adds the profile since an earlier message of the same program: cumulative types give the
   * difference where the value has grown; other types are taken from the later message. A lower
   * count means that the program restarted: the values of the later message are then taken whole.
   *
   * @param before the earlier message
   * @param attributes added to those of the message
   * @throws CodecException if either is not such a message
   */
  public static void difference(
      byte[] body,
      byte[] before,
      int maxBytes,
      Map<String, Named> names,
      Map<String, String> attributes,
      ProfilesWriter out) {
    PprofReader earlier = new PprofReader(new PprofMessage(before, maxBytes), out);
    earlier.read(Map.of());
    PprofReader reader = new PprofReader(new PprofMessage(body, maxBytes), out);
    List<Integer> common = reader.read(attributes);
    Map<String, Map<SampleKey, Long>> counted = earlier.cumulative(names);
    Map<String, Map<SampleKey, Long>> now = reader.cumulative(names);
    counted.keySet().removeIf(type -> sum(now.get(type)) < sum(counted.get(type)));
    reader.profiles(names, common, counted);
  }

  private static double sum(@Nullable Map<SampleKey, Long> values) {
    double sum = 0; // no overflow
    for (long v : values == null ? List.<Long>of() : values.values()) {
      sum += v;
    }
    return sum;
  }

  /** Reads the tables; returns the attributes of the profiles. */
  private List<Integer> read(Map<String, String> attributes) {
    each(message.mappings, this::mapping);
    each(message.functions, this::function);
    each(message.locations, this::location);
    List<Integer> common = new ArrayList<>();
    attributes.forEach((k, v) -> common.add(out.attribute(k, v, "")));
    attribute("pprof.profile.drop_frames", message.dropFrames(), common);
    attribute("pprof.profile.keep_frames", message.keepFrames(), common);
    attribute("pprof.profile.doc_url", message.docUrl(), common);
    if (!message.comments.isEmpty()) {
      List<String> comments = message.comments.stream().map(message::string).toList();
      common.add(out.attribute("pprof.profile.comment", comments, ""));
    }
    return common;
  }

  /** True for a sample type that Go counts since a program began. */
  public static boolean isCumulative(String type) {
    return CUMULATIVE.contains(type);
  }

  private static boolean isCumulative(String type, Map<String, Named> names) {
    Named n = names.get(type);
    return n == null ? CUMULATIVE.contains(type) : n.cumulative();
  }

  private String type(int index) {
    return message.string(message.type(index).type());
  }

  /** Of each type that counts since the program began, the values by sample. */
  private Map<String, Map<SampleKey, Long>> cumulative(Map<String, Named> names) {
    List<@Nullable Map<SampleKey, Long>> all = new ArrayList<>();
    Map<String, Map<SampleKey, Long>> byType = new HashMap<>();
    for (int t = 0; t < message.types.size(); t++) {
      boolean wanted = isCumulative(type(t), names);
      all.add(wanted ? byType.computeIfAbsent(type(t), x -> new HashMap<>()) : null);
    }
    long[] values = new long[message.types.size()];
    for (int i = 0; i < message.samples.size(); i++) {
      reset(message.samples, i);
      SampleKey place = SampleKey.of(sample(values));
      for (int t = 0; t < values.length; t++) {
        Map<SampleKey, Long> to = all.get(t);
        if (to != null) {
          to.merge(place, values[t], Long::sum);
        }
      }
    }
    return byType;
  }

  private void attribute(String key, long text, List<Integer> to) {
    if (text != 0) {
      to.add(out.attribute(key, message.string(text), ""));
    }
  }

  private void reset(PprofMessage.Entries entries, int index) {
    r.reset(message.bytes, entries.offset(index), entries.length(index));
  }

  private void each(PprofMessage.Entries entries, Runnable entryReader) {
    for (int i = 0; i < entries.size(); i++) {
      reset(entries, i);
      entryReader.run();
    }
  }

  /** The index of a string in the dictionary. */
  private int text(long index) {
    int i = message.check(index);
    if (texts[i] == NONE) {
      PprofMessage.Entries strings = message.strings;
      texts[i] = dictionary.string(message.bytes, strings.offset(i), strings.length(i));
    }
    return texts[i];
  }

  private void mapping() {
    long[] fields = new long[11];
    PprofMessage.numbers(r, fields);
    List<Integer> attributes = new ArrayList<>();
    attribute("process.executable.build_id.gnu", fields[6], attributes);
    String[] has = {"functions", "filenames", "line_numbers", "inline_frames"};
    for (int i = 0; i < has.length; i++) {
      if (fields[7 + i] != 0) {
        attributes.add(out.attribute("pprof.mapping.has_" + has[i], true, ""));
      }
    }
    entry.clear();
    entry.int64Unless0(1, fields[2]).int64Unless0(2, fields[3]).int64Unless0(3, fields[4]);
    entry.int64Unless0(4, text(fields[5]));
    indices(entry, 5, attributes);
    mappings.put(fields[1], dictionary.index(ProfileTable.MAPPING, entry));
  }

  private void function() {
    long[] fields = new long[6];
    PprofMessage.numbers(r, fields);
    entry.clear();
    entry.int64Unless0(1, text(fields[2])).int64Unless0(2, text(fields[3]));
    entry.int64Unless0(3, text(fields[4])).int64Unless0(4, fields[5]);
    functions.put(fields[1], dictionary.index(ProfileTable.FUNCTION, entry));
  }

  private void location() {
    long[] fields = new long[6];
    entry.clear();
    while (r.next()) {
      if (r.tag() == (4 << 3 | LENGTH)) {
        int outer = r.enter();
        line();
        r.leave(outer);
      } else if (r.wireType() == ProtoReader.VARINT && r.field() <= 5) {
        fields[r.field()] = r.readVarint();
      } else {
        r.skip();
      }
    }
    entry.int64Unless0(1, fields[2] == 0 ? 0 : PprofMessage.known(mappings, fields[2], "mapping"));
    entry.int64Unless0(2, fields[3]);
    if (fields[5] != 0) {
      indices(entry, 4, List.of(out.attribute("pprof.location.is_folded", true, "")));
    }
    locations.put(fields[1], dictionary.index(ProfileTable.LOCATION, entry));
  }

  private void line() {
    long[] fields = new long[4];
    PprofMessage.numbers(r, fields);
    int m = entry.begin(3);
    entry.int64Unless0(
        1, fields[1] == 0 ? 0 : PprofMessage.known(functions, fields[1], "function"));
    entry.int64Unless0(2, fields[2]).int64Unless0(3, fields[3]);
    entry.end(m);
  }

  static void indices(ProtoWriter to, int field, List<Integer> all) {
    if (!all.isEmpty()) {
      int m = to.begin(field);
      all.forEach(to::varint);
      to.end(m);
    }
  }

  /** Writes a sample without its values; valid until the next entry is written. */
  private ProtoWriter sample(long[] values) {
    stack.clear();
    int m = stack.begin(1);
    int n = 0;
    Map<String, Object> labels = Map.of();
    Map<String, String> units = Map.of();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3, 1 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            stack.varint(PprofMessage.known(locations, r.readVarint(), "location"));
          }
        }
        case 2 << 3, 2 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); n++) {
            long v = r.readVarint();
            if (n < values.length) {
              values[n] = v;
            }
          }
        }
        case 3 << 3 | LENGTH -> {
          if (labels.isEmpty()) {
            labels = new LinkedHashMap<>();
            units = new HashMap<>();
          }
          int outer = r.enter();
          label(labels, units);
          r.leave(outer);
        }
        default -> r.skip();
      }
    }
    if (n != values.length) {
      throw new CodecException(
          "pprof: a sample with " + n + " values, the types are " + values.length);
    }
    stack.end(m);
    boolean empty = stack.size() == 2; // a tag and the length 0
    entry.clear();
    entry.int64Unless0(1, empty ? 0 : dictionary.index(ProfileTable.STACK, stack));
    if (!labels.isEmpty()) {
      List<Integer> attributes = new ArrayList<>();
      for (Map.Entry<String, Object> l : labels.entrySet()) {
        attributes.add(out.attribute(l.getKey(), l.getValue(), units.getOrDefault(l.getKey(), "")));
      }
      indices(entry, 2, attributes);
    }
    return entry;
  }

  private void label(Map<String, Object> labels, Map<String, String> units) {
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
    String key = message.string(fields[1]);
    Object value = number ? fields[3] : message.string(fields[2]);
    if (fields[4] != 0) {
      units.put(key, message.string(fields[4]));
    }
    // A key may have several values; as an attribute it has a list of them.
    labels.merge(key, value, PprofReader::both);
  }

  private static Object both(Object had, Object more) {
    List<String> all = new ArrayList<>();
    for (Object o : new Object[] {had, more}) {
      if (o instanceof List<?> l) {
        l.forEach(x -> all.add(x.toString()));
      } else {
        all.add(o.toString());
      }
    }
    return all;
  }

  /**
   * Writes the profiles.
   *
   * @param before values to subtract, by type
   */
  private void profiles(
      Map<String, Named> names, List<Integer> common, Map<String, Map<SampleKey, Long>> before) {
    @Nullable ProtoWriter[] profiles = new ProtoWriter[message.types.size()];
    int[] written = new int[message.types.size()];
    List<@Nullable Map<SampleKey, Long>> off = new ArrayList<>();
    for (int i = 0; i < profiles.length; i++) {
      profiles[i] = profile(i, names, common);
      off.add(before.get(type(i)));
    }
    long[] values = new long[profiles.length];
    for (int i = 0; i < message.samples.size(); i++) {
      reset(message.samples, i);
      ProtoWriter sample = sample(values);
      if (!PprofBatchReader.isNotNegative(values)) {
        continue; // Pyroscope drops the sample, of all types
      }
      SampleKey place = before.isEmpty() ? null : SampleKey.of(sample);
      int head = sample.size();
      for (int t = 0; t < profiles.length; t++) {
        ProtoWriter p = profiles[t];
        Map<SampleKey, Long> had = off.get(t);
        long value = had == null ? values[t] : left(had, place, values[t]);
        if (p != null && (had == null || value > 0)) {
          sample.truncate(head);
          int m = sample.begin(4);
          sample.varint(value);
          sample.end(m);
          p.bytes(2, sample.buffer(), 0, sample.size());
          written[t]++;
        }
      }
    }
    for (int t = 0; t < profiles.length; t++) {
      ProtoWriter p = profiles[t];
      if (p != null && (written[t] > 0 || off.get(t) == null)) {
        out.profile(p, written[t]);
      }
    }
  }

  /** Returns the value minus the amount to subtract, which several samples may share. */
  private static long left(Map<SampleKey, Long> had, @Nullable SampleKey place, long value) {
    if (place == null) {
      return value;
    }
    long taken = Math.min(value, had.getOrDefault(place, 0L));
    had.merge(place, -taken, Long::sum);
    return value - taken;
  }

  /** Starts a profile without samples; returns null if its type was not requested. */
  private @Nullable ProtoWriter profile(int type, Map<String, Named> names, List<Integer> common) {
    PprofMessage.ValueType t = message.type(type);
    Named named = names.get(message.string(t.type()));
    if (!names.isEmpty() && named == null) {
      return null;
    }
    ProtoWriter p = new ProtoWriter(1 << 12);
    int m = p.begin(1);
    p.int64Unless0(1, named == null ? text(t.type()) : dictionary.string(named.type()));
    p.int64Unless0(
        2,
        named == null || named.unit().isEmpty() ? text(t.unit()) : dictionary.string(named.unit()));
    p.end(m);
    if (message.time() != 0) {
      p.fixed64(3, message.time());
    }
    p.int64Unless0(4, message.duration());
    if (message.hasPeriodType()) {
      PprofMessage.ValueType period = message.periodType();
      m = p.begin(5);
      p.int64Unless0(1, text(period.type())).int64Unless0(2, text(period.unit()));
      p.end(m);
    }
    p.int64Unless0(6, message.period());
    indices(p, 11, common);
    return p;
  }
}
