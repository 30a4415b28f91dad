package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.query.logql.ast.Stage.Extraction;
import dev.tethys.query.logql.ast.Stage.Logfmt;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code logfmt}: pairs of key and value. Text that is not a pair is skipped, or fails the row if
 * the stage is strict.
 */
final class LogfmtStage extends RowStage {
  private final UsedLabels wanted;
  private final Extractor extractor;
  private final boolean strict;
  private final boolean keepEmpty;
  private final boolean complete;
  private final List<Extraction> extractions;
  private final NameTable keys = new NameTable(); // of the extractions
  private int[] labelOfKey = {};
  private final int[] labels;
  private byte[] key = new byte[128];
  private int found;
  private final LineValues values = new LineValues();
  private final LogBodyParts.Test mayBeRead =
      (b, from, to) -> !isAscii(b, from, to) || label(b, from, to) >= 0;

  LogfmtStage(NameTable names, UsedLabels wanted, Logfmt stage) {
    this.wanted = wanted;
    extractor = new Extractor(names, wanted);
    strict = stage.strict();
    keepEmpty = stage.keepEmpty();
    complete = wanted.errors() || strict;
    extractions = stage.extractions();
    labels = new int[extractions.size()];
    for (int i = 0; i < labels.length; i++) {
      byte[] name = extractions.get(i).label().getBytes(StandardCharsets.UTF_8);
      labels[i] = extractor.candidate(name, 0, name.length);
      int k = keys.id(extractions.get(i).expression());
      if (k >= labelOfKey.length) {
        int old = labelOfKey.length;
        labelOfKey = java.util.Arrays.copyOf(labelOfKey, k + 8);
        java.util.Arrays.fill(labelOfKey, old, labelOfKey.length, -1);
      }
      labelOfKey[k] = labels[i];
    }
  }

  @Override
  boolean process(Row row) {
    if (row.ranges < 0 && (wanted.none() || row.lineFrom == row.lineTo)) {
      return true;
    }
    found = 0;
    if (row.ranges >= 0) {
      values.read(row, extractor);
    } else {
      pairs(row);
    }
    for (int id : labels) {
      int target = id < 0 ? -1 : extractor.target(row, id);
      if (target >= 0) {
        row.addExtracted(target, row.line, row.lineFrom, 0);
      }
    }
    return true;
  }

  private void pairs(Row row) {
    byte[] b = row.line;
    int to = row.lineTo;
    int at = row.lineFrom;
    while (true) {
      while (at < to && (b[at] & 0xff) <= ' ') {
        at++;
      }
      if (at >= to) {
        return;
      }
      int keyFrom = at;
      boolean valid = true;
      while (at < to && b[at] != '=' && (b[at] & 0xff) > ' ' && b[at] != '"') {
        valid &= b[at] >= 0 || isCharacter(b, keyFrom, at, to);
        at++;
      }
      int keyEnd = at;
      boolean bad = at < to && (b[at] == '"' || b[at] == '=' && at == keyFrom) || !valid;
      if (bad) {
        if (strict) {
          boolean character = at < to && valid;
          fail(row, at, character ? "unexpected '" + (char) b[at] + "'" : "invalid key");
          return;
        }
        at = skip(b, at, to);
        continue;
      }
      if (at >= to || b[at] != '=') {
        if (empty(row, keyFrom, keyEnd)) {
          return;
        }
        continue;
      }
      at++;
      int end = value(row, keyFrom, keyEnd, at);
      if (end < 0) {
        return;
      }
      at = end;
    }
  }

  @Override
  boolean readsParts() {
    return !wanted.all() && !strict; // places in errors depend on all that is before
  }

