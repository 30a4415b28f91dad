package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A data point of any kind, read from its message. Only the fields of its kind mean something.
 * Reused from point to point.
 */
final class DataPoint {
  /** Bucket, bound or quantile lists that are longer are refused. */
  static final int MAX_BUCKETS = 1 << 17;

  /** More exemplars at one point are refused. */
  static final int MAX_EXEMPLARS = 10_000;

  private static final int MAX_EXEMPLAR_CHARACTERS = 128;

  final Attributes attributes = new Attributes();
  final List<Exemplar> exemplars = new ArrayList<>();
  long startNanos;
  long timeNanos;
  boolean noRecordedValue;
  double value;
  double count;
  double sum;
  boolean hasSum;
  final Numbers counts = new Numbers();
  final Numbers bounds = new Numbers();
  int scale;
  double zeroCount;
  double zeroThreshold;
  int positiveOffset;
  final Numbers positive = new Numbers();
  int negativeOffset;
  final Numbers negative = new Numbers();
  final Numbers quantiles = new Numbers();

  private final Attributes exemplarAttributes = new Attributes();

  /** A list of numbers; in {@link #quantiles} quantile and value take turns. */
  static final class Numbers {
    double[] values = new double[16];
    int size;

    void push(double v) {
      if (size == values.length) {
        if (size >= MAX_BUCKETS) {
          throw new CodecException("a data point with more than " + MAX_BUCKETS + " buckets");
        }
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = v;
    }
  }

  private void clear() {
    attributes.clear();
    exemplars.clear();
    startNanos = 0;
    timeNanos = 0;
    noRecordedValue = false;
    value = 0;
    count = 0;
    sum = 0;
    hasSum = false;
    scale = 0;
    zeroCount = 0;
    zeroThreshold = 0;
    positiveOffset = 0;
    negativeOffset = 0;
    for (Numbers n : List.of(counts, bounds, positive, negative, quantiles)) {
      n.size = 0;
    }
  }

  /** Milliseconds of nanoseconds that may use all 64 bits. */
  static long millis(long nanos) {
    return nanos / 1_000_000;
  }

  static double unsigned(long v) {
    return v >= 0 ? v : (v >>> 1) * 2.0 + (v & 1);
  }

  /** Reads the message that the reader has entered. */
  void read(ProtoReader r, MetricKind kind) {
    clear();
    while (r.next()) {
      switch (r.field()) {
        case 2 -> startNanos = r.readFixed64();
        case 3 -> timeNanos = r.readFixed64();
        default -> {
          switch (kind) {
            case GAUGE, SUM, MONOTONIC_SUM -> number(r);
            case HISTOGRAM -> histogram(r);
            case EXPONENTIAL_HISTOGRAM -> exponential(r);
            case SUMMARY -> summary(r);
            case NONE -> r.skip();
          }
        }
      }
    }
    attributes.sort();
  }

  private void number(ProtoReader r) {
    switch (r.field()) {
      case 4 -> value = r.readDouble();
      case 5 -> exemplar(r);
      case 6 -> value = (double) r.readFixed64();
      case 7 -> attributes.read(r);
      case 8 -> flags(r);
      default -> r.skip();
    }
  }

  private void flags(ProtoReader r) {
    noRecordedValue = (r.readLong() & 1) != 0;
  }

  private void histogram(ProtoReader r) {
    switch (r.field()) {
      case 4 -> count = unsigned(r.readFixed64());
      case 5 -> {
        sum = r.readDouble();
        hasSum = true;
      }
      case 6 -> {
        for (int o = r.beginRepeated(ProtoReader.FIXED64); r.moreRepeated(o); ) {
          counts.push(unsigned(r.rawFixed64()));
        }
      }
      case 7 -> {
        for (int o = r.beginRepeated(ProtoReader.FIXED64); r.moreRepeated(o); ) {
          bounds.push(r.rawDouble());
        }
      }
      case 8 -> exemplar(r);
      case 9 -> attributes.read(r);
      case 10 -> flags(r);
      default -> r.skip();
    }
  }

  private void exponential(ProtoReader r) {
    switch (r.field()) {
      case 1 -> attributes.read(r);
      case 4 -> count = unsigned(r.readFixed64());
      case 5 -> {
        sum = r.readDouble();
        hasSum = true;
      }
      case 6 -> scale = r.readSignedInt();
      case 7 -> zeroCount = unsigned(r.readFixed64());
      case 8 -> positiveOffset = buckets(r, positive, positiveOffset);
      case 9 -> negativeOffset = buckets(r, negative, negativeOffset);
      case 10 -> flags(r);
      case 11 -> exemplar(r);
      case 14 -> zeroThreshold = r.readDouble();
      default -> r.skip();
    }
  }

  private static int buckets(ProtoReader r, Numbers into, int before) {
    int offset = before;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> offset = r.readSignedInt();
        case 2 -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            into.push(unsigned(r.readVarint()));
          }
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    return offset;
  }

  private void summary(ProtoReader r) {
    switch (r.field()) {
      case 4 -> count = unsigned(r.readFixed64());
      case 5 -> sum = r.readDouble();
      case 6 -> {
        double quantile = 0;
        double v = 0;
        int outer = r.enter();
        while (r.next()) {
          switch (r.field()) {
            case 1 -> quantile = r.readDouble();
            case 2 -> v = r.readDouble();
            default -> r.skip();
          }
        }
        r.leave(outer);
        quantiles.push(quantile);
        quantiles.push(v);
      }
      case 7 -> attributes.read(r);
      case 8 -> flags(r);
      default -> r.skip();
    }
  }

  /** An exemplar without a value is skipped. */
  private void exemplar(ProtoReader r) {
    if (exemplars.size() >= MAX_EXEMPLARS) {
      throw new CodecException("a data point with more than " + MAX_EXEMPLARS + " exemplars");
    }
    exemplarAttributes.clear();
    long nanos = 0;
    double v = 0;
    boolean hasValue = false;
    String trace = "";
    String span = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 2 -> nanos = r.readFixed64();
        case 3 -> {
          v = r.readDouble();
          hasValue = true;
        }
        case 4 -> span = id(r, 8, "span");
        case 5 -> trace = id(r, 16, "trace");
        case 6 -> {
          v = (double) r.readFixed64();
          hasValue = true;
        }
        case 7 -> exemplarAttributes.read(r);
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (!hasValue) {
      return;
    }
    LabelsBuilder b = new LabelsBuilder();
    int characters = 0;
    if (!trace.isEmpty()) {
      b.set("trace_id", trace);
      characters += 8 + trace.length();
    }
    if (!span.isEmpty()) {
      b.set("span_id", span);
      characters += 7 + span.length();
    }
    for (Attributes.Attribute a : exemplarAttributes.list()) {
      characters +=
          a.key().codePointCount(0, a.key().length())
              + a.value().codePointCount(0, a.value().length());
    }
    if (characters <= MAX_EXEMPLAR_CHARACTERS) {
      for (Attributes.Attribute a : exemplarAttributes.list()) {
        if (!a.key().isEmpty()) {
          b.set(a.key(), a.value());
        }
      }
    }
    Labels labels = b.build();
    exemplars.add(new Exemplar(labels, v, millis(nanos)));
  }

  /** Hexadecimal; empty if absent or all zeros. */
  private static String id(ProtoReader r, int length, String what) {
    byte[] b = r.readBytes();
    if (b.length != 0 && b.length != length) {
      throw new CodecException("a " + what + " id of " + b.length + " bytes");
    }
    for (byte x : b) {
      if (x != 0) {
        return HexFormat.of().formatHex(b);
      }
    }
    return "";
  }
}
