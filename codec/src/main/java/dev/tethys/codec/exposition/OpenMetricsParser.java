package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Parser of OpenMetrics text 0.0.1 and 1.0.0 with the strictness of Prometheus's scraper: single
 * spaces, no blank lines, no comments, {@code # EOF} at the end. It does not check the
 * specification's rules about names, values and order.
 *
 * <p>A start timestamp is a separate sample {@code x_created}, anywhere after the sample it belongs
 * to. A second parser reads ahead to find it and remembers its position, so that each line is read
 * ahead at most once.
 */
final class OpenMetricsParser extends TextParser {
  private static final byte[] CREATED = "_created".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LE = {'l', 'e'};
  private static final byte[] QUANTILE = "quantile".getBytes(StandardCharsets.US_ASCII);

  private final boolean startTimestamps;

  private int[] exemplarSpans = new int[16];
  private int exemplarSpanCount;
  private boolean hasExemplar;
  private double exemplarValue;
  private boolean exemplarHasTimestamp;
  private long exemplarTimestamp;

  private int familyStart;
  private int familyEnd;

  private @Nullable OpenMetricsParser ahead;
  private final boolean isAhead;

  /** End of the lines for which the next {@code _created} sample is known. */
  private int knownUntil;

  private byte[] createdKey = new byte[128];
  private int createdKeyLength = -1; // -1: there is none before the next family
  private long created;
  private byte[] seriesKey = new byte[128];

  OpenMetricsParser(
      byte[] buf, int offset, int length, boolean startTimestamps, boolean typeAndUnitLabels) {
    this(buf, offset, length, startTimestamps, typeAndUnitLabels, false);
  }

  private OpenMetricsParser(
      byte[] buf,
      int offset,
      int length,
      boolean startTimestamps,
      boolean typeAndUnitLabels,
      boolean isAhead) {
    super(buf, offset, length, typeAndUnitLabels);
    this.startTimestamps = startTimestamps;
    this.isAhead = isAhead;
    this.knownUntil = offset - 1;
  }

  @Override
  boolean quotesEscapedInHelp() {
    return true;
  }

  @Override
  public Event next() {
    while (true) {
      lineStart = pos;
      hasExemplar = false;
      if (event == Event.END && pos >= end && pos > start) {
        return Event.END; // requested again
      }
      if (pos >= end) {
        throw error("data does not end with # EOF");
      }
      int c = buf[pos];
      if (c == '#') {
        return event = hash();
      }
      if (c != '{' && !is(c, NAME_START)) {
        throw expected("expected a valid start token");
      }
      sample(c == '{');
      if (startTimestamps && !isAhead && isCreated()) {
        continue;
      }
      return event = Event.SERIES;
    }
  }

  private Event hash() {
    pos++;
    if (at(pos) != ' ') {
      throw expected("expected a valid start token");
    }
    pos++;
    if (word("EOF")) {
      pos += 3;
      if (pos < end && buf[pos] == '\n') {
        pos++;
      }
      if (pos < end) {
        throw error("unexpected data after # EOF");
      }
      return Event.END;
    }
    Event kind;
    if (word("HELP ")) {
      kind = Event.HELP;
    } else if (word("TYPE ")) {
      kind = Event.TYPE;
    } else if (word("UNIT ")) {
      kind = Event.UNIT;
    } else {
      throw expected("expected a valid start token");
    }
    pos += 5;
    metaName(kind);
    int stop = lineEnd(pos);
    if (at(pos) != ' ' || stop >= end) {
      throw stop >= end
          ? error("data does not end with # EOF")
          : expected("expected text in " + kind);
    }
    textStart = pos + 1;
    textEnd = stop;
    pos = stop + 1;
    switch (kind) {
      case TYPE -> {
        MetricType named = namedType();
        type = named != null ? named : badType();
      }
      case UNIT -> takeUnit();
      default -> {
        if (!Utf8.valid(buf, textStart, textEnd)) {
          throw error("help text " + quoted(textStart, textEnd) + " is not valid UTF-8");
        }
      }
    }
    return kind;
  }

  private boolean word(String w) {
    if (end - pos < w.length()) {
      return false;
    }
    for (int i = 0; i < w.length(); i++) {
      if (buf[pos + i] != w.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void metaName(Event kind) {
    if (at(pos) == '"') {
      int close = closingQuote(pos, true);
      if (close < 0) {
        throw expected("expected metric name after " + kind);
      }
      keyStart = pos + 1;
      keyEnd = close;
      pos = close + 1;
    } else if (is(at(pos), NAME_START)) {
      keyStart = pos;
      pos = keyEnd = skipClass(pos, NAME_PART);
    } else {
      throw expected("expected metric name after " + kind);
    }
    if (!Arrays.equals(buf, keyStart, keyEnd, buf, familyStart, familyEnd)) {
      unit = ""; // the unit of the family before
    }
    familyStart = keyStart;
    familyEnd = keyEnd;
  }

  private void takeUnit() {
    int n = textEnd - textStart;
    if (!Utf8.valid(buf, textStart, textEnd)) {
      throw error("unit " + quoted(textStart, textEnd) + " is not valid UTF-8");
    }
    int suffix = keyEnd - n;
    if (n > 0
        && (suffix <= keyStart
            || buf[suffix - 1] != '_'
            || !Arrays.equals(buf, suffix, keyEnd, buf, textStart, textEnd))) {
      throw error(
          "unit "
              + quoted(textStart, textEnd)
              + " not a suffix of metric "
              + quoted(keyStart, keyEnd));
    }
    unit = new String(buf, textStart, n, StandardCharsets.UTF_8);
  }

  private void sample(boolean brace) {
    keyStart = pos;
    spanCount = 0;
    if (brace) {
      nameStart = nameEnd = -1;
      labelPairs(false);
      if (nameStart < 0) {
        throw error("metric name not set while parsing: " + quoted(lineStart, pos));
      }
    } else {
      nameStart = pos;
      pos = nameEnd = skipClass(pos, NAME_PART);
      if (at(pos) == '{') {
        labelPairs(false);
      }
    }
    keyEnd = pos;
    value = spacedNumber("expected value after metric");
    hasTimestamp = false;
    if (pos < end && buf[pos] == ' ' && !exemplarFollows()) {
      timestamp = seconds();
      hasTimestamp = true;
    }
    if (pos < end && buf[pos] == ' ' && exemplarFollows()) {
      exemplar();
    }
    if (pos >= end) {
      throw error("data does not end with # EOF");
    }
    if (buf[pos] != '\n') {
      throw expected(
          hasTimestamp
              ? "expected next entry after timestamp"
              : "expected timestamp, exemplar or new record");
    }
    pos++;
  }

  private boolean exemplarFollows() {
    return end - pos >= 4 && buf[pos + 1] == '#' && buf[pos + 2] == ' ' && buf[pos + 3] == '{';
  }

  private double spacedNumber(String expected) {
    if (at(pos) != ' ') {
      throw expected(expected);
    }
    int from = pos + 1;
    int p = from;
    while (p < end && buf[p] != ' ' && buf[p] != '\n') {
      p++;
    }
    if (p == from) {
      throw expected(expected);
    }
    double v = number(from, p);
    pos = p;
    return v;
  }

  private long seconds() {
    double s = spacedNumber("expected timestamp");
    if (!Double.isFinite(s)) {
      throw error("invalid timestamp " + s);
    }
    return (long) (s * 1000);
  }

  private void exemplar() {
    pos += 3;
    exemplarSpanCount = 0;
    labelPairs(true);
    exemplarValue = spacedNumber("expected value after exemplar labels");
    exemplarHasTimestamp = pos < end && buf[pos] == ' ';
    if (exemplarHasTimestamp) {
      exemplarTimestamp = seconds();
    }
    hasExemplar = true;
  }

  private void labelPairs(boolean ofExemplar) {
    pos++;
    while (true) {
      int c = at(pos);
      if (c == '}') {
        pos++;
        return;
      }
      int from;
      int to;
      if (is(c, LABEL_START)) {
        from = pos;
        pos = to = skipClass(pos, LABEL_PART);
      } else if (c == '"') {
        int close = closingQuote(pos, !ofExemplar);
        if (close < 0) {
          throw expected("expected label name");
        }
        from = pos + 1;
        to = close;
        pos = close + 1;
        c = at(pos);
        if (!ofExemplar && (c == ',' || c == '}')) {
          metricName(from, to);
          if (c == ',') {
            pos++;
          }
          continue;
        }
      } else {
        throw expected("expected label name");
      }
      if (at(pos) != '=') {
        throw expected("expected equal");
      }
      if (from == to) {
        throw error("label name must not be empty");
      }
      pos++;
      int close = at(pos) == '"' ? closingQuote(pos, false) : -1;
      if (close < 0) {
        throw expected("expected label value");
      }
      if (ofExemplar) {
        exemplarSpan(from, to, pos + 1, close);
      } else {
        span(from, to, pos + 1, close);
      }
      pos = close + 1;
      if (at(pos) == ',') {
        pos++;
      } else if (at(pos) != '}') {
        throw expected("expected comma or brace close");
      }
    }
  }

  private void exemplarSpan(int nameFrom, int nameTo, int valueFrom, int valueTo) {
    if (exemplarSpans.length - exemplarSpanCount < 4) {
      exemplarSpans = Arrays.copyOf(exemplarSpans, exemplarSpans.length * 2);
    }
    exemplarSpans[exemplarSpanCount++] = nameFrom;
    exemplarSpans[exemplarSpanCount++] = nameTo;
    exemplarSpans[exemplarSpanCount++] = valueFrom;
    exemplarSpans[exemplarSpanCount++] = valueTo;
  }

  private void metricName(int from, int to) {
    if (nameStart >= 0) {
      throw error("metric name already set while parsing: " + quoted(lineStart, pos));
    }
    if (from == to) {
      throw error("metric name must not be empty");
    }
    nameStart = from;
    nameEnd = to;
  }

  @Override
  public @Nullable Exemplar nextExemplar(long defaultTimestamp) {
    if (!hasExemplar) {
      return null;
    }
    hasExemplar = false;
    Labels labels = exemplarLabels(exemplarSpans, exemplarSpanCount);
    return labels == null
        ? null
        : new Exemplar(
            labels, exemplarValue, exemplarHasTimestamp ? exemplarTimestamp : defaultTimestamp);
  }

  /** Whether the current sample has an exemplar that was not yet read. */
  boolean hasExemplar() {
    return hasExemplar;
  }

  private boolean hasStartTimestamps() {
    return type == MetricType.COUNTER || type == MetricType.SUMMARY || type == MetricType.HISTOGRAM;
  }

  private boolean isCreated() {
    return hasStartTimestamps() && endsWithCreated();
  }

  private boolean endsWithCreated() {
    return nameEnd - nameStart > CREATED.length
        && Arrays.equals(buf, nameEnd - CREATED.length, nameEnd, CREATED, 0, CREATED.length);
  }

  @Override
  public long startTimestamp() {
    if (!startTimestamps || !hasStartTimestamps() || event != Event.SERIES) {
      return 0;
    }
    int family = familyEnd - familyStart;
    if (family == 0
        || nameEnd - nameStart < family
        || !Arrays.equals(buf, nameStart, nameStart + family, buf, familyStart, familyEnd)) {
      return 0;
    }
    if (pos > knownUntil) {
      lookAhead();
    }
    if (createdKeyLength < 0) {
      return 0;
    }
    int n = keyOf(nameStart, nameStart + family);
    return Arrays.equals(seriesKey, 0, n, createdKey, 0, createdKeyLength) ? created : 0;
  }

  private void lookAhead() {
    OpenMetricsParser a = ahead;
    if (a == null) {
      a = new OpenMetricsParser(buf, start, end - start, true, false, true);
      ahead = a;
    }
    a.pos = pos;
    a.type = type;
    a.event = Event.SERIES;
    createdKeyLength = -1;
    while (true) {
      try {
        if (a.next() != Event.SERIES) {
          break;
        }
      } catch (ExpositionException e) {
        break; // this parser comes upon it soon
      }
      if (a.endsWithCreated()) {
        createdKeyLength = a.keyOf(a.nameStart, a.nameEnd - CREATED.length);
        byte[] key = a.seriesKey;
        a.seriesKey = createdKey;
        createdKey = key;
        created = (long) (a.value * 1000.0);
        break;
      }
    }
    knownUntil = a.lineStart;
  }

  /** Writes the family name and the labels that distinguish metrics of a family. */
  private int keyOf(int nameFrom, int nameTo) {
    int n = put(0, nameFrom, nameTo);
    for (int i = 0; i < spanCount; i += 4) {
      if (type == MetricType.HISTOGRAM && spanIs(i, LE)
          || type == MetricType.SUMMARY && spanIs(i, QUANTILE)) {
        continue;
      }
      n = put(n, spans[i], spans[i + 1]);
      n = put(n, spans[i + 2], spans[i + 3]);
    }
    return n;
  }

  private boolean spanIs(int i, byte[] name) {
    return Arrays.equals(buf, spans[i], spans[i + 1], name, 0, name.length);
  }

  private int put(int n, int from, int to) {
    int length = to - from;
    if (seriesKey.length - n < length + 1) {
      seriesKey = Arrays.copyOf(seriesKey, Math.max(n + length + 1, seriesKey.length * 2));
    }
    System.arraycopy(buf, from, seriesKey, n, length);
    seriesKey[n + length] = (byte) 0xff; // no byte of UTF-8
    return n + length + 1;
  }
}
