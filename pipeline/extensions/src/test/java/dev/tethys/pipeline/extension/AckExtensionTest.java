package dev.tethys.pipeline.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AckExtensionTest {
  private static final UUID A = new UUID(0, 1);
  private static final UUID B = new UUID(0, 2);
  private static final UUID C = new UUID(0, 3);

  private static AckExtension.Registry registry(int partitions, int pending, int all) {
    return new AckExtension.Registry(new AckExtension.Settings(partitions, pending), all);
  }

  @Test
  void numbersRequestsOfEachChannelAndReportsThemOnce() {
    AckExtension.Registry r = registry(10, 10, 10);
    assertThat(r.acknowledge(A)).isEqualTo(1);
    assertThat(r.acknowledge(A)).isEqualTo(2);
    assertThat(r.acknowledge(B)).isEqualTo(1);
    assertThat(r.query(A, List.of(1L, 3L, 1L))).isEqualTo(Map.of(1L, true, 3L, false));
    assertThat(r.query(A, List.of(1L, 2L))).isEqualTo(Map.of(1L, false, 2L, true));
    assertThat(r.query(C, List.of(1L))).isEqualTo(Map.of(1L, false));
  }

  @Test
  void forgetsOldestAcknowledgementsAndChannels() {
    AckExtension.Registry pending = registry(10, 2, 10);
    for (int i = 0; i < 3; i++) {
      pending.acknowledge(A);
    }
    assertThat(pending.query(A, List.of(1L, 2L, 3L)))
        .isEqualTo(Map.of(1L, false, 2L, true, 3L, true));
    AckExtension.Registry channels = registry(2, 10, 10);
    channels.acknowledge(A);
    channels.acknowledge(B);
    channels.acknowledge(A);
    channels.acknowledge(C);
    assertThat(channels.query(B, List.of(1L))).isEqualTo(Map.of(1L, false));
    assertThat(channels.query(A, List.of(1L, 2L))).isEqualTo(Map.of(1L, true, 2L, true));
    AckExtension.Registry all = registry(10, 10, 3);
    for (UUID id : List.of(A, B, B, B, B)) {
      all.acknowledge(id);
    }
    assertThat(all.query(A, List.of(1L))).isEqualTo(Map.of(1L, false));
    assertThat(all.query(B, List.of(1L, 2L, 4L))).isEqualTo(Map.of(1L, false, 2L, true, 4L, true));
  }

  @Test
  void readsKeysOfTheCollector() {
    assertThat(read("{storage: }")).isEqualTo(new AckExtension.Settings(1_000_000, 1_000_000));
    assertThat(read("{max_number_of_partition: 3, max_number_of_pending_acks_per_partition: 4}"))
        .isEqualTo(new AckExtension.Settings(3, 4));
    assertThatThrownBy(() -> read("{max_number_of_partition: 0}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> read("{storage: file_storage}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("storage");
  }

  private static AckExtension.Settings read(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", null, yaml);
    AckExtension.Settings s = new AckExtension().settings().read(d.root());
    d.refuseNotBuilt();
    return s;
  }
}
