package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ItemProbeTest {
  private static final Parcel ITEM = new Parcel(Signal.METRICS, new byte[1], 1, 0, Map.of());

  private static Verdict.Sorted sorted(List<Verdict.Refused> refused, boolean again) {
    return new Verdict.Sorted(
        refused.isEmpty() && !again ? 1 : 0,
        refused,
        again ? ITEM : null,
        Duration.ZERO,
        false,
        again ? "busy" : "");
  }

  @Test
  void aRefusalIsSaidInWords() {
    assertThat(ItemProbe.refusal(Verdict.DELIVERED)).isEmpty();
    assertThat(ItemProbe.refusal(sorted(List.of(), false))).isEmpty();
    assertThat(ItemProbe.refusal(sorted(List.of(new Verdict.Refused(ITEM, "bad field")), false)))
        .isEqualTo("bad field");
    assertThat(ItemProbe.refusal(new Verdict.Never("bad"))).isEqualTo("bad");
    assertThat(
            List.of(
                new Verdict.Later(Duration.ZERO, true, "busy"),
                sorted(List.of(), true),
                new Verdict.Instead(List.of(ITEM), "busy"),
                new Verdict.Moved(new CompletableFuture<>())))
        .extracting(ItemProbe::refusal)
        .allSatisfy(s -> assertThat(s).isNotEmpty().doesNotContain("[", "Verdict"));
    assertThat(ItemProbe.refusal(sorted(List.of(), true)))
        .startsWith("busy")
        .endsWith("tries again");
  }
}
