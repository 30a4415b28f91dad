package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogFilter;
import java.util.List;

/** Line filter on a line that a stage before has changed. */
final class LineFilterStage extends RowStage {
  private final LogFilter.Line[] conditions;

  LineFilterStage(List<LogFilter.Line> conditions) {
    this.conditions = conditions.toArray(LogFilter.Line[]::new);
  }

  @Override
  boolean process(Row row) {
    for (LogFilter.Line c : conditions) {
      if (!c.fits(row.line, row.lineFrom, row.lineTo)) {
        return false;
      }
    }
    return true;
  }
}
