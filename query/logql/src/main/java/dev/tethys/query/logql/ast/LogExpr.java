package dev.tethys.query.logql.ast;

import dev.tethys.model.Matcher;
import java.util.List;

/**
 * Log query: a stream selector and a pipeline.
 *
 * @param matchers matchers of the selector, in the order of the query
 * @param stages stages of the pipeline, in order
 */
public record LogExpr(List<Matcher> matchers, List<Stage> stages) implements LogqlExpr {
  public LogExpr {
    matchers = List.copyOf(matchers);
    stages = List.copyOf(stages);
  }

  /** Returns the node type in Loki's messages. */
  public String typeName() {
    return stages.isEmpty() ? "*syntax.MatchersExpr" : "*syntax.PipelineExpr";
  }
}
