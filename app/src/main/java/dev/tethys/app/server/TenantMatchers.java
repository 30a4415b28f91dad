package dev.tethys.app.server;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.ScopedSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Matchers that restrict a read to the series visible to a tenant. The metric store has no tenants:
 * all series are shared except those generated from spans, which belong to the tenant of the spans.
 * Series of tenants other than the default carry {@link ScopedSource#TENANT_LABEL}.
 *
 * <p>The default tenant sees all series without the label. Another tenant sees its own generated
 * series, and all others without the label. Where names are not decisive, a selection of another
 * tenant has its generated series alone if the matchers admit a name of those.
 */
final class TenantMatchers {
  /** Names of the series that are generated of spans. */
  private static final String GENERATED = "traces_spanmetrics_.*|traces_service_graph_request_.*";

  private static final Matcher IS_GENERATED =
      Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, GENERATED);
  private static final Matcher IS_OTHER =
      Matcher.of(Matcher.Type.NOT_REGEX, Labels.METRIC_NAME, GENERATED);
  private static final Matcher UNLABELLED = Matcher.equal(ScopedSource.TENANT_LABEL, "");

  /** All names, for matchers by expression. */
  private static final List<String> NAMES = names();

  private TenantMatchers() {}

  private static List<String> names() {
    List<String> out = new ArrayList<>();
    out.add("traces_spanmetrics_calls_total");
    out.add("traces_spanmetrics_size_total");
    out.add("traces_service_graph_request_total");
    out.add("traces_service_graph_request_failed_total");
    for (String histogram :
        List.of(
            "traces_spanmetrics_latency",
            "traces_service_graph_request_client_seconds",
            "traces_service_graph_request_server_seconds")) {
      for (String part : List.of("_bucket", "_count", "_sum")) {
        out.add(histogram + part);
      }
    }
    return out;
  }

  /** Returns the matchers of a selection within a scope. */
  static List<Matcher> of(Scope scope, List<Matcher> matchers) {
    if (scope.isDefaultTenant()) {
      return with(matchers, UNLABELLED);
    }
    boolean own = NAMES.stream().anyMatch(n -> admits(matchers, n));
    return own ? own(scope, matchers) : shared(matchers);
  }

  private static boolean admits(List<Matcher> matchers, String name) {
    boolean named = false;
    for (Matcher m : matchers) {
      if (m.name().equals(Labels.METRIC_NAME)) {
        named = true;
        if (!m.matches(name)) {
          return false;
        }
      }
    }
    // Series of any name: series with a job label, which generated series lack, are shared.
    return named || matchers.stream().noneMatch(m -> m.name().equals("job") && !m.matches(""));
  }

  /** Sets of matchers any of which a series meets, within a scope. */
  static List<List<Matcher>> ofAny(Scope scope, List<List<Matcher>> sets) {
    List<List<Matcher>> out = new ArrayList<>();
    for (List<Matcher> set : sets) {
      if (scope.isDefaultTenant()) {
        out.add(with(set, UNLABELLED));
      } else {
        out.add(own(scope, set));
        out.add(shared(set));
      }
    }
    return out;
  }

  private static List<Matcher> own(Scope scope, List<Matcher> matchers) {
    return with(
        with(matchers, IS_GENERATED), Matcher.equal(ScopedSource.TENANT_LABEL, scope.tenant()));
  }

  private static List<Matcher> shared(List<Matcher> matchers) {
    return with(with(matchers, IS_OTHER), UNLABELLED);
  }

  private static List<Matcher> with(List<Matcher> matchers, Matcher another) {
    List<Matcher> out = new ArrayList<>(matchers);
    out.add(another);
    return out;
  }

  /** Merges two lists of values, sorted and limited. */
  static List<String> union(List<String> a, List<String> b, int limit) {
    TreeSet<String> all = new TreeSet<>(a);
    all.addAll(b);
    return all.stream().limit(limit == 0 ? Long.MAX_VALUE : limit).toList();
  }
}
