package dev.tethys.api.prometheus;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricSource.LabelResult;
import dev.tethys.model.storage.ScopedSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Endpoints of series, label names and label values. */
final class LabelEndpoints {
  private static final String TRUNCATED = "results truncated due to limit";

  private final ScopedSource store;
  private final RunningLookups running;

  LabelEndpoints(ScopedSource store, RunningLookups running) {
    this.store = store;
    this.running = running;
  }

  void register(ApiRoutes routes) {
    routes
        .getOrPostOfServer("/labels", running.counted(routes.limited(this::names)))
        .getOfServer("/label/{name}/values", running.counted(routes.limited(this::values)))
        .getOrPostOfServer("/series", running.counted(routes.limited(this::series)));
  }

  /** Returns a limit of one more than displayed, to detect whether there are more. */
  private static int probe(int limit) {
    return limit > 0 && limit < Integer.MAX_VALUE ? limit + 1 : limit;
  }

  private void names(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = p.limit();
    MetricSource source = store.within(call.scope());
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    List<List<Matcher>> sets = p.matchers();
    answer(call, limit, sets, set -> source.labelNames(start, end, set, probe(limit)));
  }

  private void values(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    String escaped = call.request().pathParam("name");
    String name = escaped.startsWith("U__") ? EscapingScheme.VALUES.unescape(escaped) : escaped;
    if (name.isEmpty()) {
      throw ApiException.badData("invalid label name: " + GoQuote.quote(name));
    }
    int limit = p.limit();
    MetricSource source = store.within(call.scope());
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    List<List<Matcher>> sets = p.matchers();
    answer(call, limit, sets, set -> source.labelValues(name, start, end, set, probe(limit)));
  }

  private static void answer(
      ApiCall call,
      int limit,
      List<List<Matcher>> sets,
      Function<List<Matcher>, LabelResult> lookup)
      throws IOException {
    List<String> found;
    Set<String> warnings = new LinkedHashSet<>();
    if (sets.size() <= 1) {
      LabelResult r =
          LookupThreads.SHARED.compute(
              () -> lookup.apply(sets.isEmpty() ? List.of() : sets.getFirst()));
      found = r.values();
      warnings.addAll(r.warnings());
    } else {
      TreeSet<String> merged = new TreeSet<>(LabelEndpoints::byBytes);
      for (List<Matcher> set : sets) {
        LabelResult r = LookupThreads.SHARED.compute(() -> lookup.apply(set));
        merged.addAll(r.values());
        warnings.addAll(r.warnings());
      }
      found = List.copyOf(merged);
    }
    if (limit > 0 && found.size() > limit) {
      found = found.subList(0, limit);
      warnings.add(TRUNCATED);
    }
    List<String> shown = found;
    call.data(out -> out.strings(shown), List.copyOf(warnings), List.of());
  }

  /** Compares names by their UTF-8 bytes, which is the order of code points. */
  static int byBytes(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // Surrogates encode code points above all others.
        boolean xs = Character.isSurrogate(x);
        boolean ys = Character.isSurrogate(y);
        return xs == ys ? Character.compare(x, y) : xs ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  private void series(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    if (p.all("match[]").isEmpty()) {
      throw ApiException.badData("no match[] parameter provided");
    }
    int limit = p.limit();
    MetricSource source = store.within(call.scope());
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    List<List<Matcher>> sets;
    try {
      sets = p.matchers();
    } catch (ApiException e) {
      throw ApiException.invalidParameter("match[]", e.reason());
    }
    List<String> warnings = new ArrayList<>();
    List<Labels> found =
        LookupThreads.SHARED.compute(
            () -> source.series(start, end, sets, probe(limit), warnings::add));
    if (limit > 0 && found.size() > limit) {
      found = found.subList(0, limit);
      warnings.add(TRUNCATED);
    }
    List<Labels> shown = found;
    call.data(
        out -> {
          out.put('[');
          for (int i = 0; i < shown.size(); i++) {
            out.sep(i == 0).labels(shown.get(i));
          }
          out.put(']');
        },
        warnings,
        List.of());
  }
}
