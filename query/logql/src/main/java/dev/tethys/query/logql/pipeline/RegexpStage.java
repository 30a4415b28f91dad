package dev.tethys.query.logql.pipeline;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** {@code regexp}: named groups of the first match. */
final class RegexpStage extends RowStage {
  private final UsedLabels wanted;
  private final Extractor extractor;
  private final Regex regex;
  private final int[] ids;
  private final int[] groups;

  RegexpStage(NameTable names, UsedLabels wanted, Regex regex) {
    this.wanted = wanted;
    this.regex = regex;
    extractor = new Extractor(names, wanted);
    Map<String, Integer> named = regex.groupNames();
    ids = new int[named.size()];
    groups = new int[ids.length];
    int i = 0;
    for (Map.Entry<String, Integer> e : named.entrySet()) {
      byte[] n = e.getKey().getBytes(StandardCharsets.UTF_8);
      ids[i] = extractor.candidate(n, 0, n.length);
      groups[i++] = e.getValue();
    }
  }

  @Override
  boolean process(Row row) {
    if (wanted.none() || !regex.find(row.line, row.lineFrom, row.lineTo)) {
      return true;
    }
    Groups g = regex.groups(Cancellation.interruptible(row.lineText()));
    if (!g.find()) {
      return true;
    }
    for (int i = 0; i < ids.length; i++) {
      int target = ids[i] < 0 ? -1 : extractor.target(row, ids[i]);
      if (target >= 0) {
        String v = g.group(groups[i]);
        byte[] b = v == null ? new byte[0] : v.getBytes(StandardCharsets.UTF_8);
        extractor.put(row, target, b, 0, b.length);
      }
    }
    return true;
  }
}