  /**
   * Walks as {@link #pairs} does. A key with an argument may be invalid; reading then continues
   * after the next blank. For a quoted value that is another position, so that all that follows is
   * needed.
   */
  @Override
  void mark(LineOutline lines) {
    byte[] b = lines.text();
    int to = lines.length();
    int at = 0;
    while (true) {
      while (at < to && (b[at] & 0xff) <= ' ') {
        at++;
      }
      if (at >= to) {
        return;
      }
      int keyFrom = at;
      boolean valid = true;
      while (at < to && b[at] != '=' && (b[at] & 0xff) > ' ' && b[at] != '"') {
        valid &= b[at] >= 0 || isCharacter(b, keyFrom, at, to);
        at++;
      }
      int keyEnd = at;
      boolean varies = lines.varies(keyFrom, keyEnd);
      if (!valid && varies) { // arguments may make it valid
        lines.need(keyFrom, to);
        return;
      }
      boolean bad = at < to && (b[at] == '"' || b[at] == '=' && at == keyFrom) || !valid;
      if (bad) {
        at = leaveOut(lines, keyFrom, skip(b, at, to));
        continue;
      }
      boolean read =
          varies ? mayBeCandidate(lines, keyFrom, keyEnd) : isCandidate(b, keyFrom, keyEnd);
      if (at >= to || b[at] != '=') {
        if (read) {
          lines.need(keyFrom, keyEnd);
        } else {
          at = leaveOut(lines, keyFrom, keyEnd);
        }
        continue;
      }
      at++;
      boolean quoted = at < to && b[at] == '"';
      if (quoted && varies && !lines.onlyDigitsVary(keyFrom, keyEnd)) {
        lines.need(keyFrom, to);
        return;
      }
      int end = quoted ? JsonText.stringEnd(b, at + 1, to) + 1 : skip(b, at, to);
      if (read) {
        lines.need(keyFrom, end == 0 ? to : end);
      }
      if (quoted && end == 0) {
        return;
      }
      at = read ? end : leaveOut(lines, keyFrom, end);
    }
  }

  /**
   * Omits a token without a label and the blanks after it; returns the start of the next token. A
   * token starts at the start of the line, after a blank or after a quote, and its meaning does not
   * depend on the tokens before it.
   */
  private static int leaveOut(LineOutline lines, int from, int end) {
    byte[] b = lines.text();
    int next = end;
    while (next < lines.length() && (b[next] & 0xff) <= ' ') {
      next++;
    }
    lines.leaveOut(from, next);
    return next;
  }

  @Override
  int values(LineOutline lines, LogBodyParts.Ranges ranges) {
    values.begin(ranges);
    return values(lines) ? values.end() : -1;
  }

  /** Iterates like {@link #pairs}; returns false if the pairs of a line depend on its arguments. */
  private boolean values(LineOutline lines) {
    byte[] b = lines.text();
    int to = lines.length();
    int at = 0;
    while (true) {
      while (at < to && (b[at] & 0xff) <= ' ') {
        at++;
      }
      if (at >= to) {
        return true;
      }
      int keyFrom = at;
      boolean ascii = true;
      while (at < to && b[at] != '=' && (b[at] & 0xff) > ' ' && b[at] != '"') {
        ascii &= b[at] >= 0;
        at++;
      }
      int keyEnd = at;
      if (!ascii) {
        return false;
      }
      int label; // number of the name, -1 for none
      if (lines.varies(keyFrom, keyEnd)) {
        int n = lines.write(keyFrom, keyEnd);
        if (n >= 0 && isAscii(lines.written(), 0, n)) {
          label = label(lines.written(), 0, n);
        } else if (n < 0
            && (lines.onlyDigitsVary(keyFrom, keyEnd) && !mayBeCandidate(lines, keyFrom, keyEnd)
                || !lines.mayPass(keyFrom, keyEnd, mayBeRead))) {
          label = -1;
        } else {
          return false;
        }
      } else {
        label = label(b, keyFrom, keyEnd);
      }
      if (at < to && (b[at] == '"' || b[at] == '=' && at == keyFrom)) {
        at = skip(b, at, to);
        continue;
      }
      boolean empty = at >= to || b[at] != '=';
      int from = empty ? at : at + 1;
      if (empty || from >= to || (b[from] & 0xff) <= ' ') {
        if (keepEmpty && label >= 0) {
          return false;
        }
        at = from;
        continue;
      }
      if (b[from] != '"') {
        at = from;
        while (at < to && (b[at] & 0xff) > ' ' && b[at] != '=' && b[at] != '"') {
          at++;
        }
        boolean pair = at >= to || b[at] != '=' && b[at] != '"';
        if (pair && label >= 0 && !values.add(label, LineValues.TEXT, lines, from, at)) {
          return false;
        }
        at = pair ? at : skip(b, at, to);
        continue;
      }
      int close = JsonText.stringEnd(b, from + 1, to);
      if (close < 0) {
        return true;
      }
      if (label >= 0) {
        boolean read =
            close == from + 1
                ? !keepEmpty
                : !JsonText.hasEscapes(b, from + 1, close)
                    && values.add(label, LineValues.TEXT, lines, from + 1, close);
        if (!read) {
          return false;
        }
      }
      at = close + 1;
    }
  }

