package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.datadog.DatadogMetrics.Series;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of version 3 of Datadog's intake ({@code metrics/v3}): {@code
 * datadoghq.api.metrics.v3.Payload} of agent-payload. A message is a table: each field of {@code
 * MetricData} is a column, with one row per series or per point. Repeated values are in
 * dictionaries, whose rows are counted from 1; row 0 means none. References to them and times are
 * given as differences from the previous row, over the entire message; keys of a sketch as
 * differences within the sketch.
 *
 * <p>A message whose columns do not fit each other is rejected as a whole, since later rows can no
 * longer be assigned; a series or a point that is invalid on its own is rejected individually.
 */
public final class ColumnPayload {
  /**
   * Maximum total number of characters of the tags and resources of all points: a few bytes of a
   * message may represent any number of them.
   */
  public static final int MAX_TEXT = 32 << 20;

  /** Memory of a tag in addition to its characters. */
  private static final int TAG = 16;

  private static final int SKETCH = 4;
  private static final int FLAG_UNIT = 0x200;

  /** Storage of a value, from bits 4 to 7 of a series' type. */
  private static final int ZERO = 0x00;

  private static final int WHOLE = 0x10;
  private static final int SINGLE = 0x20;
  private static final int DOUBLE = 0x30;

  private record Resource(String type, String name) {}

  /** Tags that belong together, and their total length in characters. */
  private record Tagset(List<String> tags, long text) {}

  /** Numbers of one column, read from its beginning to its end. */
  private static final class Column {
    private final String name;
    private long[] values = {};
    private int size;
    private int next;

    Column(String name) {
      this.name = name;
    }

    void add(long v) {
      if (size == values.length) {
        values = Arrays.copyOf(values, Math.max(16, 2 * size));
      }
      values[size++] = v;
    }

    boolean hasNext() {
      return next < size;
    }

    long next() {
      if (next == size) {
        throw new CodecException("the column " + name + " ends after " + size + " rows");
      }
      return values[next++];
    }
  }

  /** A column of references, each encoded as the difference from the previous one. */
  private static final class References {
    private final Column column;
    private long at;

    References(String name) {
      column = new Column(name);
    }

    int next(int dictionary) {
      at += column.next();
      if (at < 0 || at >= dictionary) {
        throw new CodecException(
            "the column " + column.name + " names row " + at + " of " + (dictionary - 1));
      }
      return (int) at;
    }
  }

  private final Column types = new Column("types");
  private final References names = new References("nameRefs");
  private final References tagsets = new References("tagsetRefs");
  private final References resources = new References("resourcesRefs");
  private final References sources = new References("sourceTypeNameRefs");
  private final References units = new References("unitRefs"); // of series with FLAG_UNIT alone
  private final Column intervals = new Column("intervals");
  private final Column pointCounts = new Column("numPoints");
  private final Column times = new Column("timestamps");
  private final Column wholes = new Column("valsSint64");
  private final Column singles = new Column("valsFloat32");
  private final Column doubles = new Column("valsFloat64");
  private final Column binCounts = new Column("sketchNumBins");
  private final Column binKeys = new Column("sketchBinKeys");
  private final Column bins = new Column("sketchBinCnts");
  private final Column tagIndexes = new Column("dictTagsets");
  private final Column resourceSizes = new Column("dictResourceLen");
  private final Column resourceTypes = new Column("dictResourceType");
  private final Column resourceNames = new Column("dictResourceName");

  private final List<String> commonTags = new ArrayList<>();
  private final List<String> commonResources = new ArrayList<>();
  private List<String> nameWords = List.of("");
  private List<String> tagWords = List.of("");
  private List<String> resourceWords = List.of("");
  private List<String> sourceWords = List.of("");
  private List<String> unitWords = List.of("");

  private final DatadogMetrics to;
  private final RejectedItems refused = new RejectedItems();
  private long seconds;
  private long text;

  private ColumnPayload(DatadogMetrics to) {
    this.to = to;
  }

  /**
   * Reads a body, of series or of sketches.
   *
   * @throws CodecException if it is malformed, or its columns do not fit each other; points before
   *     that were read
   */
  public static RejectedItems read(byte[] body, DatadogMetrics to) {
    ColumnPayload p = new ColumnPayload(to);
    ProtoReader r = new ProtoReader(body);
    while (r.next()) {
      switch (r.field()) {
        case 2 -> p.metadata(r);
        case 3 -> p.columns(r);
        default -> r.skip();
      }
    }
    p.rows();
    return p.refused;
  }

  private void metadata(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> commonTags.add(r.readString());
        case 2 -> commonResources.add(r.readString());
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (commonResources.size() % 2 != 0) {
      throw new CodecException("metadata resources must be pairs, but their number is odd");
    }
  }

