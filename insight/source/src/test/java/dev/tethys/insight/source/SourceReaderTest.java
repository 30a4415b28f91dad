package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.source.SourceStatus.State;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceReaderTest {
  private static final long START = SourceCase.START;
  private static final long INTERVAL = SourceCase.INTERVAL;
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final Labels UP = Labels.of("__name__", "up", "job", "a");

  @TempDir Path folder;
  private SourceCase c;

  @BeforeEach
  void open() throws IOException {
    c = new SourceCase(folder);
  }

  @AfterEach
  void close() {
    c.close();
  }

  private static List<Long> each(long from, long to, long step) {
    List<Long> out = new ArrayList<>();
    for (long t = from; t <= to; t += step) {
      out.add(t);
    }
    return out;
  }

  @Test
  void copiesEachSampleOnce() throws Exception {
    c.maxCatchUp = Duration.ofMinutes(1);
    c.prometheus.addEach(UP, START - 80_000, START + 10 * MINUTE, 10_000);
    c.open().readAt(START);
    c.readUntil(START + 10 * MINUTE);
    assertThat(c.times("up{job=\"a\"}", START - HOUR, START + HOUR))
        .isEqualTo(each(-80_000, 10 * MINUTE, 10_000));
    assertThat(c.samples(START, START).get("up{job=\"a\"}"))
        .containsEntry(START, Double.toString(START / 1000.0));
    assertThat(c.status().samples()).isEqualTo(69);
    assertThat(c.status().state()).isEqualTo(State.OK);
    assertThat(c.status().series()).isEqualTo(1);
    assertThat(c.status().lag()).isZero();
    assertThat(c.status().problems()).isEmpty();
  }

  @Test
  void readsWantedMetricsOnly() throws Exception {
    c.wanted = List.of("sum(rate(a_total[5m])) > 1", "{__name__=~\"node_.+\"}");
    for (String n : List.of("a_total", "b_total", "node_load1", "go_threads")) {
      c.prometheus.add(Labels.of("__name__", n), START, 1);
    }
    c.open().readAt(START);
    assertThat(c.samples(START, START)).containsOnlyKeys("a_total", "node_load1");
    assertThat(c.prometheus.queries)
        .containsExactly("{__name__=~\"a_total|node_load1\"}[90s]@" + START / 1000);
  }

  @Test
  void readsSelectorsWithoutMetricName() throws Exception {
    c.wanted = List.of("{job=\"a\"}");
    c.prometheus.add(UP, START, 1);
    c.prometheus.add(Labels.of("__name__", "up", "job", "b"), START, 1);
    c.open().readAt(START);
    assertThat(c.samples(START, START)).containsOnlyKeys("up{job=\"a\"}");
  }

  @Test
  void addsTheNameOfTheSourceAsClusterToSeriesWithoutOne() throws Exception {
    c.name = "prod";
    c.prometheus.add(UP, START, 1);
    c.prometheus.add(Labels.of("__name__", "up", "job", "a", "cluster", "west"), START, 1);
    c.open().readAt(START);
    assertThat(c.samples(START, START))
        .containsOnlyKeys("up{cluster=\"prod\", job=\"a\"}", "up{cluster=\"west\", job=\"a\"}");
  }

  @Test
  void marksTheEndOfASeries() throws Exception {
    Labels other = Labels.of("__name__", "up", "job", "b");
    c.maxCatchUp = Duration.ofMinutes(1);
    c.prometheus.addEach(UP, START - MINUTE, START + MINUTE, 15_000);
    c.prometheus.addEach(other, START - MINUTE, START + 4 * MINUTE, 15_000);
    c.open().readAt(START);
    c.readUntil(START + 4 * MINUTE);
    assertThat(c.samples(START + MINUTE, START + HOUR).get("up{job=\"a\"}"))
        .containsOnlyKeys(START + MINUTE, START + MINUTE + 15_000)
        .containsEntry(START + MINUTE + 15_000, "stale");
    assertThat(c.samples(START, START + HOUR).get("up{job=\"b\"}")).doesNotContainValue("stale");
  }

  @Test
  void continuesASeriesThatComesBack() throws Exception {
    c.maxCatchUp = Duration.ofMinutes(1);
    c.prometheus.addEach(
        Labels.of("__name__", "up", "job", "b"), START - MINUTE, START + 6 * MINUTE, 15_000);
    c.prometheus.addEach(UP, START - MINUTE, START + MINUTE, 15_000);
    c.prometheus.addEach(UP, START + 4 * MINUTE, START + 6 * MINUTE, 15_000);
    c.open().readAt(START);
    c.readUntil(START + 6 * MINUTE);
    assertThat(c.samples(START, START + HOUR).get("up{job=\"a\"}"))
        .containsEntry(START + MINUTE + 15_000, "stale")
        .containsKeys(START + 4 * MINUTE, START + 6 * MINUTE)
        .hasSize(5 + 1 + 9);
  }

  @Test
  void doesNotEndSeriesWhileTheSourceIsLate() throws Exception {
    c.maxCatchUp = Duration.ofMinutes(1);
    c.prometheus.addEach(UP, START - MINUTE, START, 15_000);
    c.open().readAt(START);
    c.readUntil(START + 3 * MINUTE); // remote write into the source has stopped
    c.prometheus.addEach(UP, START, START + 4 * MINUTE, 15_000);
    c.readUntil(START + 4 * MINUTE);
    assertThat(c.samples(START, START + HOUR).get("up{job=\"a\"}")).doesNotContainValue("stale");
    assertThat(c.times("up{job=\"a\"}", START, START + HOUR))
        .isEqualTo(each(0, 4 * MINUTE, 15_000));
  }

  @Test
  void readsTheHistoryAtTheFirstStart() throws Exception {
    c.prometheus.addEach(UP, START - 5 * HOUR, START, MINUTE);
    c.open().readAt(START);
    assertThat(c.status().state()).isEqualTo(State.CATCHING_UP);
    assertThat(c.status().open()).hasSize(1);
    c.catchUp();
    assertThat(c.times("up{job=\"a\"}", START - 9 * HOUR, START))
        .isEqualTo(each(-5 * HOUR, 0, MINUTE));
    c.readUntil(START + INTERVAL);
    assertThat(c.status().state()).isEqualTo(State.OK);
    assertThat(c.status().missing()).as("nothing was lost before the first start").isEmpty();
  }

  @Test
  void fillsAnOutageOfTheSourceNewestFirst() throws Exception {
    c.maxCatchUp = Duration.ofHours(8);
    c.prometheus.addEach(UP, START - 10 * MINUTE, START + 5 * HOUR, MINUTE);
    c.open().readAt(START);
    c.catchUp();
    c.prometheus.answerAll(PrometheusDouble.text(503, "starting"));
    c.readAt(START + HOUR);
    assertThat(c.status().state()).isEqualTo(State.AWAY);
    assertThat(c.status().error()).contains("503", "starting");
    assertThat(c.status().lag()).isEqualTo(HOUR);
    c.prometheus.answerAll(null);
    c.readAt(START + 5 * HOUR);
    assertThat(c.times("up{job=\"a\"}", START, START + 5 * HOUR).getFirst()).isZero();
    assertThat(c.times("up{job=\"a\"}", START + MINUTE, START + 5 * HOUR).getFirst())
        .as("new samples come before older ones")
        .isEqualTo(5 * HOUR - 9 * MINUTE);
    c.prometheus.queries.clear();
    c.catchUp();
    String first = c.prometheus.queries.getFirst();
    assertThat(Long.parseLong(first.substring(first.indexOf('@') + 1)) * 1000)
        .isBetween(START + 4 * HOUR, START + 5 * HOUR);
    assertThat(c.times("up{job=\"a\"}", START, START + 5 * HOUR))
        .isEqualTo(each(0, 5 * HOUR, MINUTE));
    assertThat(c.status().missing()).isEmpty();
    assertThat(c.database().damage()).isEmpty();
  }

  @Test
  void continuesAfterARestart() throws Exception {
    c.prometheus.addEach(UP, START - 2 * HOUR, START + 4 * HOUR, MINUTE);
    c.open().readAt(START);
    c.restart(); // before the history was read
    c.readAt(START + 3 * HOUR);
    c.catchUp();
    assertThat(c.times("up{job=\"a\"}", START - 9 * HOUR, START + 3 * HOUR))
        .isEqualTo(each(-2 * HOUR, 3 * HOUR, MINUTE));
    c.restart();
    c.readAt(START + 3 * HOUR + MINUTE);
    assertThat(c.status().state()).isEqualTo(State.OK);
    assertThat(c.times("up{job=\"a\"}", START - 9 * HOUR, START + 4 * HOUR))
        .isEqualTo(each(-2 * HOUR, 3 * HOUR + MINUTE, MINUTE));
  }

  @Test
  void reportsWhatTheSourceNoLongerHas() throws Exception {
    c.prometheus.addEach(UP, START - 10 * MINUTE, START, MINUTE);
    c.open().readAt(START);
    c.catchUp();
    c.prometheus.clear();
    c.prometheus.addEach(UP, START + 3 * HOUR, START + 5 * HOUR, MINUTE);
    c.readAt(START + 5 * HOUR);
    c.catchUp();
    assertThat(c.status().missing()).hasSize(1);
    TimeGap g = c.status().missing().getFirst();
    assertThat(g.from()).isBetween(START - 2 * MINUTE, START);
    assertThat(g.to()).isEqualTo(START + 3 * HOUR);
    assertThat(g.reason()).isEqualTo("the source has no samples of this time");
    c.restart();
    c.readAt(START + 5 * HOUR + MINUTE);
    assertThat(c.status().missing()).as("after a restart").containsExactly(g);
  }

  @Test
  void doesNotReadWhatIsTooOld() throws Exception {
    c.maxCatchUp = Duration.ofHours(2);
    c.prometheus.addEach(UP, START - 10 * MINUTE, START + 5 * HOUR, MINUTE);
    c.open().readAt(START);
    c.readAt(START + 5 * HOUR);
    c.catchUp();
    assertThat(c.status().missing())
        .singleElement()
        .satisfies(
            g -> {
              assertThat(g.to()).isEqualTo(START + 3 * HOUR);
              assertThat(g.reason()).contains("max-catch-up");
            });
    assertThat(c.times("up{job=\"a\"}", START + HOUR, START + 5 * HOUR).getFirst())
        .as("the range of a request is open at its start")
        .isEqualTo(3 * HOUR + MINUTE);
  }

  @Test
  void ignoresDamagedMarks() throws Exception {
    c.prometheus.addEach(UP, START - HOUR, START + HOUR, MINUTE);
    c.open().readAt(START);
    c.catchUp();
    Files.writeString(folder.resolve("marks"), "tethys source marks 1\nmark x\n");
    c.restart();
    c.readAt(START + MINUTE);
    c.catchUp();
    assertThat(c.times("up{job=\"a\"}", START - 2 * HOUR, START + HOUR))
        .isEqualTo(each(-HOUR, MINUTE, MINUTE));
  }
}
