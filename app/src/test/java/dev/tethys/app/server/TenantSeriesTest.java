package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series of one tenant's spans are invisible to all others, by every way to read the store. */
class TenantSeriesTest {
  private static final String CALLS = "traces_spanmetrics_calls_total";
  private static final long NOW = 1_700_000_000_000L;
  private static final List<Labels> ALL =
      List.of(
          Labels.of("__name__", CALLS, "service", "of-default"),
          Labels.of("__name__", CALLS, "service", "of-acme", "__tenant__", "acme"),
          Labels.of("__name__", CALLS, "service", "of-beta", "__tenant__", "beta"),
          Labels.of("__name__", "node_load1", "job", "node", "tenant", "acme"));

  @TempDir Path folder;
  private final DeferredStore store = new DeferredStore();

  private MetricsDatabase open() {
    return MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
  }

  private void write(List<Labels> all) {
    try (Appender a = store.appender()) {
      for (Labels l : all) {
        long ref = a.series(l);
        a.append(ref, 0, NOW, 1);
        a.append(ref, new Exemplar(Labels.of("traceID", "1"), 1, NOW));
      }
      a.commit();
    }
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** Series of a selection, by service or job. */
  private List<String> selected(String tenant, Matcher... matchers) {
    MetricSource source = store.within(Scope.of(tenant));
    List<String> out = new ArrayList<>();
    try (Selection s = source.select(SelectHints.range(0, NOW), List.of(matchers))) {
      for (int i = 0; i < s.size(); i++) {
        out.add(name(s.labels(i)));
      }
    }
    return out;
  }

  private static String name(Labels l) {
    return l.get("service").isEmpty() ? l.get("job") : l.get("service");
  }

  private List<String> looked(String tenant) {
    MetricSource source = store.within(Scope.of(tenant));
    List<String> out =
        new ArrayList<>(source.labelValues("service", 0, NOW, List.of(), 0).values());
    out.addAll(source.labelValues("__tenant__", 0, NOW, List.of(), 0).values());
    source.series(0, NOW, List.of(List.of()), 0).forEach(l -> out.add("series " + name(l)));
    source
        .exemplars(0, NOW, List.of(List.of(Matcher.of(Matcher.Type.REGEX, "__name__", ".+"))))
        .forEach(e -> out.add("exemplar " + name(e.series())));
    return out;
  }

  private void checkIsolation() {
    Matcher calls = Matcher.equal("__name__", CALLS);
    Matcher any = Matcher.of(Matcher.Type.REGEX, "__name__", ".+");
    assertThat(selected("fake", calls)).containsExactly("of-default");
    assertThat(selected("fake", any)).containsExactlyInAnyOrder("node", "of-default");
    assertThat(selected("fake", Matcher.equal("service", "of-acme"))).isEmpty();
    assertThat(selected("fake", Matcher.equal("__tenant__", "acme"))).isEmpty();
    assertThat(selected("acme", calls)).containsExactly("of-acme");
    assertThat(selected("acme", any)).containsExactly("of-acme");
    assertThat(selected("acme", Matcher.of(Matcher.Type.REGEX, "__name__", "node.*")))
        .containsExactly("node");
    assertThat(selected("acme", Matcher.equal("job", "node"))).containsExactly("node");
    assertThat(selected("acme", Matcher.equal("service", "of-beta"))).isEmpty();
    assertThat(selected("acme", Matcher.equal("service", "of-default"))).isEmpty();
    assertThat(selected("acme", Matcher.of(Matcher.Type.NOT_REGEX, "__tenant__", "acme")))
        .isEmpty();
    assertThat(looked("fake"))
        .containsExactlyInAnyOrder(
            "of-default",
            "series node",
            "series of-default",
            "exemplar node",
            "exemplar of-default");
    assertThat(looked("acme"))
        .containsExactlyInAnyOrder(
            "of-acme",
            "acme",
            "series node",
            "series of-acme",
            "exemplar node",
            "exemplar of-acme");
    assertThat(looked("another")).containsExactlyInAnyOrder("series node", "exemplar node");
  }

  @Test
  void tenantsSeeTheirOwnSeriesAndSharedOnes() {
    store.opened(open());
    write(ALL);
    store.separate();
    checkIsolation();
  }

  @Test
  void isolationSurvivesRestart() {
    store.opened(open());
    write(ALL);
    store.close();
    store.opened(open());
    Matcher calls = Matcher.equal("__name__", CALLS);
    assertThat(selected("fake", calls)).containsExactly("of-default");
    assertThat(selected("beta", calls)).containsExactly("of-beta");
    assertThat(looked("fake")).doesNotContain("of-acme", "acme", "series of-acme");
  }

  @Test
  void singleTenantReadsWithoutExtraMatchers() {
    store.opened(open());
    write(List.of(ALL.getFirst(), ALL.getLast()));
    assertThat(store.isFiltered(Scope.DEFAULT)).isFalse();
    assertThat(looked("fake")).contains("of-default", "series node");
  }

  @Test
  void everyReaderSeesSharedMetrics() {
    store.shareAll();
    store.opened(open());
    write(ALL);
    store.separate();
    Matcher calls = Matcher.equal("__name__", CALLS);
    assertThat(selected("fake", calls)).hasSize(3);
    assertThat(selected("acme", calls)).hasSize(3);
  }
}
