package dev.tethys.query.promql.explain;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The plan of a query and what there is to say about it. */
public record Explanation(PlanNode plan, List<Hint> hints, @Nullable Caching caching) {}
