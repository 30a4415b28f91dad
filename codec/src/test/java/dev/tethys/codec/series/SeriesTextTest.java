package dev.tethys.codec.series;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Keys of series are those of their texts, however they are made. */
@Tag("slow")
class SeriesTextTest {
  private static final List<String> SIGNS =
      List.of(
          "a", "é", "\u2028", "\u2029", "\u20ac", "😀", "<", ">", "&", "\"", "\\", "\n", "\t", "\b",
          "\f", "\u0001", "\u007f", "/", "'");

  @Test
  void labelKeysMatchTheirTexts() {
    SeriesText.Keys keys = new SeriesText.Keys();
    assertThat(keys.of(Labels.EMPTY)).isEqualTo(SeriesText.key("{}"));
    Random random = new Random(7);
    for (int n = 0; n < 2000; n++) {
      LabelsBuilder b = new LabelsBuilder().set("__name__", "up");
      for (int i = random.nextInt(6); i > 0; i--) {
        b.set("l" + text(random), text(random));
      }
      Labels labels = b.build();
      String text = SeriesText.of(labels);
      assertThat(keys.of(labels)).as(text).isEqualTo(SeriesText.key(text));
      assertThat(SeriesText.labels(text)).isEqualTo(labels);
    }
  }

  private static String text(Random random) {
    StringBuilder sb = new StringBuilder();
    boolean plain = random.nextBoolean();
    for (int i = random.nextInt(40); i > 0; i--) {
      sb.append(plain ? "x" : SIGNS.get(random.nextInt(SIGNS.size())));
    }
    return sb.toString();
  }
}
