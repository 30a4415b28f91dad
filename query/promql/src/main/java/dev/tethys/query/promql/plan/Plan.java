package dev.tethys.query.promql.plan;

import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.RawRange;

/** Execution plan of a query. */
public sealed interface Plan {
  /** A vector or a scalar at every step. */
  record Steps(Operator operator) implements Plan {}

  /** A range vector at one moment. */
  record Range(RawRange range) implements Plan {}

  /** A text. */
  record Text(String value) implements Plan {}
}
