package dev.tethys.model.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogEntryTest {
  private final AtomicInteger settled = new AtomicInteger();

  private LogEntry entry() {
    return new LogEntry(Labels.EMPTY, 1, "x", settled::incrementAndGet);
  }

  @Test
  void isSettledOnce() {
    LogEntry e = entry();
    e.settle();
    e.settle();
    assertThat(settled).hasValue(1);
  }

  @Test
  void absorbedEntriesSettleWithTheWhole() {
    LogEntry first = entry();
    LogEntry second = entry();
    LogEntry third = entry();
    second.absorb(third);
    first.absorb(second);
    first.absorb(new LogEntry(Labels.EMPTY, 2, "nobody's"));
    second.settle();
    third.settle();
    assertThat(settled).hasValue(0);
    first.settle();
    assertThat(settled).hasValue(3);
  }

  @Test
  void detachedOriginIsSettledSeparately() {
    LogEntry first = entry();
    first.absorb(entry());
    LogEntry.Origin owed = first.detach();
    first.settle();
    assertThat(settled).hasValue(0);
    Objects.requireNonNull(owed).settled();
    assertThat(settled).hasValue(2);
    assertThat(first.detach()).isNull();
  }
}
