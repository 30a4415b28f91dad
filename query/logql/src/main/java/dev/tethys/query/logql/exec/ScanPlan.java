package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.pipeline.LineFilters;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Division of a log query between the store and the pipeline.
 *
 * <p>Line filters before the first stage that changes the line go to the store, regardless of the
 * stages between: these do not drop rows because of the line, so that the same rows are left. Label
 * filters go to the store as conditions on metadata if no stage before can make the label and no
 * selected stream has it.
 *
 * @param filter conditions for the store
 * @param stages stages that are left
 */
record ScanPlan(LogFilter filter, List<Stage> stages) {
  /** Plans a query over the streams that it selected. */
  static ScanPlan of(LogExpr log, List<Labels> streams) {
    List<LogFilter.Line> lines = new ArrayList<>();
    List<Matcher> metadata = new ArrayList<>();
    List<Stage> left = new ArrayList<>();
    boolean sameLine = true;
    boolean sameLabels = true;
    for (Stage s : log.stages()) {
      if (s instanceof Stage.LineFilter f && sameLine) {
        lines.addAll(LineFilters.compile(f));
      } else if (s instanceof Stage.LabelFilter f && sameLabels) {
        Condition rest = pushed(f.condition(), streams, metadata);
        if (rest != null) {
          left.add(new Stage.LabelFilter(rest));
          // a conversion may fail and set __error__, which later filters see
          sameLabels = isText(rest);
        }
      } else {
        left.add(s);
        sameLabels &= !s.effect().changesLabels();
        sameLine &= !s.effect().changesLine();
      }
    }
    LogFilter filter =
        lines.isEmpty() && metadata.isEmpty() ? LogFilter.NONE : new LogFilter(lines, metadata);
    return new ScanPlan(filter, left);
  }

  private static boolean isText(Condition c) {
    return switch (c) {
      case Condition.Text t -> true;
      case Condition.Both b -> isText(b.left()) && isText(b.right());
      case Condition.Either e -> isText(e.left()) && isText(e.right());
      default -> false;
    };
  }

  /** Returns the part of a condition that the store cannot test, or null if it tests all. */
  private static @Nullable Condition pushed(
      Condition c, List<Labels> streams, List<Matcher> metadata) {
    if (c instanceof Condition.Text t && isMetadata(t.matcher().name(), streams)) {
      metadata.add(t.matcher());
      return null;
    }
    if (c instanceof Condition.Both b && isText(b)) {
      Condition l = pushed(b.left(), streams, metadata);
      Condition r = pushed(b.right(), streams, metadata);
      return l == null ? r : r == null ? l : new Condition.Both(l, r);
    }
    return c;
  }

  /** True if only metadata of that very name can be the label. */
  private static boolean isMetadata(String name, List<Labels> streams) {
    if (name.startsWith("__error") || name.endsWith("_extracted")) {
      return false;
    }
    for (Labels l : streams) {
      if (l.has(name)) {
        return false;
      }
    }
    return true;
  }
}
