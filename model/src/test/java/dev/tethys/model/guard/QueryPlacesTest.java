package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Places of queries that languages share. */
class QueryPlacesTest {
  private final QueryPlaces places = new QueryPlaces(2);
  private final QueryPlaces.Language logs = places.add();
  private final QueryPlaces.Language traces = places.add();
  private final QueryPlaces.Language metrics = places.add(2);

  private static boolean isIn(QueryPlaces.Ticket t) throws InterruptedException {
    return t.await(0, TimeUnit.NANOSECONDS);
  }

  @Test
  void singleLanguageUsesItsSlotAndTheCommonOnes() {
    assertThat(logs.tryAcquire()).isTrue();
    assertThat(logs.tryAcquire()).isTrue();
    assertThat(logs.tryAcquire()).isTrue();
    assertThat(logs.tryAcquire()).isFalse();
  }

  @Test
  void everyLanguageHasASlot() {
    for (int i = 0; i < 3; i++) {
      assertThat(logs.tryAcquire()).isTrue();
    }
    assertThat(traces.tryAcquire()).isTrue();
    assertThat(traces.tryAcquire()).isFalse();
    assertThat(metrics.tryAcquire()).isTrue();
    assertThat(metrics.tryAcquire()).isFalse();
  }

  @Test
  void noLanguageExceedsItsMaximum() {
    assertThat(metrics.tryAcquire()).isTrue();
    assertThat(metrics.tryAcquire()).isTrue();
    assertThat(metrics.tryAcquire()).isFalse();
  }

  @Test
  void freeSlotGoesToTheLanguageWithTheFewest() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      assertThat(logs.tryAcquire()).isTrue();
    }
    QueryPlaces.Ticket log = logs.queued();
    assertThat(traces.tryAcquire()).isTrue();
    QueryPlaces.Ticket trace = traces.queued();
    assertThat(isIn(log)).isFalse();
    assertThat(isIn(trace)).isFalse();
    logs.release();
    assertThat(isIn(trace)).isTrue();
    assertThat(isIn(log)).isFalse();
    traces.release();
    assertThat(isIn(log)).isTrue();
  }

  @Test
  void queriesOfALanguageStartInOrder() throws InterruptedException {
    QueryPlaces one = new QueryPlaces(0);
    QueryPlaces.Language l = one.add();
    assertThat(l.tryAcquire()).isTrue();
    QueryPlaces.Ticket first = l.queued();
    QueryPlaces.Ticket second = l.queued();
    assertThat(l.waiting()).isEqualTo(2);
    assertThat(l.tryAcquire(0, TimeUnit.NANOSECONDS)).isFalse();
    l.release();
    assertThat(isIn(first)).isTrue();
    assertThat(isIn(second)).isFalse();
    first.leave();
    assertThat(isIn(second)).isTrue();
    l.release();
    assertThat(l.waiting()).isZero();
    assertThat(l.tryAcquire()).isTrue();
  }

  @Test
  void queryThatLeavesTheQueueTakesNoSlot() throws InterruptedException {
    QueryPlaces one = new QueryPlaces(0);
    QueryPlaces.Language l = one.add();
    assertThat(l.tryAcquire()).isTrue();
    QueryPlaces.Ticket gone = l.queued();
    gone.leave();
    l.release();
    assertThat(isIn(gone)).isFalse();
    assertThat(l.tryAcquire()).isTrue();
  }
}
