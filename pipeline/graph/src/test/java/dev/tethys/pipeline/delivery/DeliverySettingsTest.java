package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.delivery.DeliverySettings.Batching;
import dev.tethys.pipeline.delivery.DeliverySettings.Sizer;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Keys of {@code sending_queue} that depend on each other. */
class DeliverySettingsTest {
  private static Batching batch(String queue) {
    return Objects.requireNonNull(
        DeliverySettings.SECTION
            .type(o -> DeliverySettings.read(o, Duration.ofSeconds(5)))
            .read(YamlDocument.parse("t.yaml", null, "sending_queue: " + queue).root())
            .batch());
  }

  @Test
  void batchUsesTheSizerOfItsQueue() {
    assertThat(batch("{sizer: bytes, queue_size: 9000000, batch: {min_size: 1048576}}"))
        .extracting(Batching::sizer, Batching::minSize)
        .containsExactly(Sizer.BYTES, 1048576L);
    assertThat(batch("{sizer: items, batch: {min_size: 10}}").sizer()).isEqualTo(Sizer.ITEMS);
  }

  @Test
  void batchSizerTakesPrecedence() {
    assertThat(batch("{sizer: bytes, batch: {sizer: items}}").sizer()).isEqualTo(Sizer.ITEMS);
    assertThat(batch("{sizer: requests, batch: {sizer: bytes}}").sizer()).isEqualTo(Sizer.BYTES);
  }

  @Test
  void countsItemsWithoutASizer() {
    assertThat(batch("{batch: {min_size: 10}}").sizer()).isEqualTo(Sizer.ITEMS);
  }

  @Test
  void rejectsRequestsAsBatchSizer() {
    assertThatThrownBy(() -> batch("{sizer: requests, batch: {min_size: 10}}"))
        .hasMessageContaining("write batch: {sizer: items}");
  }
}
