package dev.tethys.query.logql.ast;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Aggregation over the series of a vector. */
public enum VectorOp {
  SUM,
  AVG,
  MIN,
  MAX,
  COUNT,
  STDDEV,
  STDVAR,
  TOPK,
  BOTTOMK,
  APPROX_TOPK,
  SORT,
  SORT_DESC;

  /** Returns the name as written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a number precedes the vector. */
  public boolean takesParameter() {
    return this == TOPK || this == BOTTOMK || this == APPROX_TOPK;
  }

  /** Returns the aggregation with a name, or null if there is none. */
  public static @Nullable VectorOp of(String name) {
    for (VectorOp op : values()) {
      if (op.text().equals(name)) {
        return op;
      }
    }
    return null;
  }
}