  private static boolean isAscii(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the number of the name that receives the value of a key; -1 if it is not used. */
  private int label(byte[] b, int from, int to) {
    if (extractions.isEmpty()) {
      return candidate(b, from, to);
    }
    int k = keys.find(b, from, to);
    return k < 0 || k >= labelOfKey.length ? -1 : labelOfKey[k];
  }

  /** True if a key without arguments is that of a label that is used. */
  private boolean isCandidate(byte[] b, int from, int to) {
    if (!extractions.isEmpty()) {
      return keys.find(b, from, to) >= 0;
    }
    return candidate(b, from, to) >= 0;
  }

  private boolean mayBeCandidate(LineOutline lines, int from, int to) {
    return !extractions.isEmpty() || extractor.mayBeCandidate(lines, from, to);
  }

  private int candidate(byte[] b, int from, int to) {
    int length = to - from;
    if (!extractor.mayBeCandidate(b, from, to)) {
      return -1;
    }
    if (key.length < length + 1) {
      key = new byte[2 * (length + 1)];
    }
    int end = Extractor.sanitise(b, from, to, key, 0, true);
    return end == 0 ? -1 : extractor.candidate(key, 0, end);
  }

  /** Reads the value of a key; returns its end, or -1 to stop reading. */
  private int value(Row row, int keyFrom, int keyEnd, int from) {
    byte[] b = row.line;
    int to = row.lineTo;
    int at = from;
    if (at >= to || (b[at] & 0xff) <= ' ') {
      return empty(row, keyFrom, keyEnd) ? -1 : at;
    }
    if (b[at] != '"') {
      while (at < to && (b[at] & 0xff) > ' ') {
        if (b[at] == '=' || b[at] == '"') {
          if (strict) {
            fail(row, at, "unexpected '" + (char) b[at] + "'");
            return -1;
          }
          return skip(b, at, to);
        }
        at++;
      }
      return put(row, keyFrom, keyEnd, b, from, at) ? -1 : at;
    }
    int close = JsonText.stringEnd(b, at + 1, to);
    if (close < 0) {
      if (strict) {
        fail(row, to - 1, "unterminated quoted value");
      }
      return -1;
    }
    if (close == at + 1) {
      return empty(row, keyFrom, keyEnd) ? -1 : close + 1;
    }
    if (!JsonText.hasEscapes(b, at + 1, close)) {
      return put(row, keyFrom, keyEnd, b, at + 1, close) ? -1 : close + 1;
    }
    int start = row.reserve(close - at);
    int used = JsonText.unescape(b, at + 1, close, row.arena(), start);
    if (used < 0) {
      if (strict) {
        fail(row, at, "invalid quoted value");
        return -1;
      }
      return close + 1;
    }
    row.used(used);
    return put(row, keyFrom, keyEnd, row.arena(), start, used) ? -1 : close + 1;
  }

  private boolean empty(Row row, int keyFrom, int keyEnd) {
    return keepEmpty && put(row, keyFrom, keyEnd, row.line, keyEnd, keyEnd);
  }

  /** Sets a label; returns true if all used labels were found. */
  private boolean put(Row row, int keyFrom, int keyEnd, byte[] value, int from, int to) {
    int id = label(row.line, keyFrom, keyEnd);
    int target = id < 0 ? -1 : extractor.target(row, id);
    if (target < 0) {
      return false;
    }
    extractor.put(row, target, value, from, to - from);
    return !complete && ++found == extractor.limit();
  }

  private static void fail(Row row, int at, String what) {
    row.fail(
        PipelineError.LOGFMT,
        "logfmt syntax error at pos " + (at - row.lineFrom + 1) + " : " + what);
  }

  /** Returns the blank after which parsing continues after an invalid pair. */
  private static int skip(byte[] b, int at, int to) {
    int i = at;
    while (i < to && (b[i] & 0xff) > ' ') {
      i++;
    }
    return i;
  }

  /** True if a byte is part of a character in UTF-8, which is not the replacement character. */
  private static boolean isCharacter(byte[] b, int from, int at, int to) {
    int i = at;
    while (i > from && at - i < 3 && (b[i] & 0xc0) == 0x80) {
      i--;
    }
    int lead = b[i] & 0xff;
    int n = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (n == 0 || lead >= 0xf5 || i + n > to || at >= i + n) {
      return false;
    }
    for (int k = i + 1; k < i + n; k++) {
      if ((b[k] & 0xc0) != 0x80) {
        return false;
      }
    }
    return !(lead == 0xef && (b[i + 1] & 0xff) == 0xbf && (b[i + 2] & 0xff) == 0xbd);
  }
}
