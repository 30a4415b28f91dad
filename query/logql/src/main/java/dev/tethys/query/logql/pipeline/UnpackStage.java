package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** {@code unpack}: strings of a packed entry become labels, {@code _entry} becomes the line. */
final class UnpackStage extends RowStage {
  private static final byte[] ENTRY = "_entry".getBytes(StandardCharsets.UTF_8);
  private static final String NO_OBJECT = "expecting json object(6), but it is not";

  private final Extractor extractor;
  private byte[] key = new byte[64];

  UnpackStage(NameTable names, UsedLabels wanted) {
    extractor = new Extractor(names, wanted);
  }

  /** Positions of a line's strings, found before any label is set. */
  private int[] places = new int[64];

  @Override
  boolean process(Row row) {
    byte[] b = row.line;
    int to = row.lineTo;
    if (row.lineFrom == to) {
      return true;
    }
    int at = JsonText.skipBlanks(b, row.lineFrom, to);
    if (at == to || b[at] != '{') {
      row.fail(PipelineError.JSON, NO_OBJECT);
      return true;
    }
    int n = 0;
    boolean packed = false;
    at = JsonText.skipBlanks(b, at + 1, to);
    while (at < to && b[at] == '"') {
      int keyEnd = JsonText.stringEnd(b, at + 1, to);
      int colon = keyEnd < 0 ? to : JsonText.skipBlanks(b, keyEnd + 1, to);
      int value = colon < to && b[colon] == ':' ? JsonText.skipBlanks(b, colon + 1, to) : to;
      int end = value < to ? JsonText.valueEnd(b, value, to) : -1;
      if (end < 0) {
        row.fail(PipelineError.JSON, JsonText.MALFORMED_JSON);
        return true;
      }
      if (b[value] == '"') {
        packed |= isEntry(b, at + 1, keyEnd);
        if (n + 4 > places.length) {
          places = Arrays.copyOf(places, 2 * places.length);
        }
        places[n++] = at + 1;
        places[n++] = keyEnd;
        places[n++] = value + 1;
        places[n++] = end - 1;
      }
      at = JsonText.skipBlanks(b, end, to);
      if (at < to && b[at] == ',') {
        at = JsonText.skipBlanks(b, at + 1, to);
      }
    }
    if (at >= to || b[at] != '}') {
      row.fail(PipelineError.JSON, JsonText.MALFORMED_OBJECT);
      return true;
    }
    if (packed) {
      for (int i = 0; i < n; i += 4) {
        put(row, b, i);
      }
    }
    return true;
  }

  private static boolean isEntry(byte[] b, int from, int to) {
    return Arrays.equals(b, from, to, ENTRY, 0, ENTRY.length);
  }

  private void put(Row row, byte[] b, int i) {
    int from = places[i + 2];
    int to = places[i + 3];
    byte[] bytes = b;
    if (JsonText.hasEscapes(b, from, to)) {
      int start = row.reserve(to - from);
      int used = JsonText.unescape(b, from, to, row.arena(), start);
      if (used < 0) {
        row.fail(PipelineError.JSON, JsonText.MALFORMED_STRING);
        return;
      }
      row.used(used);
      bytes = row.arena();
      from = start;
      to = used;
    }
    if (isEntry(b, places[i], places[i + 1])) {
      row.line(bytes, from, to);
      return;
    }
    int length = places[i + 1] - places[i];
    if (key.length < length + 1) {
      key = new byte[2 * (length + 1)];
    }
    int keyEnd = Extractor.sanitise(b, places[i], places[i + 1], key, 0, true);
    int id = extractor.candidate(key, 0, keyEnd);
    int target = id < 0 ? -1 : extractor.target(row, id);
    if (target >= 0) {
      extractor.put(row, target, bytes, from, to - from);
    }
  }
}
