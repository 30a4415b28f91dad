package dev.tethys.query.promql.ast;

import java.util.Locale;

/** The aggregations. */
public enum AggregateOp {
  SUM(false),
  AVG(false),
  MIN(false),
  MAX(false),
  COUNT(false),
  GROUP(false),
  STDDEV(false),
  STDVAR(false),
  TOPK(true),
  BOTTOMK(true),
  QUANTILE(true),
  COUNT_VALUES(true),
  LIMITK(true),
  LIMIT_RATIO(true);

  private final boolean parameter;

  AggregateOp(boolean parameter) {
    this.parameter = parameter;
  }

  /** Returns the name in the query text. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a parameter precedes the vector. */
  public boolean takesParameter() {
    return parameter;
  }

  /** Whether it needs {@code promql-experimental-functions}. */
  public boolean isExperimental() {
    return this == LIMITK || this == LIMIT_RATIO;
  }
}
