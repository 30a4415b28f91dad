package dev.tethys.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, headers and failed records of segments. */
class SegmentFilesTest {
  private static final SegmentFiles.Names DECIMAL = new SegmentFiles.Names(false, "");
  private static final SegmentFiles.Names HEX = new SegmentFiles.Names(true, ".seg");

  @TempDir Path folder;

  @Test
  void readsOnlyItsOwnNumberedNames() {
    assertThat(DECIMAL.name(7)).isEqualTo("00000007");
    assertThat(DECIMAL.name(1_234_567_890)).isEqualTo("1234567890");
    assertThat(DECIMAL.number("00000007")).isEqualTo(7);
    for (String other : new String[] {"0000007", "0000000a", "00000007.seg", "+0000007"}) {
      assertThat(DECIMAL.number(other)).as(other).isNull();
    }
    assertThat(HEX.name(255)).isEqualTo("00000000000000ff.seg");
    assertThat(HEX.number("00000000000000ff.seg")).isEqualTo(255);
    for (String other :
        new String[] {
          "00000000000000ff",
          "ff.seg",
          "000000000000000x.seg",
          "0000000000000000.seg",
          "ffffffffffffffff.seg",
          "7fffffffffffffff.seg"
        }) {
      assertThat(HEX.number(other)).as(other).isNull();
    }
  }

  @Test
  void cutsRecordThatFailed() throws IOException {
    SegmentFiles segments = new SegmentFiles(new RealFiles(), folder, DECIMAL);
    try (AppendFile f = segments.create(3, new byte[] {9}, true)) {
      f.append(new byte[] {1, 2}, 0, 2);
      assertThatThrownBy(
              () ->
                  f.append(
                      to -> {
                        to.write(new byte[] {3, 4}, 0, 2);
                        throw new IOException("refused");
                      }))
          .hasMessage("refused");
      assertThat(f.isBroken()).isFalse();
      f.append(new byte[] {5}, 0, 1);
      assertThat(f.size()).isEqualTo(4);
      f.cut(2);
      f.append(new byte[] {6}, 0, 1);
    }
    assertThat(segments.numbers()).containsExactly(3L);
    assertThat(Files.readAllBytes(segments.path(3))).containsExactly(9, 1, 6);
  }
}
