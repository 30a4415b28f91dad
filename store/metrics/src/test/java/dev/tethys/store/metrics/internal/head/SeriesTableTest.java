package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.StorageException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SeriesTableTest {
  private static byte[] series(String metric, int length) {
    return Labels.of("__name__", metric, "x", "v".repeat(length)).canonicalBytes();
  }

  private static int[] found(SeriesTable t, String metric) {
    return Objects.requireNonNull(t.index.of("__name__", metric)).toArray();
  }

  @Test
  void seriesThatExceedsTheIndexLeavesNoTraces() {
    SeriesTable t = new SeriesTable(new Fingerprint());
    int a = t.create(series("a", 1));
    int gone = t.create(series("gone", 1));
    t.retire(gone, 1);
    t.free(2, slot -> {});
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> t.create(series("a", ByteArena.PAGE)))
          .isInstanceOf(StorageException.class);
    }
    assertThat(found(t, "a")).containsExactly(a);
    assertThat(t.index.all().toArray()).containsExactly(a);
    assertThat(t.live()).isEqualTo(1);
    assertThat(t.create(series("b", 1))).as("the slot that was free").isEqualTo(gone);
    assertThat(found(t, "a")).containsExactly(a);
    assertThat(found(t, "b")).containsExactly(gone);
  }
}
