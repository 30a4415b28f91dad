package dev.tethys.insight.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.source.SourceMarks.Hole;
import dev.tethys.model.file.RealFiles;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceMarksTest {
  @TempDir Path folder;

  private SourceMarks open() {
    return new SourceMarks(new RealFiles(), folder.resolve("a"));
  }

  @Test
  void keepsMarksInItsFile() {
    SourceMarks m = open();
    assertThat(m.mark()).isEqualTo(Long.MIN_VALUE);
    m.setMark(5_000);
    m.addHole(1_000, 2_000, true);
    m.addHole(3_000, 4_000, false);
    m.addMissing(10, 20, "the source\nhas none");
    m.write();
    SourceMarks again = open();
    assertThat(again.mark()).isEqualTo(5_000);
    assertThat(again.holes())
        .containsExactly(new Hole(3_000, 4_000, false), new Hole(1_000, 2_000, true));
    assertThat(again.missing()).containsExactly(new TimeGap(10, 20, "the source has none"));
  }

  @Test
  void joinsIntervalsThatTouch() {
    SourceMarks m = open();
    m.addHole(1_000, 2_000, false);
    m.addHole(3_000, 4_000, false);
    m.addHole(2_000, 3_000, false);
    m.addHole(500, 1_000, true);
    assertThat(m.holes())
        .containsExactly(new Hole(1_000, 4_000, false), new Hole(500, 1_000, true));
    m.fill(2_000, 3_000);
    assertThat(m.holes())
        .containsExactly(
            new Hole(3_000, 4_000, false),
            new Hole(1_000, 2_000, false),
            new Hole(500, 1_000, true));
    m.fill(0, 10_000);
    assertThat(m.holes()).isEmpty();
  }

  @Test
  void boundsItsLists() {
    SourceMarks m = open();
    for (int i = 0; i < 10 * SourceMarks.MAX_HOLES; i++) {
      m.addHole(i * 100L, i * 100L + 50, false);
      m.addMissing(i * 100L, i * 100L + 50, "none");
    }
    assertThat(m.holes()).hasSize(SourceMarks.MAX_HOLES);
    assertThat(m.holes().getLast().from()).as("nothing is lost").isZero();
    assertThat(m.missing()).hasSize(SourceMarks.MAX_MISSING);
    assertThat(m.missing().getLast().to()).isEqualTo(999 * 100 + 50);
    m.forgetMissingBefore(95_000);
    assertThat(m.missing()).hasSize(50);
  }
}
