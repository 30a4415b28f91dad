package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.query.logql.ast.Stage.Extraction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code json} with expressions: labels from single values of the line. */
final class JsonPathStage extends RowStage {
  private final UsedLabels wanted;
  private final Extractor extractor;
  private final int[] ids;
  private final JsonPath[] paths;
  private final LineValues values = new LineValues();

  JsonPathStage(NameTable names, UsedLabels wanted, List<Extraction> extractions) {
    this.wanted = wanted;
    extractor = new Extractor(names, wanted);
    ids = new int[extractions.size()];
    paths = new JsonPath[ids.length];
    for (int i = 0; i < ids.length; i++) {
      byte[] name = extractions.get(i).label().getBytes(StandardCharsets.UTF_8);
      ids[i] = extractor.candidate(name, 0, name.length);
      paths[i] = JsonPath.parse(extractions.get(i).expression());
    }
  }

  @Override
  boolean process(Row row) {
    if (row.ranges >= 0) {
      values.read(row, extractor);
      return true;
    }
    if (wanted.none() || row.lineFrom == row.lineTo) {
      return true;
    }
    byte[] b = row.line;
    int to = row.lineTo;
    int start = JsonText.skipBlanks(b, row.lineFrom, to);
    if (start == to || b[start] != '{') {
      row.fail(PipelineError.JSON, "");
      return true;
    }
    for (int i = 0; i < ids.length; i++) {
      int target = ids[i] < 0 ? -1 : extractor.target(row, ids[i]);
      if (target < 0) {
        continue;
      }
      int at = paths[i].find(b, start, to);
      int end = at < 0 ? -1 : JsonText.valueEnd(b, at, to);
      if (end < 0 || b[at] == 'n') {
        row.addExtracted(target, b, start, 0);
      } else if (b[at] != '"') {
        row.addExtracted(target, b, at, end - at);
      } else {
        string(row, target, b, at, end);
      }
    }
    return true;
  }

  @Override
  boolean readsParts() {
    return !wanted.all();
  }

  @Override
  int values(LineOutline lines, LogBodyParts.Ranges ranges) {
    byte[] b = lines.text();
    int to = lines.length();
    int start = JsonText.skipBlanks(b, 0, to);
    if (start == to || b[start] != '{') {
      return -1;
    }
    values.begin(ranges);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        continue;
      }
      int at = paths[i].find(lines, start);
      if (at == JsonPath.UNKNOWN) {
        return -1;
      }
      int end = at < 0 ? -1 : JsonText.valueEnd(b, at, to);
      if (end >= 0 && lines.varies(at, at + 1) && b[at] != LogBodyParts.DIGITS) {
        return -1; // may begin as null does
      }
      if (end < 0 || b[at] == 'n') {
        values.addEmpty(ids[i]);
      } else if (b[at] != '"') {
        if (!values.add(ids[i], LineValues.PLAIN, lines, at, end)) {
          return -1;
        }
      } else if (JsonText.hasEscapes(b, at + 1, end - 1)
          || !values.add(ids[i], LineValues.TEXT, lines, at + 1, end - 1)) {
        return -1;
      }
    }
    return values.end();
  }

  @Override
  void mark(LineOutline lines) {
    byte[] b = lines.text();
    int to = lines.length();
    int start = JsonText.skipBlanks(b, 0, to);
    if (start == to || b[start] != '{') {
      return;
    }
    for (JsonPath p : paths) {
      p.mark(lines, start);
    }
  }

  private void string(Row row, int target, byte[] b, int at, int end) {
    if (!JsonText.hasEscapes(b, at + 1, end - 1)) {
      extractor.put(row, target, b, at + 1, end - at - 2);
      return;
    }
    int from = row.reserve(end - at);
    int used = JsonText.unescape(b, at + 1, end - 1, row.arena(), from);
    if (used < 0) {
      row.fail(PipelineError.JSON, JsonText.MALFORMED_STRING);
      return;
    }
    row.used(used);
    extractor.put(row, target, row.arena(), from, used - from);
  }
}
