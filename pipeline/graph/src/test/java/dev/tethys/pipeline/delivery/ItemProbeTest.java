package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ItemProbeTest {
  private static final EncodedRequest ITEM =
      new EncodedRequest(Signal.METRICS, new byte[1], 1, 0, Map.of());

  private static SendResult.PerItem sorted(List<SendResult.Refused> refused, boolean again) {
    return new SendResult.PerItem(
        refused.isEmpty() && !again ? 1 : 0,
        refused,
        again ? ITEM : null,
        Duration.ZERO,
        false,
        again ? "busy" : "");
  }

  @Test
  void describesARejection() {
    assertThat(ItemProbe.refusal(SendResult.DELIVERED)).isEmpty();
    assertThat(ItemProbe.refusal(sorted(List.of(), false))).isEmpty();
    assertThat(ItemProbe.refusal(sorted(List.of(new SendResult.Refused(ITEM, "bad field")), false)))
        .isEqualTo("bad field");
    assertThat(ItemProbe.refusal(new SendResult.Permanent("bad"))).isEqualTo("bad");
    assertThat(
            List.of(
                new SendResult.Retryable(Duration.ZERO, true, "busy"),
                sorted(List.of(), true),
                new SendResult.Split(List.of(ITEM), "busy"),
                new SendResult.Reassigned(new CompletableFuture<>())))
        .extracting(ItemProbe::refusal)
        .allSatisfy(s -> assertThat(s).isNotEmpty().doesNotContain("[", "Verdict"));
    assertThat(ItemProbe.refusal(sorted(List.of(), true)))
        .startsWith("busy")
        .endsWith("tries again");
  }
}
