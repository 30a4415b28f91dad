package dev.tethys.query.logql.pipeline;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code pattern}: captures between literals. */
final class PatternStage extends RowStage {
  private final UsedLabels wanted;
  private final Extractor extractor;
  private final LinePattern pattern;
  private final int[] ids;
  private final int[] places;

  PatternStage(NameTable names, UsedLabels wanted, LinePattern pattern) {
    this.wanted = wanted;
    this.pattern = pattern;
    extractor = new Extractor(names, wanted);
    List<String> captures = pattern.names();
    ids = new int[captures.size()];
    for (int i = 0; i < ids.length; i++) {
      byte[] n = captures.get(i).getBytes(StandardCharsets.UTF_8);
      ids[i] = extractor.candidate(n, 0, n.length);
    }
    places = new int[2 * ids.length];
  }

  @Override
  boolean process(Row row) {
    if (wanted.none()) {
      return true;
    }
    int n = pattern.capture(row.line, row.lineFrom, row.lineTo, places);
    byte[] line = row.line;
    for (int i = 0; i < n; i++) {
      int target = ids[i] < 0 ? -1 : extractor.target(row, ids[i]);
      if (target >= 0) {
        extractor.put(row, target, line, places[2 * i], places[2 * i + 1] - places[2 * i]);
      }
    }
    return true;
  }
}
