package dev.tethys.codec.exposition;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;

/**
 * Text formats 0.0.4 and 1.0.0, which differ only in that 1.0.0 allows quoted names.
 *
 * <p>Grammar (blanks are spaces and tabs, allowed between any two parts):
 *
 * <pre>
 * line    = [ meta | comment | sample ] LF                the last LF may be missing
 * meta    = "#" blanks ("HELP" | "TYPE") blanks name blank text
 * sample  = name [ labels ] value [ digits ]              the digits are Unix milliseconds
 *         | labels value [ digits ]                       with the name quoted among the labels
 * labels  = "{" { ( name "=" | quoted "=" ) quoted | quoted [ "," ] } "}"
 * </pre>
 *
 * <p>Commas between labels may be missing, as in Prometheus; a value needs no blank before it after
 * a closing brace.
 */
final class PrometheusTextParser extends TextParser {
  private static final byte[] HELP = {'H', 'E', 'L', 'P'};
  private static final byte[] TYPE = {'T', 'Y', 'P', 'E'};

  PrometheusTextParser(byte[] buf, int offset, int length, boolean typeAndUnitLabels) {
    super(buf, offset, length, typeAndUnitLabels);
  }

  @Override
  boolean quotesEscapedInHelp() {
    return false;
  }

  @Override
  public Event next() {
    while (true) {
      lineStart = pos;
      skipBlanks();
      if (pos >= end) {
        return event = Event.END;
      }
      int c = buf[pos];
      if (is(c, NAME_START)) {
        return event = sample(false);
      }
      switch (c) {
        case '\n' -> pos++;
        case '#' -> {
          return event = hash();
        }
        case '{' -> {
          return event = sample(true);
        }
        default -> throw expected("expected a valid start token");
      }
    }
  }

  private void skipBlanks() {
    int p = pos;
    while (p < end && (buf[p] == ' ' || buf[p] == '\t')) {
      p++;
    }
    pos = p;
  }

  private static boolean blank(int c) {
    return c == ' ' || c == '\t';
  }

  private boolean keyword(byte[] word) {
    for (int i = 0; i < word.length; i++) {
      if (at(pos + i) != word[i]) {
        return false;
      }
    }
    return blank(at(pos + word.length));
  }

  private Event hash() {
    int hash = pos++;
    boolean apart = blank(at(pos));
    skipBlanks();
    boolean help = apart && keyword(HELP);
    if (!help && !(apart && keyword(TYPE))) {
      textStart = hash;
      textEnd = lineEnd(pos);
      pos = Math.min(textEnd + 1, end);
      keyStart = keyEnd = hash;
      return Event.COMMENT;
    }
    pos += 4;
    skipBlanks();
    String what = help ? "HELP" : "TYPE";
    if (at(pos) == '"') {
      int close = closingQuote(pos, true);
      if (close < 0) {
        throw expected("expected metric name after " + what);
      }
      keyStart = pos + 1;
      keyEnd = close;
      pos = close + 1;
    } else if (is(at(pos), NAME_START)) {
      keyStart = pos;
      pos = keyEnd = skipClass(pos, NAME_PART);
    } else {
      throw expected("expected metric name after " + what);
    }
    int stop = lineEnd(pos);
    textStart = Math.min(pos + 1, stop); // one blank; more of them belong to the text
    textEnd = stop;
    pos = Math.min(stop + 1, end);
    if (help) {
      requireUtf8Text();
      return Event.HELP;
    }
    if (textIs("untyped")) {
      type = MetricType.UNKNOWN;
      return Event.TYPE;
    }
    MetricType named = namedType();
    switch (named) {
      case COUNTER, GAUGE, HISTOGRAM, SUMMARY -> type = named;
      case null, default -> badType();
    }
    return Event.TYPE;
  }

