package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StorageException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeyedSeriesTest {
  private final KeyedSeries all =
      new KeyedSeries(
          "far",
          new StoreLimits(35, 1 << 20),
          SelectHints.range(0, 1000),
          List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up")));

  private static Labels series(int i) {
    return Labels.of(Labels.METRIC_NAME, "up", "i", Integer.toString(i));
  }

  private static UUID key(int i) {
    return new UUID(0, i);
  }

  @Test
  void countsFoundSeriesOnce() {
    all.found(key(1), series(1));
    all.found(key(1), series(1));
    all.found(key(9), Labels.of(Labels.METRIC_NAME, "down"));
    all.found(key(2), series(2));
    assertThatThrownBy(() -> all.found(key(3), series(3)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("store far")
        .hasMessageContaining("more than 35 samples");
    assertThat(all.series()).containsExactly(series(1), series(2));
  }

  @Test
  void doesNotCountFoundSeriesAgain() {
    all.found(key(1), series(1));
    all.found(key(2), series(2));
    assertThat(all.opened()).isTrue();
    for (int t = 1; t <= 3; t++) {
      all.sample(key(1), t, t);
    }
    assertThat(all.samples()).hasSize(2);
    assertThatThrownBy(() -> all.sample(key(2), 1, 1)).isInstanceOf(StorageException.class);
  }
}
