package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamValuesTest {
  @Test
  void computesEachValueOnceAndGrows() {
    List<Integer> computed = new ArrayList<>();
    StreamValues values =
        new StreamValues(
            s -> {
              computed.add(s);
              return s == 3 ? -1 : 10L * s;
            });

    for (int round = 0; round < 2; round++) {
      assertThat(values.of(3)).isEqualTo(-1);
      assertThat(values.of(63)).isEqualTo(630);
      assertThat(values.of(64)).isEqualTo(640);
      assertThat(values.of(5000)).isEqualTo(50_000);
      assertThat(values.of(0)).isZero();
    }

    assertThat(computed).containsExactly(3, 63, 64, 5000, 0);
  }
}
