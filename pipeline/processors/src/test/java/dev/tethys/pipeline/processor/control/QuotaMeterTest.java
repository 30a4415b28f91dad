package dev.tethys.pipeline.processor.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.volume.Prices;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class QuotaMeterTest {
  private final AtomicLong clock = new AtomicLong(90_000);
  private final QuotaMeter meter =
      new QuotaMeter(
          new QuotaRule(
              10,
              QuotaRule.Unit.ITEMS,
              Duration.ofMinutes(1),
              "team",
              0.5,
              0,
              0.1,
              new Prices.Price(0, 0),
              0),
          clock::get);

  @Test
  void startsPeriodsAtMultiplesWithNothingUsed() {
    assertThat(meter.add("a", 4, 0)).isEqualTo(QuotaRule.Step.OK);
    assertThat(meter.add("a", 1, 0)).isEqualTo(QuotaRule.Step.WARN);
    clock.set(119_999);
    assertThat(meter.add("a", 5, 0)).isEqualTo(QuotaRule.Step.OVERFLOW);
    assertThat(meter.step("b")).isEqualTo(QuotaRule.Step.OK);
    clock.set(120_000);
    assertThat(meter.top(10)).isEmpty();
    assertThat(meter.step("a")).isEqualTo(QuotaRule.Step.OK);
  }

  private static QuotaShare share(long period, double initial, double allowance, double others) {
    return new QuotaShare(
        "c1", 1, period, initial, Map.of("a", new QuotaShare.Part(allowance, others, 3)));
  }

  @Test
  void limitsByShareAndStepsByFleetUse() {
    meter.share(QuotaShare.read(QuotaShare.write(List.of(share(1, 2, 4, 3)))).getFirst());
    assertThat(meter.takeDue()).as("the share is confirmed").isTrue();
    assertThat(meter.step("a")).isEqualTo(QuotaRule.Step.OK);
    assertThat(meter.add("a", 2, 0)).as("5 of 10 in the fleet").isEqualTo(QuotaRule.Step.WARN);
    assertThat(meter.takeDue()).isFalse();
    assertThat(meter.add("a", 1, 0)).isEqualTo(QuotaRule.Step.WARN);
    assertThat(meter.takeDue()).as("more is required").isTrue();
    assertThat(meter.add("a", 1, 0)).isEqualTo(QuotaRule.Step.OVERFLOW);
    assertThat(meter.add("b", 1, 0)).isEqualTo(QuotaRule.Step.OK);
    assertThat(meter.add("b", 1, 0)).as("the initial share").isEqualTo(QuotaRule.Step.OVERFLOW);
    meter.share(share(1, 2, 6, 6));
    assertThat(meter.step("a")).as("all is used").isEqualTo(QuotaRule.Step.OVERFLOW);
    meter.share(share(1, 2, 6, 1));
    assertThat(meter.step("a")).isEqualTo(QuotaRule.Step.WARN);
    assertThat(meter.top(1)).containsExactly(new QuotaMeter.Use("a", 4, 6, QuotaRule.Step.WARN));
  }

  @Test
  void startsNewPeriodsWithTheInitialShare() {
    meter.share(share(1, 2, 9, 0));
    assertThat(meter.add("a", 5, 0)).isEqualTo(QuotaRule.Step.WARN);
    clock.set(120_000);
    assertThat(meter.add("a", 1, 0)).isEqualTo(QuotaRule.Step.OK);
    assertThat(meter.add("a", 1, 0)).isEqualTo(QuotaRule.Step.OVERFLOW);
    meter.share(share(1, 2, 9, 0)); // of the period before
    assertThat(meter.step("a")).isEqualTo(QuotaRule.Step.OVERFLOW);
  }

  @Test
  void poolsValuesBeyondTheLimit() {
    for (int i = 0; i < QuotaMeter.MAX_VALUES + 50; i++) {
      meter.add("team " + i, 1, 0);
    }
    assertThat(meter.top(Integer.MAX_VALUE)).hasSize(QuotaMeter.MAX_VALUES + 1);
    assertThat(meter.top(1).getFirst())
        .isEqualTo(new QuotaMeter.Use(QuotaMeter.OTHER, 50, 10, QuotaRule.Step.OVERFLOW));
    assertThat(meter.step("one more")).isEqualTo(QuotaRule.Step.OVERFLOW);
    assertThat(meter.step("team 1")).isEqualTo(QuotaRule.Step.OK);
  }
}