  private void requireUtf8Text() {
    int seen = 0;
    for (int i = textStart; i < textEnd; i++) {
      seen |= buf[i];
    }
    if (seen < 0 && !Utf8.valid(buf, textStart, textEnd)) {
      throw error("help text " + quoted(textStart, textEnd) + " is not valid UTF-8");
    }
  }

  @Override
  public boolean nextIs(int keyLength, long keyHash) {
    int p = pos + keyLength;
    if (p + 1 >= end
        || buf[p] != ' '
        || buf[p + 1] == '{' // labels of a name that had none
        || blank(buf[p + 1])
        || !is(buf[pos], NAME_START)
        || Labels.hash64(buf, pos, keyLength) != keyHash) {
      return false;
    }
    lineStart = keyStart = pos;
    keyEnd = p;
    pos = p + 1;
    taken = false;
    event = rest();
    return true;
  }

  @Override
  void splitSample() {
    int behind = pos;
    pos = keyStart;
    key(false);
    pos = behind;
  }

  private Event sample(boolean brace) {
    keyStart = pos;
    key(brace);
    return rest();
  }

  private void key(boolean brace) {
    taken = true;
    spanCount = 0;
    if (brace) {
      nameStart = nameEnd = -1;
      labelPairs();
      if (nameStart < 0) {
        throw error("metric name not set while parsing: " + quoted(lineStart, pos));
      }
    } else {
      nameStart = pos;
      pos = nameEnd = skipClass(pos, NAME_PART);
      keyEnd = pos;
      skipBlanks();
      if (at(pos) == '{') {
        labelPairs();
      }
    }
  }

  /** Reads the rest of the line after a key. */
  private Event rest() {
    skipBlanks();
    int from = pos;
    int p = pos;
    while (p < end) {
      int c = buf[p];
      if (c == '\n' || c == ' ' || c == '\t' || c == '{') {
        break;
      }
      p++;
    }
    if (p == from) {
      throw expected("expected value after metric");
    }
    value = number(from, p);
    pos = p;
    skipBlanks();
    hasTimestamp = false;
    int c = at(pos);
    if (c >= '0' && c <= '9') {
      milliseconds();
      skipBlanks();
      if (at(pos) != '\n') {
        throw expected("expected next entry after timestamp");
      }
    } else if (c != '\n') {
      throw expected("expected timestamp or new record");
    }
    pos = Math.min(pos + 1, end);
    return Event.SERIES;
  }

  private void milliseconds() {
    long v = 0;
    int from = pos;
    int d;
    while ((d = at(pos) - '0') >= 0 && d <= 9) {
      if (v > (Long.MAX_VALUE - d) / 10) {
        throw error("timestamp out of range: " + quoted(from, lineEnd(from)));
      }
      v = v * 10 + d;
      pos++;
    }
    timestamp = v;
    hasTimestamp = true;
  }

  /** Reads from an opening brace through the closing one. */
  private void labelPairs() {
    pos++;
    skipBlanks();
    while (true) {
      int c = at(pos);
      if (c == '}') {
        pos++;
        keyEnd = pos;
        return;
      }
      int from;
      int to;
      if (is(c, LABEL_START)) {
        from = pos;
        pos = to = skipClass(pos, LABEL_PART);
        skipBlanks();
      } else if (c == '"') {
        int close = closingQuote(pos, true);
        if (close < 0) {
          throw expected("expected label name");
        }
        from = pos + 1;
        to = close;
        pos = close + 1;
        skipBlanks();
        c = at(pos);
        if (c == ',' || c == '}') {
          metricName(from, to);
          if (c == ',') {
            pos++;
            skipBlanks();
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
      skipBlanks();
      int close = at(pos) == '"' ? closingQuote(pos, true) : -1;
      if (close < 0) {
        throw expected("expected label value");
      }
      span(from, to, pos + 1, close);
      pos = close + 1;
      skipBlanks();
      if (at(pos) == ',') {
        pos++;
        skipBlanks();
      }
    }
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
}
