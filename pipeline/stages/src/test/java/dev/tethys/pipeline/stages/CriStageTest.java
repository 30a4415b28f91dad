package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import org.junit.jupiter.api.Test;

class CriStageTest {
  private static final String T = "2019-05-07T18:57:50.904275087+00:00 ";

  @Test
  void splitsLineTimeAndStream() {
    LogEntry e = new Rig("- cri: {}").one("2019-01-01T01:00:00.000000001Z stderr F a\tlog  line ");
    assertThat(e.line()).isEqualTo("a\tlog  line ");
    assertThat(e.timestamp()).isEqualTo(1546304400000000001L);
    assertThat(e.labels()).isEqualTo(Labels.of("stream", "stderr"));
    assertThat(new Rig("- cri:").one(T + "stdout F ").line()).isEmpty();
  }

  @Test
  void keepsOtherLinesUnchanged() {
    Rig rig = new Rig("- cri: {}");
    for (String line : new String[] {"i'm invalid!!!", "", " ", "x stdout F", "x stdlog F y"}) {
      LogEntry e = rig.run(7, line).getFirst();
      assertThat(e.line()).isEqualTo(line);
      assertThat(e.labels()).isEqualTo(Labels.EMPTY);
      assertThat(e.timestamp()).isEqualTo(7);
    }
  }

  @Test
  void joinsPartsByLabels() {
    Rig rig = new Rig("- cri: {}");
    rig.run(T + "stdout P partial line 1 ", "foo", "bar");
    rig.run(T + "stdout P partial line 2 ", "foo", "bar2");
    rig.run("2019-05-07T18:57:55.904275087+00:00 stdout F log finished", "foo", "bar");
    rig.run(T + "stdout F another full log", "foo", "bar2");
    rig.run(T + "stdout F alone", "foo", "bar");
    assertThat(rig.lines())
        .containsExactly("partial line 1 log finished", "partial line 2 another full log", "alone");
    assertThat(rig.out.getFirst().timestamp()).isEqualTo(1557255475904275087L);
    rig.out.forEach(LogEntry::settle);
    assertThat(rig.settled).hasValue(5);
  }

  @Test
  void flushesPartsBeyondTheLimit() {
    Rig rig = new Rig("- cri: {max_partial_lines: 2}");
    rig.run(T + "stdout P one", "foo", "1");
    rig.run(T + "stdout P two", "foo", "2");
    assertThat(rig.out).isEmpty();
    rig.run(T + "stdout P three", "foo", "3");
    assertThat(rig.lines()).containsExactly("one", "two");
    rig.run(T + "stdout F end", "foo", "3");
    assertThat(rig.lines()).containsExactly("one", "two", "threeend");
  }

  @Test
  void truncatesJoinedLines() {
    Rig rig = new Rig("- cri: {max_partial_line_size: 11, max_partial_line_size_truncate: true}");
    rig.run(T + "stdout P a long partial", "foo", "1");
    rig.run(T + "stdout F end", "foo", "1");
    rig.run(T + "stdout F a whole line is not cut", "foo", "1");
    rig.run(T + "stdout P \u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", "foo", "1");
    rig.run(T + "stdout F end", "foo", "1");
    assertThat(rig.lines())
        .containsExactly(
            "a long part", "a whole line is not cut", "\u00e4\u00e4\u00e4\u00e4\u00e4e");
    assertThatThrownBy(() -> new Rig("- cri: {max_partial_line_size: 11XB}"))
        .hasMessageContaining("is not a size");
  }

  @Test
  void flushesPartsAfterMaxWait() {
    Rig rig = new Rig("- cri: {}");
    rig.run(T + "stdout P half", "foo", "1");
    assertThat(rig.stages.nextFlush()).isEqualTo(rig.clock.nanos + CriStage.MAX_WAIT.toNanos());
    rig.clock.advance(CriStage.MAX_WAIT.toNanos() - 1);
    rig.stages.flush(rig.out::add);
    assertThat(rig.out).isEmpty();
    rig.clock.advance(1);
    rig.stages.flush(rig.out::add);
    assertThat(rig.lines()).containsExactly("half");
    assertThat(rig.stages.nextFlush()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void emitsPartsAtTheEnd() {
    Rig rig = new Rig("- cri: {}");
    rig.run(T + "stdout P half", "foo", "1");
    rig.stages.drain(rig.out::add);
    assertThat(rig.lines()).containsExactly("half");
    rig.out.getFirst().settle();
    assertThat(rig.settled).hasValue(1);
  }

  @Test
  void splitsEndlessLines() {
    Rig rig = new Rig("- cri: {}");
    String part = T + "stdout P " + "x".repeat(1 << 20);
    int n = 0;
    while (rig.out.isEmpty()) {
      rig.run(part, "foo", "1");
      n++;
    }
    assertThat(rig.out.getFirst().line()).hasSize(n << 20);
    assertThat(n).isEqualTo((CriStage.MAX_HELD >> 20) + 1);
  }
}
