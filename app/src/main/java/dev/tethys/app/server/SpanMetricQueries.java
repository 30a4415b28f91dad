package dev.tethys.app.server;

import dev.tethys.api.traces.MetricQueries;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryOrigin;
import dev.tethys.query.promql.Value;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Queries of the API of traces over span metrics by the server's engine. */
final class SpanMetricQueries implements MetricQueries {
  private final PromqlEngine engine;
  private final ScopedSource source;

  SpanMetricQueries(PromqlEngine engine, ScopedSource source) {
    this.engine = engine;
    this.source = source;
  }

  @Override
  public List<Series> range(Scope scope, String query, long from, long to, long step) {
    try {
      QueryOptions options = new QueryOptions(0, 0, false, QueryOrigin.UNKNOWN.in(scope));
      Value v =
          engine.range(source.within(scope), query, from, to, step, options).execute().value();
      List<Series> out = new ArrayList<>();
      if (v instanceof Value.Matrix m) {
        for (Value.Series s : m.series()) {
          Map<String, String> labels = new LinkedHashMap<>();
          for (Labels.Label l : s.labels().toList()) {
            labels.put(l.name(), l.value());
          }
          out.add(
              new Series(
                  labels,
                  Arrays.copyOf(s.timestamps(), s.size()),
                  Arrays.copyOf(s.values(), s.size())));
        }
      }
      return out;
    } catch (QueryException e) {
      int status =
          switch (e.kind()) {
            case BAD_DATA -> 400;
            case EXECUTION, LIMIT -> 422;
            case TIMEOUT, CANCELED, OVERLOAD -> 503;
            case STORAGE, INTERNAL -> 500;
          };
      throw new HttpException(status, String.valueOf(e.getMessage()));
    }
  }
}
