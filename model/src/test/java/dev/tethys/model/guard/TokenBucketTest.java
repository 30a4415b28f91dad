package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketTest {
  private static final long SECOND = 1_000_000_000;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // the clock may overflow

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 7, 49, 1_000_000})
  void aTokenArrivesAfterEachInterval(long interval) {
    TokenBucket b = new TokenBucket(interval, 1, now::get);
    assertThat(b.tryTake(1)).isTrue();
    for (int i = 0; i < 100; i++) {
      assertThat(b.tryTake(1)).isFalse();
      now.addAndGet(interval);
      assertThat(b.tryTake(1)).isTrue();
    }
  }

  @Test
  void holdsAtMostItsCapacity() {
    TokenBucket b = TokenBucket.perSecond(10, 20, now::get);
    now.addAndGet(60 * SECOND);
    assertThat(b.tryTake(21)).isFalse();
    assertThat(b.tryTake(20)).isTrue();
    assertThat(b.tryTake(1)).isFalse();
  }

  @Test
  void largeRequestEmptiesAFullBucketAndDelaysOthers() {
    TokenBucket b = TokenBucket.perSecond(10, 20, now::get);
    assertThat(b.tryTakeLarge(50)).isTrue();
    now.addAndGet(4 * SECOND);
    assertThat(b.tryTakeLarge(50)).isFalse();
    assertThat(b.tryTakeLarge(10)).isTrue();
    assertThat(b.tryTakeLarge(1)).isFalse();
  }

  @Test
  void reservationReportsItsWaitingTime() {
    TokenBucket b = TokenBucket.perSecond(10, 20, now::get);
    assertThat(b.reserve(20)).isZero();
    assertThat(b.reserve(5)).isEqualTo(SECOND / 2);
    assertThat(b.reserve(5)).isEqualTo(SECOND);
    now.addAndGet(SECOND);
    assertThat(b.reserve(0)).isZero();
  }

  @Test
  void unusedTokensAreReturnedUpToTheCapacity() {
    TokenBucket b = TokenBucket.perSecond(1, 2, now::get);
    assertThat(b.tryTake(2)).isTrue();
    b.refund(1);
    assertThat(b.tryTake(1)).isTrue();
    b.refund(9);
    assertThat(b.tryTake(3)).isFalse();
    assertThat(b.tryTake(2)).isTrue();
  }
}
