package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayInputStream;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples in the documentation of Go's {@code encoding/gob}, and what it does not allow. */
class GobReaderTest {
  private static GobReader of(String hex) {
    byte[] b = HexFormat.of().parseHex(hex.replace(" ", ""));
    return new GobReader(new ByteArrayInputStream(b), b.length);
  }

  @Test
  void readsDocumentedNumbers() throws Exception {
    assertThat(of("00").unsigned()).isZero();
    assertThat(of("07").unsigned()).isEqualTo(7);
    assertThat(of("fe 01 00").unsigned()).isEqualTo(256);
    assertThat(of("f8 ff ff ff ff ff ff ff ff").unsigned()).isEqualTo(-1);
    assertThat(of("fe 01 01").signed()).isEqualTo(-129);
    assertThat(of("f8 ff ff ff ff ff ff ff ff").signed()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void definesAndReadsAStruct() throws Exception {
    GobReader r =
        of(
            "1f ff 81 03 01 01 05 50 6f 69 6e 74 01 ff 82 00 01 02 01 01 58 01 04 00 01 01 59 01 04"
                + " 00 00 00 07 ff 82 01 2c 01 42 00");
    GobTypes types = new GobTypes();
    r.beginMessage();
    assertThat(r.signed()).isEqualTo(-65);
    types.define(r, 1, 65);
    r.endMessage();
    assertThat(types.get(65))
        .isEqualTo(
            new GobTypes.Struct(List.of(new GobTypes.Field("X", 2), new GobTypes.Field("Y", 2))));
    r.beginMessage();
    assertThat(r.signed()).isEqualTo(65);
    assertThat(r.field(-1, 2)).isZero();
    assertThat(r.signed()).isEqualTo(22);
    assertThat(r.field(0, 2)).isEqualTo(1);
    assertThat(r.signed()).isEqualTo(33);
    assertThat(r.field(1, 2)).isEqualTo(-1);
    r.endMessage();
    assertThat(r.atEnd()).isTrue();
  }

  private static void refuses(ThrowingRead read, String message) {
    assertThatThrownBy(read::read).isInstanceOf(CodecException.class).hasMessage(message);
  }

  @FunctionalInterface
  private interface ThrowingRead {
    void read() throws Exception;
  }

  @Test
  void reportsTheOffsetOfInvalidData() {
    refuses(() -> of("f7 01").unsigned(), "byte 0: invalid number size: 9 bytes");
    refuses(() -> of("ff 7f").unsigned(), "byte 0: a number is not in its shortest form");
    refuses(() -> of("fe 00 80").unsigned(), "byte 0: a number is not in its shortest form");
    refuses(() -> of("fe 01").unsigned(), "byte 2: a value continues after the end of its message");
    refuses(() -> of("02 01").beginMessage(), "byte 0: a message of 2 bytes where 1 are left");
    refuses(
        () -> of("f8 ff ff ff ff ff ff ff ff 01").beginMessage(),
        "byte 0: a message of 18446744073709551615 bytes where 1 are left");
    refuses(
        () -> of("fc 7f ff ff ff 01").bytes("a text", Integer.MAX_VALUE),
        "byte 0: 2147483647 bytes of a text do not fit the 1 bytes left");
    refuses(
        () -> of("02 41 42").bytes("a text", 1), "byte 0: 2 bytes of a text; at most 1 are read");
    refuses(() -> of("01 ff").text("a text", 9), "byte 0: a text is not UTF-8");
    refuses(() -> of("03").field(-1, 2), "byte 0: a field beyond the 2 of its struct");
  }
}
