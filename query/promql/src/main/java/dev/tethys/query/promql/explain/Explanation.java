package dev.tethys.query.promql.explain;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plan of a query with hints. */
public record Explanation(PlanNode plan, List<Hint> hints, @Nullable Caching caching) {}
