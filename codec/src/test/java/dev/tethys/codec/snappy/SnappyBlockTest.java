package dev.tethys.codec.snappy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;

class SnappyBlockTest {
  private static byte[] decode(byte[] block) {
    int n = SnappyBlock.decodedLength(block, 0, block.length, 32 << 20);
    byte[] out = new byte[n + SnappyBlock.SLACK];
    return Arrays.copyOf(out, SnappyBlock.decode(block, 0, block.length, out));
  }

  /** Text with repetitions at many distances, so that every kind of copy occurs. */
  private static byte[] sample(long seed, int size) {
    Random r = new Random(seed);
    byte[] b = new byte[size];
    int p = 0;
    while (p < size) {
      if (p > 0 && r.nextInt(3) > 0) {
        int distance = 1 + r.nextInt(Math.min(p, r.nextBoolean() ? 20 : 100_000));
        int n = Math.min(size - p, 1 + r.nextInt(90));
        for (int i = 0; i < n; i++) {
          b[p + i] = b[p + i - distance];
        }
        p += n;
      } else {
        int n = Math.min(size - p, 1 + r.nextInt(r.nextInt(10) == 0 ? 500 : 20));
        for (int i = 0; i < n; i++) {
          b[p + i] = (byte) r.nextInt(256);
        }
        p += n;
      }
    }
    return b;
  }

  @Property(tries = 300)
  void decodesReferenceEncoding(@ForAll long seed, @ForAll @IntRange(max = 200_000) int size)
      throws IOException {
    byte[] plain = sample(seed, size);
    assertThat(decode(Snappy.compress(plain))).isEqualTo(plain);
    byte[] ours = SnappyBlock.encode(plain, 0, plain.length);
    assertThat(decode(ours)).isEqualTo(plain);
    assertThat(Snappy.uncompress(ours)).isEqualTo(plain);
  }

  @Property(tries = 2000)
  void damagedBlocksFailOrDecodeLikeReference(
      @ForAll long seed, @ForAll @IntRange(max = 400) int size, @ForAll @IntRange(max = 3) int hits)
      throws IOException {
    byte[] block = Snappy.compress(sample(seed, size));
    Random r = new Random(seed);
    for (int i = 0; i <= hits; i++) {
      block[r.nextInt(block.length)] = (byte) r.nextInt(256);
    }
    if (r.nextInt(4) == 0) {
      block = Arrays.copyOf(block, r.nextInt(block.length));
    }
    byte[] ours;
    try {
      ours = decode(block);
    } catch (CodecException e) {
      assertThat(e).hasMessageStartingWith("snappy: ");
      boolean referenceRefuses;
      try {
        referenceRefuses =
            !Snappy.isValidCompressedBuffer(block) || Snappy.uncompressedLength(block) > 32 << 20;
      } catch (IOException bad) {
        referenceRefuses = true;
      }
      assertThat(referenceRefuses).isTrue();
      return;
    }
    assertThat(Snappy.uncompress(block)).isEqualTo(ours);
  }

  @Test
  void rejectsBombBeforeAllocation() {
    byte[] big = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, 0, 0};
    assertThatThrownBy(() -> SnappyBlock.decodedLength(big, 0, big.length, 32 << 20))
        .isInstanceOf(CodecException.class)
        .hasMessage("snappy: decoded length 4294967295 exceeds limit 33554432");
    // 30 MiB declared by ten bytes
    byte[] lie = {(byte) 0x80, (byte) 0x80, (byte) 0x80, 0x0f, 0, 0, 0, 0, 0, 0};
    assertThatThrownBy(() -> SnappyBlock.decodedLength(lie, 0, lie.length, 32 << 20))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("cannot hold");
  }

  @Test
  void acceptsTheDensestBlock() throws IOException {
    byte[] zeros = new byte[8 << 20];
    byte[] block = Snappy.compress(zeros);
    assertThat(decode(block)).isEqualTo(zeros);
  }

  @Test
  void emptyInputAndEmptyContent() {
    assertThatThrownBy(() -> decode(new byte[0])).isInstanceOf(CodecException.class);
    assertThat(decode(new byte[] {0})).isEmpty();
  }
}
