package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.query.logql.exec.LiveFilter;
import dev.tethys.query.logql.exec.LogExplorer;
import dev.tethys.query.logql.exec.LogExplorer.DetectedField;
import dev.tethys.query.logql.exec.LogExplorer.DetectedLabel;
import dev.tethys.query.logql.exec.LogExplorer.PatternCount;
import dev.tethys.query.logql.exec.LogExplorer.Range;
import dev.tethys.query.logql.exec.LogExplorer.Volume;
import dev.tethys.query.logql.exec.LogExplorer.VolumeRequest;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Labels, volumes, patterns and detected fields. */
class LogExplorerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Range RANGE = new Range(Scope.DEFAULT, 0, 100 * SECOND);

  private final InMemoryLogStore store = new InMemoryLogStore(4);
  private final LogqlEngine engine =
      new LogqlEngine(store, 2, MemoryShare.unlimited(), System::nanoTime);
  private final LogExplorer explorer = new LogExplorer(engine);

  @BeforeEach
  void fill() {
    Labels api = Labels.of("service", "api", "zone", "a", "request", "1");
    Labels web = Labels.of("service", "web", "zone", "a", "level", "warn");
    for (int i = 0; i < 10; i++) {
      store.add(api, i * SECOND, "took " + i + "ms", "user", "u" + i % 2);
      store.add(web, i * SECOND, "took " + i + "ms in all");
    }
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void returnsLabelsAndSeriesOfASelector() {
    assertThat(explorer.labelNames(RANGE, null))
        .containsExactly("level", "request", "service", "zone");
    assertThat(explorer.labelNames(RANGE, "{service=\"api\"}"))
        .containsExactly("request", "service", "zone");
    assertThat(explorer.labelValues(RANGE, "service", "{zone=\"a\"}"))
        .containsExactly("api", "web");
    assertThat(explorer.series(RANGE, List.of("{service=\"web\"}", "{service=\"none\"}")))
        .containsExactly(Labels.of("service", "web", "zone", "a", "level", "warn"));
    assertThat(explorer.series(RANGE, List.of())).hasSize(2);
  }

  @Test
  void statsSumEntriesAndBytes() {
    LogExplorer.IndexStats s = explorer.stats(RANGE, "{service=\"api\"}");
    assertThat(s.streams()).isEqualTo(1);
    assertThat(s.entries()).isEqualTo(10);
    assertThat(s.bytes()).isEqualTo(10 * "took 1ms".length());
  }

  private List<Volume> volume(List<String> targets, boolean byLabels, long step) {
    return explorer.volume(
        RANGE,
        new VolumeRequest("{service=~\".+\"}", targets, byLabels, step, 10),
        LogqlLimits.DEFAULT,
        () -> false);
  }

  @Test
  void groupsVolumesAndSortsThemBySize() {
    assertThat(volume(List.of(), false, 0))
        .extracting(Volume::labels, Volume::total)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(Labels.of("service", "web"), 150L),
            org.assertj.core.groups.Tuple.tuple(Labels.of("service", "api"), 80L));
    assertThat(volume(List.of("zone"), false, 0))
        .extracting(Volume::labels, Volume::total)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(Labels.of("zone", "a"), 230L));
    assertThat(volume(List.of("level", "zone"), true, 0))
        .extracting(v -> v.labels().toList().getFirst().name(), Volume::total)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("zone", 230L),
            org.assertj.core.groups.Tuple.tuple("level", 150L));
  }

  @Test
  void volumesByStepReadRowsOnlyWhereASegmentSpansSteps() {
    Volume web = volume(List.of(), false, 5 * SECOND).getFirst();
    assertThat(web.bytes()[0]).isEqualTo(75);
    assertThat(web.bytes()[1]).isEqualTo(75);
    assertThat(web.bytes()[2]).isZero();
  }

  private List<PatternCount> patterns(String query) {
    return explorer.patterns(RANGE, query, 5 * SECOND, 10_000, LogqlLimits.DEFAULT, () -> false);
  }

  @Test
  void findsPatternsAcrossSmallBlocks() {
    store.findsPatternsOfRows = true;
    assertThat(patterns("{service=\"api\"}"))
        .hasSize(10)
        .extracting(PatternCount::pattern)
        .contains("took 3ms");
    for (int i = 0; i < 5000; i++) {
      store.add(Labels.of("service", "big"), i, i == 7 ? "rare 7" : "often " + i);
    }
    assertThat(patterns("{service=\"big\"}"))
        .extracting(PatternCount::pattern, PatternCount::total)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("often <_>", 4999L),
            org.assertj.core.groups.Tuple.tuple("rare <_>", 1L));
    assertThat(patterns("{service=\"big\"} |= \"rare\""))
        .extracting(PatternCount::pattern)
        .containsExactly("rare 7");
  }

  @Test
  void mergesPatternsOfSegments() {
    List<PatternCount> p =
        explorer.patterns(
            RANGE,
            "{service=~\".+\"} |= \"took\"",
            5 * SECOND,
            10,
            LogqlLimits.DEFAULT,
            () -> false);
    assertThat(p)
        .extracting(PatternCount::pattern)
        .containsExactly("took <_>ms", "took <_>ms in all");
    assertThat(p).extracting(PatternCount::level).containsExactly("", "warn");
    BucketCounts counts = p.getFirst().counts();
    assertThat(counts.size()).isEqualTo(2);
    assertThat(counts.bucket(0)).isZero();
    assertThat(counts.rows(0)).isEqualTo(5);
    assertThat(counts.bucket(1)).isEqualTo(5 * SECOND);
    assertThat(counts.rows(1)).isEqualTo(5);
    assertThatThrownBy(
            () ->
                explorer.patterns(
                    RANGE, "{a=\"b\"} | json", SECOND, 10, LogqlLimits.DEFAULT, () -> false))
        .isInstanceOf(LogqlParseException.class)
        .hasMessageContaining("patterns are found in stored lines");
  }

  @Test
  void hidesIdentifierLabels() {
    assertThat(explorer.detectedLabels(RANGE, null))
        .containsExactly(
            new DetectedLabel("level", 1),
            new DetectedLabel("service", 2),
            new DetectedLabel("zone", 1));
  }

  private List<DetectedField> fields(String query) {
    return explorer.detectedFields(RANGE, query, 100, 50, LogqlLimits.DEFAULT, () -> false);
  }

  @Test
  void findsFieldsInMetadataJsonAndLogfmt() {
    Labels l = Labels.of("service", "db");
    store.add(l, SECOND, "{\"took\":\"5ms\",\"q\":{\"rows\":3,\"ok\":true}}", "user", "u7");
    store.add(l, 2 * SECOND, "took=7ms size=3kB ratio=0.5 service=x");
    List<DetectedField> f = fields("{service=\"db\"}");
    assertThat(f)
        .extracting(DetectedField::name)
        .containsExactlyInAnyOrder(
            "user", "took", "q_rows", "q_ok", "size", "ratio", "service_extracted");
    DetectedField took = named(f, "took");
    assertThat(took.type()).isEqualTo("duration");
    assertThat(took.parsers()).containsExactly("json", "logfmt");
    assertThat(took.values()).containsExactly("5ms", "7ms");
    assertThat(named(f, "q_rows").jsonPath()).containsExactly("q", "rows");
    assertThat(named(f, "q_rows").type()).isEqualTo("int");
    assertThat(named(f, "q_ok").type()).isEqualTo("boolean");
    assertThat(named(f, "size").type()).isEqualTo("bytes");
    assertThat(named(f, "ratio").type()).isEqualTo("float");
    assertThat(named(f, "user").parsers()).isEmpty();
  }

  private static DetectedField named(List<DetectedField> all, String name) {
    return all.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void liveFilterRunsThePipelineOnNewEntries() {
    LiveFilter f = new LiveFilter("{service=\"api\"} |= \"took\" | logfmt | took>5ms");
    assertThat(f.selects(Labels.of("service", "api"))).isTrue();
    assertThat(f.selects(Labels.of("service", "web"))).isFalse();
    byte[] line = "xtook=7ms".getBytes(StandardCharsets.UTF_8);
    LogEntry e =
        Objects.requireNonNull(
            f.apply(Labels.of("service", "api"), Labels.of("u", "1"), 5, line, 1, 8));
    assertThat(e.text()).isEqualTo("took=7ms");
    assertThat(e.parsed()).isEqualTo(Labels.of("took", "7ms"));
    assertThat(e.metadata()).isEqualTo(Labels.of("u", "1"));
    byte[] quick = "took=1ms".getBytes(StandardCharsets.UTF_8);
    assertThat(f.apply(Labels.of("service", "api"), Labels.EMPTY, 5, quick, 0, 8)).isNull();
    assertThatThrownBy(() -> new LiveFilter("rate({a=\"b\"}[1m])"))
        .hasMessageContaining("only log selector is supported");
  }
}
