package dev.tethys.codec.fluent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.RequestMemory;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MsgPackMemoryTest {
  private static final int ELEMENTS = 10_000;

  @Test
  void chargesElementsOfOneByteToTheRequest() throws Exception {
    byte[] b = new byte[5 + ELEMENTS];
    ByteBuffer.wrap(b).put((byte) 0xdd).putInt(ELEMENTS);
    long[] charged = new long[1];
    RequestMemory.<@Nullable Object, Exception>during(
        bytes -> charged[0] += bytes, () -> MsgPackReader.read(b));
    assertThat(charged[0]).isGreaterThanOrEqualTo(4 * ELEMENTS);
  }
}
