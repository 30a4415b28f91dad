package dev.tethys.query.promql.differential;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The queries of the PromQL compliance suite, their templates filled with all combinations. */
final class Compliance {
  private static final Pattern QUERY = Pattern.compile("query: (.*)$");
  private static final Pattern VARIABLE = Pattern.compile("\\{\\{\\.(\\w+)}}");
  private static final List<String> ARITHMETIC = List.of("+", "-", "*", "/", "%", "^");
  private static final List<String> COMPARISON = List.of("==", "!=", "<", ">", "<=", ">=");
  private static final List<String> AGGREGATIONS =
      List.of("sum", "avg", "max", "min", "count", "stddev", "stdvar");

  private static final Map<String, List<String>> VARIANTS =
      Map.ofEntries(
          Map.entry("range", List.of("1s", "15s", "1m", "5m", "15m", "1h")),
          Map.entry("offset", List.of("1m", "5m", "10m")),
          Map.entry("simpleAggrOp", AGGREGATIONS),
          Map.entry("simpleTimeAggrOp", join(AGGREGATIONS, List.of("absent", "last"))),
          Map.entry("topBottomOp", List.of("topk", "bottomk")),
          Map.entry(
              "quantile",
              List.of("-0.5", "0.1", "0.5", "0.75", "0.95", "0.90", "0.99", "1", "1.5")),
          Map.entry("arithBinOp", ARITHMETIC),
          Map.entry("compBinOp", COMPARISON),
          Map.entry("binOp", join(ARITHMETIC, COMPARISON)),
          Map.entry(
              "simpleMathFunc",
              List.of("abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round")),
          Map.entry("extrapolatedRateFunc", List.of("delta", "rate", "increase")),
          Map.entry("clampFunc", List.of("clamp_min", "clamp_max")),
          Map.entry("instantRateFunc", List.of("idelta", "irate")),
          Map.entry(
              "dateFunc",
              List.of(
                  "day_of_month",
                  "day_of_week",
                  "days_in_month",
                  "hour",
                  "minute",
                  "month",
                  "year")),
          Map.entry("smoothingFactor", List.of("0.1", "0.5", "0.8")),
          Map.entry("trendFactor", List.of("0.1", "0.5", "0.8")));

  private Compliance() {}

  private static List<String> join(List<String> a, List<String> b) {
    List<String> out = new ArrayList<>(a);
    out.addAll(b);
    return out;
  }

  static List<String> queries() throws IOException {
    List<String> out = new ArrayList<>();
    for (String line :
        Files.readAllLines(Shared.conformance("compliance/promql/promql-test-queries.yml"))) {
      Matcher m = QUERY.matcher(line.strip());
      if (!line.strip().startsWith("#") && m.find()) {
        String q = m.group(1).strip();
        if (q.startsWith("'")) {
          q = q.substring(1, q.length() - 1).replace("''", "'");
        } else if (q.startsWith("\"")) {
          q = q.substring(1, q.length() - 1);
        }
        expand(q, out);
      }
    }
    return out;
  }

  private static void expand(String q, List<String> out) {
    Matcher m = VARIABLE.matcher(q);
    if (!m.find()) {
      out.add(q);
      return;
    }
    for (String v : VARIANTS.getOrDefault(m.group(1), List.of())) {
      expand(q.replace(m.group(), v), out);
    }
  }
}
