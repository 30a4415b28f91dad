package dev.tethys.model.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ChangeLogTest {
  private static final long T0 = 1_700_000_000_000L;

  private record Change(long mark, long from, long to) {}

  /** What changed since a mark is always told; times far from all changes are not. */
  @Property(tries = 200)
  void reportsChanges(@ForAll @LongRange(min = 0, max = 1 << 30) long seed) {
    Random r = new Random(seed);
    ChangeLog log = new ChangeLog();
    List<Long> marks = new ArrayList<>();
    List<Change> all = new ArrayList<>();
    int span = 1 + r.nextInt(100_000_000);
    for (int i = 0; i < 300; i++) {
      switch (r.nextInt(5)) {
        case 0 -> marks.add(log.mark());
        case 1 -> {
          long from = T0 + r.nextInt(span);
          long to = from + r.nextInt(1_000_000);
          log.note(from, to);
          all.add(new Change(marks.size(), from, to));
        }
        default -> {
          long at = T0 + r.nextInt(span);
          log.note(at);
          all.add(new Change(marks.size(), at, at));
        }
      }
    }
    for (int m = 0; m < marks.size(); m++) {
      TimeRanges told = log.since(marks.get(m));
      for (Change c : all) {
        if (c.mark > m) {
          assertThat(told.overlaps(c.from, c.from)).isTrue();
          assertThat(told.overlaps(c.to, c.to)).isTrue();
        }
      }
      if (marks.get(m) > 1 && all.size() < ChangeLog.MAX_RANGES) {
        assertThat(told.overlaps(T0 - 10_000_000, T0 - ChangeLog.SLOT_MILLIS)).isFalse();
      }
    }
  }

  @Test
  void doesNotReportUnchangedPast() {
    ChangeLog log = new ChangeLog();
    log.note(T0);
    long mark = log.mark();
    assertThat(log.since(mark)).isSameAs(TimeRanges.NONE);
    log.note(T0 + 60_000);
    log.note(T0 + 60_000);
    assertThat(log.since(mark).overlaps(Long.MIN_VALUE, T0 + 50_000)).isFalse();
    assertThat(log.since(mark).overlaps(T0 + 70_000, Long.MAX_VALUE)).isFalse();
    assertThat(log.since(mark).overlaps(T0, T0 + 60_000)).isTrue();
    assertThat(log.since(log.mark()).isEmpty()).isTrue();
  }

  @Test
  void reportsAChangeAfterAMarkInANotedSlot() {
    ChangeLog log = new ChangeLog();
    log.note(T0);
    long mark = log.mark();
    log.note(T0);
    assertThat(log.since(mark).overlaps(T0, T0)).isTrue();
  }

  @Test
  void overflowInvalidatesOldMarks() {
    ChangeLog log = new ChangeLog();
    long old = log.mark();
    for (int i = 0; i < ChangeLog.MAX_SLOTS; i++) {
      log.note(T0 + (long) i * ChangeLog.SLOT_MILLIS);
      if (i % 100 == 0) {
        log.mark();
      }
    }
    assertThat(log.since(old).overlaps(0, 1)).isFalse();
    log.note(T0 - 10_000);
    assertThat(log.since(old).overlaps(0, 1)).isTrue();
    long now = log.mark();
    assertThat(log.since(now).isEmpty()).isTrue();
    log.note(T0);
    assertThat(log.since(now).overlaps(T0, T0)).isTrue();
    assertThat(log.since(now).overlaps(T0 + 10_000, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void rejectsTooManyLongRanges() {
    ChangeLog log = new ChangeLog();
    long old = log.mark();
    for (int i = 0; i <= ChangeLog.MAX_RANGES; i++) {
      log.note(T0, T0 + 1_000_000_000L + i);
      log.mark();
    }
    assertThat(log.since(old).overlaps(0, 1)).isTrue();
    assertThat(log.since(log.mark()).isEmpty()).isTrue();
  }

  @Test
  void everythingMayChange() {
    ChangeLog log = new ChangeLog();
    long mark = log.mark();
    log.noteAll();
    assertThat(log.since(mark).overlaps(0, 0)).isTrue();
    assertThat(log.since(log.mark()).isEmpty()).isTrue();
    assertThat(log.since(MetricSource.NO_MARK).overlaps(0, 0)).isTrue();
  }

  @Test
  void unbounded() {
    ChangeLog log = new ChangeLog();
    long mark = log.mark();
    log.note(Long.MIN_VALUE, Long.MAX_VALUE);
    assertThat(log.since(mark).overlaps(Long.MIN_VALUE, Long.MIN_VALUE)).isTrue();
    assertThat(log.since(mark).overlaps(Long.MAX_VALUE, Long.MAX_VALUE)).isTrue();
    assertThat(TimeRanges.union(new long[] {5, 9, 1, 4, 20, Long.MAX_VALUE, 30, 40}).toString())
        .isEqualTo("[1, 9, 20, 9223372036854775807]");
  }
}
