package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Base class of the parsers for the two text formats. Keeps the positions of the parts of the
 * current line and converts them to objects on demand.
 *
 * <p>Invariants: {@code pos} is the start of the next line or, while a line is read, of its next
 * byte; {@code lineStart <= pos <= end}. {@link #spans} holds four offsets per label (name start
 * and end, value start and end, without quotes) of the current sample. Line numbers are counted
 * only when an error needs one.
 */
abstract class TextParser implements ExpositionParser {
  /** Number of bytes of a bad line that an error shows. */
  static final int MAX_EXCERPT = 200;

  private static final byte[] METRIC_NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TYPE_LABEL = "__type__".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] UNIT_LABEL = "__unit__".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LE = {'l', 'e'};
  private static final byte[] QUANTILE = "quantile".getBytes(StandardCharsets.US_ASCII);

  /**
   * Classes of bytes as bits: 1 may begin a label name, 2 may continue one, 4 and 8 the same for
   * metric names.
   */
  static final byte[] CLASS = new byte[256];

  static final int LABEL_START = 1;
  static final int LABEL_PART = 2;
  static final int NAME_START = 4;
  static final int NAME_PART = 8;

  static {
    for (int c = 'a'; c <= 'z'; c++) {
      CLASS[c] = 15;
      CLASS[c - 'a' + 'A'] = 15;
    }
    CLASS['_'] = 15;
    CLASS[':'] = NAME_START | NAME_PART;
    for (int c = '0'; c <= '9'; c++) {
      CLASS[c] = LABEL_PART | NAME_PART;
    }
  }

  final byte[] buf;
  final int start;
  final int end;
  private final boolean typeAndUnitLabels;

  int pos;
  int lineStart;

  int keyStart;
  int keyEnd;
  int textStart;
  int textEnd;

  /** The metric name without quotes; -1 while it is unknown. */
  int nameStart;

  int nameEnd;
  int[] spans = new int[64];
  int spanCount;
  boolean taken = true; // apart: name and spans are those of the present sample

  double value;
  boolean hasTimestamp;
  long timestamp;
  MetricType type = MetricType.UNKNOWN;
  String unit = "";
  Event event = Event.END;

  private final LabelAssembler assembler = new LabelAssembler();

  TextParser(byte[] buf, int offset, int length, boolean typeAndUnitLabels) {
    java.util.Objects.checkFromIndexSize(offset, length, buf.length);
    this.buf = buf;
    this.start = offset;
    this.end = offset + length;
    this.pos = offset;
    this.typeAndUnitLabels = typeAndUnitLabels;
  }

  @Override
  public final byte[] buffer() {
    return buf;
  }

  @Override
  public final int keyOffset() {
    return keyStart;
  }

  @Override
  public final int keyLength() {
    return keyEnd - keyStart;
  }

  @Override
  public final int textOffset() {
    return textStart;
  }

  @Override
  public final int textLength() {
    return textEnd - textStart;
  }

  @Override
  public final double value() {
    return value;
  }

  @Override
  public final Histogram histogram() {
    throw new IllegalStateException("text formats have no native histograms");
  }

  @Override
  public final boolean hasTimestamp() {
    return hasTimestamp;
  }

  @Override
  public final long timestamp() {
    return timestamp;
  }

  @Override
  public long startTimestamp() {
    return 0;
  }

  @Override
  public @Nullable Exemplar nextExemplar(long defaultTimestamp) {
    return null;
  }

  @Override
  public final MetricType type() {
    return type;
  }

  @Override
  public final String metricName() {
    return unescaped(keyStart, keyEnd, true);
  }

  @Override
  public final String text() {
    return event == Event.HELP
        ? unescaped(textStart, textEnd, quotesEscapedInHelp())
        : new String(buf, textStart, textEnd - textStart, StandardCharsets.UTF_8);
  }

  abstract boolean quotesEscapedInHelp();

  private String unescaped(int from, int to, boolean quotes) {
    for (int i = from; i < to; i++) {
      if (buf[i] == '\\') {
        byte[] out = new byte[to - from];
        int n = LabelAssembler.unescape(buf, from, to, out, 0, quotes);
        return new String(out, 0, n, StandardCharsets.UTF_8);
      }
    }
    return new String(buf, from, to - from, StandardCharsets.UTF_8);
  }

  @Override
  public final Labels labels() {
    return built(assemble());
  }

  /** Finds the name and the spans of the current sample, of which only the key is known. */
  void splitSample() {
    throw new IllegalStateException("this format parses each sample separately");
  }

  private LabelAssembler assemble() {
    if (!taken) {
      splitSample();
    }
    LabelAssembler a = assembler;
    a.clear();
    a.name(METRIC_NAME, 0, METRIC_NAME.length, false);
    a.value(buf, nameStart, nameEnd, true);
    boolean withType = typeAndUnitLabels && type != MetricType.UNKNOWN;
    boolean withUnit = typeAndUnitLabels && !unit.isEmpty();
    if (withType) {
      a.add(TYPE_LABEL, type.text().getBytes(StandardCharsets.US_ASCII));
    }
    if (withUnit) {
      a.add(UNIT_LABEL, unit.getBytes(StandardCharsets.UTF_8));
    }
    boolean floats = type == MetricType.HISTOGRAM || type == MetricType.SUMMARY;
    byte[] floatLabel = type == MetricType.HISTOGRAM ? LE : QUANTILE;
    for (int i = 0; i < spanCount; i += 4) {
      a.name(buf, spans[i], spans[i + 1], true);
      if (withType && a.nameIs(TYPE_LABEL) || withUnit && a.nameIs(UNIT_LABEL)) {
        a.dropBegun();
        continue;
      }
      if (floats && a.nameIs(floatLabel)) {
        double v = DecimalParser.parse(buf, spans[i + 2], spans[i + 3]);
        if (!DecimalParser.failed(v)) {
          a.value(v);
          continue;
        }
      }
      a.value(buf, spans[i + 2], spans[i + 3], true);
    }
    return a;
  }

  @Override
  public final List<String> emptyLabels() {
    assemble();
    return assembler.emptyNames();
  }

  /**
   * The labels of an exemplar, which have no metric name; null if a name occurs twice. Prometheus
   * then drops the exemplar, not the scrape.
   */
  final @Nullable Labels exemplarLabels(int[] at, int count) {
    LabelAssembler a = assembler;
    a.clear();
    for (int i = 0; i < count; i += 4) {
      a.name(buf, at[i], at[i + 1], true);
      a.value(buf, at[i + 2], at[i + 3], true);
    }
    return a.build();
  }

  private Labels built(LabelAssembler a) {
    Labels l = a.build();
    if (l == null) {
      throw error("label name " + GoQuote.quote(a.duplicate()) + " is not unique");
    }
    return l;
  }

  final void span(int nameFrom, int nameTo, int valueFrom, int valueTo) {
    if (spans.length - spanCount < 4) {
      spans = Arrays.copyOf(spans, spans.length * 2);
    }
    spans[spanCount++] = nameFrom;
    spans[spanCount++] = nameTo;
    spans[spanCount++] = valueFrom;
    spans[spanCount++] = valueTo;
  }

  /** The byte at an offset; beyond the end, a line end. */
  final int at(int i) {
    return i < end ? buf[i] : '\n';
  }

  static boolean is(int c, int classes) {
    return c >= 0 && (CLASS[c] & classes) != 0;
  }

  final int skipClass(int p, int classes) {
    while (p < end && buf[p] >= 0 && (CLASS[buf[p]] & classes) != 0) {
      p++;
    }
    return p;
  }

  /** Returns the offset of the next line end, or of the end of input. */
  final int lineEnd(int p) {
    while (p < end && buf[p] != '\n') {
      p++;
    }
    return p;
  }

  /**
   * Skips a quoted string whose opening quote is at {@code p} and returns the offset of its closing
   * quote; -1 if there is none.
   *
   * @param lines whether it may contain a line end
   */
  final int closingQuote(int p, boolean lines) {
    int seen = 0;
    int from = p + 1;
    for (int i = from; i < end; i++) {
      int c = buf[i];
      seen |= c;
      if (c == '"') {
        if (seen < 0 && !Utf8.valid(buf, from, i)) {
          pos = i + 1;
          throw error("invalid UTF-8 in " + quoted(p, i + 1));
        }
        return i;
      }
      if (c == '\\') {
        i++;
        if (i >= end || buf[i] == '\n') {
          return -1;
        }
        seen |= buf[i];
      } else if (c == '\n' && !lines) {
        return -1;
      }
    }
    return -1;
  }

  /** Reads a float between two offsets. */
  final double number(int from, int to) {
    double v = DecimalParser.parse(buf, from, to);
    if (DecimalParser.failed(v)) {
      pos = to;
      boolean syntax = Double.doubleToRawLongBits(v) == DecimalParser.SYNTAX_BITS;
      throw error((syntax ? "not a number: " : "number out of range: ") + quoted(from, to));
    }
    return v;
  }

  final MetricType badType() {
    throw error("invalid metric type " + quoted(textStart, textEnd));
  }

  final boolean textIs(String ascii) {
    int n = textEnd - textStart;
    if (n != ascii.length()) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      if (buf[textStart + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  final @Nullable MetricType namedType() {
    for (MetricType t : TYPES) {
      if (textIs(TYPE_NAMES[t.ordinal()])) {
        return t;
      }
    }
    return null;
  }

  private static final MetricType[] TYPES = MetricType.values();
  private static final String[] TYPE_NAMES =
      Arrays.stream(TYPES).map(t -> t.name().toLowerCase(Locale.ROOT)).toArray(String[]::new);

  final String quoted(int from, int to) {
    int n = Math.min(to, end) - from;
    boolean cut = n > MAX_EXCERPT;
    String s = new String(buf, from, cut ? MAX_EXCERPT : n, StandardCharsets.UTF_8);
    return GoQuote.quote(s) + (cut ? "…" : "");
  }

  /** Creates an error naming the expected token and the one found at {@code pos}. */
  final ExpositionException expected(String what) {
    String got = pos >= end ? "end of input" : quoted(pos, pos + characterLength());
    return error(
        what + ", got " + got + " while parsing: " + quoted(lineStart, Math.min(end, pos + 1)));
  }

  private int characterLength() {
    int c = buf[pos] & 0xff;
    return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  }

  /** An error in the present line. */
  final ExpositionException error(String what) {
    int line = 1;
    for (int i = start; i < lineStart; i++) {
      if (buf[i] == '\n') {
        line++;
      }
    }
    return new ExpositionException("line " + line + ": " + what);
  }
}
