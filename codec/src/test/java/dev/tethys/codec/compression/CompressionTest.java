package dev.tethys.codec.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class CompressionTest {
  private static byte[] content(long seed, int length) {
    Random r = new Random(seed);
    byte[] b = new byte[length];
    for (int i = 0; i < length; i++) {
      b[i] = (byte) (r.nextInt(8) == 0 ? r.nextInt(256) : 'a' + r.nextInt(4));
    }
    return b;
  }

  @Property(tries = 200)
  void backAndForth(
      @ForAll Compression c,
      @ForAll long seed,
      @ForAll @IntRange(max = 700_000) int length,
      @ForAll @IntRange(min = -1, max = 9) int level) {
    byte[] b = content(seed, length + 3);
    byte[] packed = c.compress(b, 1, length, level);
    assertThat(c.decompress(packed, 0, packed.length, length))
        .isEqualTo(Arrays.copyOfRange(b, 1, length + 1));
    if (length > 0) {
      assertThatThrownBy(() -> c.decompress(packed, 0, packed.length, length - 1))
          .isInstanceOf(TooLargeException.class)
          .hasMessageContaining("limit of " + (length - 1) + " bytes");
    }
  }

  @Property(tries = 2000)
  void rejectsOrToleratesDamage(@ForAll Compression c, @ForAll long seed) {
    Random r = new Random(seed);
    byte[] packed = c.compress(content(seed, 2000), 0, 2000, -1);
    for (int i = r.nextInt(4); i >= 0; i--) {
      packed[r.nextInt(packed.length)] = (byte) r.nextInt(256);
    }
    int length = r.nextInt(5) == 0 ? r.nextInt(packed.length) : packed.length;
    try {
      assertThat(c.decompress(packed, 0, length, 5000).length).isLessThanOrEqualTo(5000);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }

  @Test
  void decompressionBombFailsAtTheLimit() {
    for (Compression c :
        new Compression[] {
          Compression.GZIP,
          Compression.ZLIB,
          Compression.ZSTD,
          Compression.LZ4,
          Compression.SNAPPY,
          Compression.SNAPPY_FRAMED
        }) {
      byte[] packed = c.compress(new byte[4 << 20], 0, 4 << 20, -1);
      assertThatThrownBy(() -> c.decompress(packed, 0, packed.length, 1 << 20))
          .isInstanceOf(TooLargeException.class);
    }
  }

  /** Also where the limit is below the minimum memory reserved for a result, and is just passed. */
  @Test
  void limitAppliesToSmallResults() {
    for (Compression c : Compression.values()) {
      for (int length : new int[] {1, 2, 511, 512, 513}) {
        byte[] packed = c.compress(content(1, length), 0, length, -1);
        assertThat(c.decompress(packed, 0, packed.length, length)).hasSize(length);
        assertThatThrownBy(() -> c.decompress(packed, 0, packed.length, length - 1))
            .isInstanceOf(TooLargeException.class);
      }
    }
  }

  /** The trailer, which the first buffer is made for, is that of the last member. */
  @Test
  void joinsGzipMembers() {
    for (int first : new int[] {0, 1, 700, 5000}) {
      for (int second : new int[] {0, 1, 700, 5000}) {
        byte[] whole = content(1, first + second);
        byte[] a = Compression.GZIP.compress(whole, 0, first, -1);
        byte[] b = Compression.GZIP.compress(whole, first, second, -1);
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        assertThat(Compression.GZIP.decompress(both, 0, both.length, whole.length))
            .isEqualTo(whole);
        if (whole.length > 0) {
          assertThatThrownBy(
                  () -> Compression.GZIP.decompress(both, 0, both.length, whole.length - 1))
              .isInstanceOf(TooLargeException.class);
        }
      }
    }
  }

  /** With all fields that RFC 1952 has for a header, and bytes behind the member. */
  @Test
  void skipsGzipHeaders() throws IOException {
    byte[] content = content(1, 3000);
    byte[] plain = Compression.GZIP.compress(content, 0, content.length, -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(plain, 0, 3);
    out.write(0x1e); // checksum of the header, extra field, name, comment
    out.write(plain, 4, 6);
    out.writeBytes(new byte[] {3, 0, 'a', 0, 'b'});
    out.writeBytes("name\0comment\0".getBytes(StandardCharsets.UTF_8));
    CRC32 crc = new CRC32();
    crc.update(out.toByteArray());
    out.write((int) crc.getValue());
    out.write((int) crc.getValue() >> 8);
    int header = out.size();
    out.write(plain, 10, plain.length - 10);
    out.writeBytes("no other member".getBytes(StandardCharsets.UTF_8));
    byte[] all = out.toByteArray();
    assertThat(new GZIPInputStream(new ByteArrayInputStream(all)).readAllBytes())
        .isEqualTo(content);
    assertThat(Compression.GZIP.decompress(all, 0, all.length, content.length)).isEqualTo(content);
    for (int length = 0; length < header + plain.length - 10; length++) {
      int cut = length;
      assertThatThrownBy(() -> Compression.GZIP.decompress(all, 0, cut, content.length))
          .isInstanceOf(CodecException.class);
    }
    all[header - 1]++;
    assertThatThrownBy(() -> Compression.GZIP.decompress(all, 0, all.length, content.length))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("header");
  }

  /** A damaged message must not change what an inflater that is used again makes of the next. */
  @Property(tries = 2000)
  void readsGzipLikeTheLibrary(@ForAll long seed) {
    Random r = new Random(seed);
    byte[] packed = Compression.GZIP.compress(content(seed, 3000), 0, 3000, -1);
    for (int i = r.nextInt(3); i > 0; i--) {
      packed[r.nextInt(packed.length)] ^= (byte) (1 << r.nextInt(8));
    }
    byte[] expected;
    try {
      expected = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
    } catch (IOException e) {
      assertThatThrownBy(() -> Compression.GZIP.decompress(packed, 0, packed.length, 1 << 20))
          .isInstanceOf(CodecException.class);
      return;
    }
    if ((packed[3] & 0xe0) == 0) { // the library takes reserved flags, which RFC 1952 refuses
      assertThat(Compression.GZIP.decompress(packed, 0, packed.length, 1 << 20))
          .isEqualTo(expected);
    }
  }

  /** Written by the lz4 command: linked blocks, checksum of the content. */
  @Test
  void readsOutputOfTheCommand() {
    byte[] hello =
        HexFormat.of().parseHex("04224d186440a70c00008068656c6c6f20776f726c640a00000000b08d52a4");
    assertThat(Xxh32.hash("hello world\n".getBytes(StandardCharsets.UTF_8), 0, 12))
        .isEqualTo(0xa4528db0);
    assertThat(
            new String(
                Compression.LZ4.decompress(hello, 0, hello.length, 100), StandardCharsets.UTF_8))
        .isEqualTo("hello world\n");
  }

  @Test
  void wordsOfHeaders() {
    assertThat(Compression.named(null)).isEqualTo(Compression.NONE);
    assertThat(Compression.named("identity")).isEqualTo(Compression.NONE);
    assertThat(Compression.named("x-snappy-framed")).isEqualTo(Compression.SNAPPY_FRAMED);
    assertThat(Compression.named("br")).isNull();
  }
}