  private void columns(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> nameWords = words(r, "dictNameStr");
        case 2 -> tagWords = words(r, "dictTagStr");
        case 3 -> signed(r, tagIndexes);
        case 4 -> resourceWords = words(r, "dictResourceStr");
        case 5 -> plain(r, resourceSizes);
        case 6 -> signed(r, resourceTypes);
        case 7 -> signed(r, resourceNames);
        case 8 -> sourceWords = words(r, "dictSourceTypeName");
        case 10 -> plain(r, types);
        case 11 -> signed(r, names.column);
        case 12 -> signed(r, tagsets.column);
        case 13 -> signed(r, resources.column);
        case 14 -> plain(r, intervals);
        case 15 -> plain(r, pointCounts);
        case 16 -> signed(r, times);
        case 17 -> signed(r, wholes);
        case 18 -> {
          for (int o = r.beginRepeated(ProtoReader.FIXED32); r.moreRepeated(o); ) {
            singles.add(Double.doubleToRawLongBits(Float.intBitsToFloat(r.rawFixed32())));
          }
        }
        case 19 -> {
          for (int o = r.beginRepeated(ProtoReader.FIXED64); r.moreRepeated(o); ) {
            doubles.add(r.rawFixed64());
          }
        }
        case 20 -> plain(r, binCounts);
        case 21 -> signed(r, binKeys);
        case 22 -> plain(r, bins);
        case 23 -> signed(r, sources.column);
        case 25 -> unitWords = words(r, "dictUnitStr");
        case 26 -> signed(r, units.column);
        default -> r.skip(); // 9, 24: which product of Datadog made it
      }
    }
    r.leave(outer);
  }

  private static void plain(ProtoReader r, Column to) {
    for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
      to.add(r.readVarint());
    }
  }

  private static void signed(ProtoReader r, Column to) {
    for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
      to.add(r.readSignedVarint());
    }
  }

  /** Reads a dictionary of words, each preceded by its length. */
  private static List<String> words(ProtoReader r, String name) {
    List<String> out = new ArrayList<>();
    out.add("");
    byte[] all = r.readBytes();
    ProtoReader in = new ProtoReader(all);
    while (!in.atEnd()) {
      long n = in.readVarint();
      if (n < 0 || n > all.length - in.position()) {
        throw new CodecException("the dictionary " + name + " ends inside a word");
      }
      out.add(new String(all, in.position(), (int) n, StandardCharsets.UTF_8));
      in.position(in.position() + (int) n);
    }
    return out;
  }

  private void rows() {
    List<Tagset> sets = tagsets();
    List<List<Resource>> senders = senders();
    List<Resource> common = new ArrayList<>();
    for (int i = 0; i < commonResources.size(); i += 2) {
      common.add(new Resource(commonResources.get(i), commonResources.get(i + 1)));
    }
    long always = 0;
    for (String x : commonTags) {
      always += TAG + x.length();
    }
    for (String x : commonResources) {
      always += TAG + x.length();
    }
    int number = 0;
    while (types.hasNext()) {
      number++;
      long type = types.next();
      String name = nameWords.get(names.next(nameWords.size()));
      Tagset set = sets.get(tagsets.next(sets.size()));
      List<Resource> sender = senders.get(resources.next(senders.size()));
      String source = sourceWords.get(sources.next(sourceWords.size()));
      String unit = (type & FLAG_UNIT) == 0 ? "" : unitWords.get(units.next(unitWords.size()));
      long interval = intervals.next();
      long points = pointCounts.next();
      if (points < 0 || points > times.size - times.next) {
        throw new CodecException("series " + number + " has more points than there are times");
      }
      long each = always + set.text + source.length() + name.length() + unit.length();
      for (Resource x : sender) {
        each += TAG + x.type.length() + x.name.length();
      }
      // A series without points costs its tags once, too.
      counted(Math.multiplyHigh(each, points + 1) == 0 ? each * (points + 1) : Long.MAX_VALUE);
      DatadogTags t = tags(set.tags, sender, sender == senders.getFirst() ? List.of() : common);
      if (!source.isEmpty()) {
        t.resource().put("source", source);
      }
      int kind = (int) (type & 0xf);
      int where = (int) (type & 0xf0);
      if (kind == SKETCH) {
        sketches(number, name, t, where, points);
      } else {
        Series s = new Series(name, MetricPayloads.kind(kind), t, unit, interval);
        points(number, s, kind >= 1 && kind <= 3, where, points);
      }
    }
  }

  private void counted(long more) {
    if (more < 0 || more > MAX_TEXT - text) {
      throw new CodecException(
          "tags of all points of a request have more than " + MAX_TEXT + " characters");
    }
    text += more;
  }

  private DatadogTags tags(List<String> tags, List<Resource> sender, List<Resource> common) {
    String host = "";
    for (Resource x : common) {
      host = x.type.equals("host") ? x.name : host;
    }
    for (Resource x : sender) {
      host = x.type.equals("host") ? x.name : host;
    }
    DatadogTags t = new DatadogTags(host);
    commonTags.forEach(t::add);
    tags.forEach(t::add);
    for (List<Resource> all : List.of(common, sender)) {
      for (Resource x : all) {
        if (!x.type.equals("host") && !x.type.isEmpty()) {
          t.resource().put(x.type, x.name);
        }
      }
    }
    return t;
  }

  private void points(int number, Series s, boolean known, int where, long count) {
    for (long i = 0; i < count; i++) {
      seconds += times.next();
      double value = value(where);
      String reason = known ? MetricPayloads.invalidReason(s, seconds, value) : "unknown type";
      if (reason == null) {
        to.point(s, seconds, value);
      } else {
        refused.add(number, s.name(), reason);
      }
    }
  }

  private double value(int where) {
    return switch (where) {
      case ZERO -> 0;
      case WHOLE -> wholes.next();
      case SINGLE -> Double.longBitsToDouble(singles.next());
      case DOUBLE -> Double.longBitsToDouble(doubles.next());
      default ->
          throw new CodecException("values of the unknown type 0x" + Integer.toHexString(where));
    };
  }

  private void sketches(int number, String name, DatadogTags t, int where, long count) {
    for (long i = 0; i < count; i++) {
      seconds += times.next();
      double sum = value(where);
      double min = value(where);
      double max = value(where);
      wholes.next(); // the count, which the bins have too
      long n = binCounts.next();
      if (n < 0 || n > binKeys.size - binKeys.next) {
        throw new CodecException("a sketch has more bins than there are keys");
      }
      SketchHistogram h = new SketchHistogram();
      long key = 0;
      for (long b = 0; b < n; b++) {
        key += binKeys.next();
        long of = bins.next();
        if (key != (int) key || of < 0 || of > 0xffff_ffffL) {
          throw new CodecException("a sketch has the bin " + key + " with " + of);
        }
        h.add((int) key, of);
      }
      String reason = invalidReason(name, h, sum, min, max);
      if (reason != null) {
        refused.add(number, name, reason);
        continue;
      }
      ExponentialHistogramDataPoint p = h.point(sum, min, max);
      p.setTimeUnixNano(seconds * 1_000_000_000);
      to.sketch(name, t, p);
    }
  }

  private @Nullable String invalidReason(
      String name, SketchHistogram h, double sum, double min, double max) {
    if (name.isEmpty()) {
      return "name is missing";
    }
    if (seconds <= 0 || seconds > DatadogMetrics.MAX_SECONDS) {
      return "timestamp " + seconds + " is not a time in seconds";
    }
    if (!Double.isFinite(sum) || !Double.isFinite(min) || !Double.isFinite(max)) {
      return "a sketch has numbers that are not finite";
    }
    return h.count() == 0 ? "sketch is empty" : null;
  }

  /** Sets of tags: a size, then that many steps to a word or, below zero, to a former set. */
  private List<Tagset> tagsets() {
    List<Tagset> out = new ArrayList<>();
    out.add(new Tagset(List.of(), 0));
    while (tagIndexes.hasNext()) {
      long size = tagIndexes.next();
      List<String> set = new ArrayList<>();
      long of = 0;
      long at = 0;
      for (long i = 0; i < size; i++) {
        at += tagIndexes.next();
        if (at >= tagWords.size() || at <= -out.size()) {
          throw new CodecException("a set of tags names row " + at);
        }
        if (at < 0) {
          Tagset former = out.get((int) -at);
          counted(former.text); // before it is there twice
          set.addAll(former.tags);
          of += former.text;
        } else {
          String word = tagWords.get((int) at);
          set.add(word);
          counted(TAG); // the word itself is there once
          of += TAG + word.length();
        }
      }
      out.add(new Tagset(set, of));
    }
    return out;
  }

  private List<List<Resource>> senders() {
    List<List<Resource>> out = new ArrayList<>();
    out.add(new ArrayList<>());
    while (resourceSizes.hasNext()) {
      long size = resourceSizes.next();
      List<Resource> set = new ArrayList<>();
      long type = 0;
      long name = 0;
      for (long i = 0; i < size; i++) {
        type += resourceTypes.next();
        name += resourceNames.next();
        if (Math.min(type, name) < 0 || Math.max(type, name) >= resourceWords.size()) {
          throw new CodecException("a set of resources names rows " + type + " and " + name);
        }
        set.add(new Resource(resourceWords.get((int) type), resourceWords.get((int) name)));
      }
      out.add(set);
    }
    return out;
  }
}
