package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.List;

/** Query filter that the store can evaluate by itself, for deletions. */
public final class StoreFilter {
  private StoreFilter() {}

  /**
   * Returns the filter of a query whose stages the store can test.
   *
   * @param streams streams that the query selects
   * @throws LogqlParseException if the query has another stage
   */
  public static LogFilter of(LogExpr log, List<Labels> streams) {
    ScanPlan plan = ScanPlan.of(log, streams);
    boolean unlike =
        plan.filter().lines().stream().anyMatch(l -> l instanceof LogFilter.Test)
            || log.stages().stream()
                .anyMatch(s -> !(s instanceof Stage.LineFilter || s instanceof Stage.LabelFilter));
    if (unlike || !plan.stages().isEmpty()) {
      throw new LogqlParseException(
          "unsupported query expression: a deletion can have a selector, the line filters |=, !=,"
              + " |~ and !~, and text filters on structured metadata; filter labels of streams in"
              + " the selector");
    }
    return plan.filter();
  }
}
