package dev.tethys.tools;

import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.TraceRuleQueries;
import dev.tethys.model.access.TenantName;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Queries of rules over the traces of a server, one request of Tempo's API for each evaluation. */
final class TraceHistory implements RuleQuery {
  private final ServerApi api;
  private final String tenant;
  private final Duration interval;

  /**
   * @param interval range of queries without a hint
   */
  TraceHistory(ServerApi api, String tenant, Duration interval) {
    this.api = api;
    this.tenant = tenant;
    this.interval = interval;
  }

  @Override
  public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
    return query(text, time);
  }

  @Override
  public List<Value.Sample> query(String text, long time) {
    long to = Math.multiplyExact(time, 1_000_000L);
    long range = TraceRuleQueries.range(TraceRuleQueries.parse(text), interval).toNanos();
    String path =
        "/tempo/api/metrics/query?q="
            + ServerApi.encoded(text)
            + "&start="
            + Math.max(0, to - range)
            + "&end="
            + to;
    try {
      Map<String, @Nullable Object> answer =
          api.object(path, Map.of(TenantName.HEADER, tenant.isEmpty() ? "fake" : tenant));
      List<Value.Sample> out = new ArrayList<>();
      for (Object s : ApiText.list(answer.getOrDefault("series", List.of()))) {
        Map<String, @Nullable Object> series = Json.asObject(s);
        Map<String, String> texts = new TreeMap<>();
        for (Object l : ApiText.list(series.getOrDefault("labels", List.of()))) {
          Map<String, @Nullable Object> label = Json.asObject(l);
          texts.put(Json.text(label, "key"), text(Json.asObject(label.get("value"))));
        }
        double v = ApiText.parsed(series.getOrDefault("value", 0.0));
        out.add(new Value.Sample(TraceRuleQueries.labels(texts), v, null));
      }
      return out;
    } catch (IOException e) {
      throw QueryException.execution(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the text of a typed value of OTLP's JSON; empty for nil. */
  private static String text(Map<String, @Nullable Object> value) {
    String v = value.isEmpty() ? "" : String.valueOf(value.values().iterator().next());
    return v.equals("nil") ? "" : v;
  }
}
