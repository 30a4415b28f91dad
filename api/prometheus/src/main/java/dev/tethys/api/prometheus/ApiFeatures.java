package dev.tethys.api.prometheus;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.PromqlFunctions;
import dev.tethys.query.promql.parser.ParserOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Features of the API and of PromQL, in the categories of {@code /api/v1/features}. The server adds
 * other categories and switches that only it knows.
 */
final class ApiFeatures {
  private ApiFeatures() {}

  /** Features by category; true if they are on. */
  static Map<String, Map<String, Boolean>> of(ApiSettings s) {
    Map<String, Map<String, Boolean>> out = new TreeMap<>();
    out.put("api", api(s));
    ParserOptions p = s.parser();
    Map<String, Boolean> language = new TreeMap<>();
    for (String always :
        List.of(
            "at_modifier",
            "bool",
            "by",
            "duration_expr",
            "group_left",
            "group_right",
            "ignoring",
            "negative_offset",
            "offset",
            "on",
            "per_query_lookback_delta",
            "subqueries",
            "without")) {
      language.put(always, true);
    }
    for (String extended : List.of("anchored", "smoothed")) {
      language.put(extended, p.extendedRangeSelectors());
    }
    for (String fill : List.of("fill", "fill_left", "fill_right")) {
      language.put(fill, p.binopFillModifiers());
    }
    for (String engine :
        List.of("delayed_name_removal", "per_step_stats", "type_and_unit_labels")) {
      language.put(engine, false); // the server says when they are on
    }
    out.put("promql", language);
    Map<String, Boolean> functions = new TreeMap<>();
    for (FunctionDefinition d : PromqlFunctions.all()) {
      PromqlFunction f = d.signature();
      functions.put(f.name(), !f.experimental() || p.experimentalFunctions());
    }
    out.put("promql_functions", functions);
    Map<String, Boolean> operators = new TreeMap<>();
    for (BinaryOp op : BinaryOp.values()) {
      operators.put(op.text(), true);
    }
    for (String matching : List.of("=~", "!~", "@")) {
      operators.put(matching, true);
    }
    for (AggregateOp op : AggregateOp.values()) {
      operators.put(op.text(), !op.isExperimental() || p.experimentalFunctions());
    }
    out.put("promql_operators", operators);
    return out;
  }

  private static Map<String, Boolean> api(ApiSettings s) {
    Map<String, Boolean> api = new TreeMap<>();
    api.put("admin", s.admin());
    api.put("exclude_alerts", true);
    api.put("label_values_match", true);
    api.put("lifecycle", s.lifecycle());
    api.put("openapi_3.1", true);
    api.put("openapi_3.2", true);
    api.put("otlp_write_receiver", false); // the server says when they are on
    api.put("query_stats", true);
    api.put("query_warnings", true);
    api.put("remote_write_receiver", false);
    api.put("search", s.search());
    for (String algorithm : SearchScore.ALGORITHMS) {
      api.put("search_fuzz_alg_" + algorithm, true);
    }
    api.put("time_range_labels", true);
    api.put("time_range_series", true);
    return api;
  }
}
