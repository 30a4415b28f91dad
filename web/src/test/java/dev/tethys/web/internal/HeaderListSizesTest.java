package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2HuffmanDecoder;
import io.helidon.http.http2.Http2HuffmanEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeaderListSizesTest {
  /** Helidon's encoder fails for strings of rarer ones. */
  private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789/:;=-_.";

  private final HeaderListSizes sizes = new HeaderListSizes();

  private long of(byte[] block) throws HeaderListSizes.MalformedException {
    return sizes.of(block, 0, block.length);
  }

  private static void integer(ByteArrayOutputStream to, int first, int prefix, int n) {
    int mask = (1 << prefix) - 1;
    if (n < mask) {
      to.write(first | n);
      return;
    }
    to.write(first | mask);
    int remaining = n - mask;
    while (remaining >= 128) {
      to.write(remaining & 127 | 128);
      remaining >>>= 7;
    }
    to.write(remaining);
  }

  private static void string(ByteArrayOutputStream to, String s) {
    integer(to, 0, 7, s.length());
    to.writeBytes(s.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String text(Random random, int most) {
    StringBuilder b = new StringBuilder();
    int n = random.nextInt(most + 1);
    for (int i = 0; i < n; i++) {
      b.append((char) (random.nextInt(4) == 0 ? random.nextInt(256) : 'a' + random.nextInt(26)));
    }
    return b.toString();
  }

  @Test
  void countsThousandsOfReferencesWithoutDecoding() throws Exception {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    b.write(0x40); // literal, added to the table, new name
    string(b, "a");
    string(b, "v".repeat(3900));
    for (int i = 0; i < 28_000; i++) {
      b.write(0x80 | 62);
    }
    assertThat(of(b.toByteArray())).isEqualTo(28_001L * (1 + 3900 + 32));
  }

  @Test
  void huffmanLengthsMatchAnotherEncoder() throws Exception {
    Random random = new Random(7);
    Http2Headers.DynamicTable table = Http2Headers.DynamicTable.create(4096);
    for (int i = 0; i < 2000; i++) {
      WritableHeaders<?> headers = WritableHeaders.create();
      long expected = 0;
      for (int f = 0; f < 5; f++) {
        String name = "x" + f + "-" + i % 40;
        StringBuilder value = new StringBuilder("v");
        for (int c = random.nextInt(80); c > 0; c--) {
          value.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
        }
        headers.add(HeaderNames.create(name), value.toString());
        expected += name.length() + value.length() + 32;
      }
      BufferData out = BufferData.growing(1024);
      Http2Headers.create(headers).write(table, Http2HuffmanEncoder.create(), out);
      assertThat(of(out.readBytes())).isEqualTo(expected);
    }
  }

  @Test
  void acceptsAndRejectsTheSameCodesAsAnotherDecoder() {
    Random random = new Random(5);
    int codes = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] code = new byte[1 + random.nextInt(12)];
      random.nextBytes(code);
      code[code.length - 1] |= (byte) (0xff >>> random.nextInt(9));
      int theirs;
      try {
        theirs =
            Http2HuffmanDecoder.create()
                .decodeString(BufferData.create(code), code.length)
                .length();
        codes++;
      } catch (RuntimeException e) {
        theirs = -1;
      }
      ByteArrayOutputStream b = new ByteArrayOutputStream();
      b.write(0);
      b.write(0x80 | code.length);
      b.writeBytes(code);
      b.write(0);
      long ours;
      try {
        ours = of(b.toByteArray()) - 32;
      } catch (HeaderListSizes.MalformedException e) {
        ours = -1;
      }
      assertThat(ours).as(HexFormat.of().formatHex(code)).isEqualTo(theirs);
    }
    assertThat(codes).isGreaterThan(1000);
  }

  /** Compared with a plain model of the table. */
  @Test
  void tableFollowsItsPeerThroughEvictionAndResizing() throws Exception {
    Random random = new Random(11);
    ArrayDeque<Integer> table = new ArrayDeque<>(); // newest first
    int most = 4096;
    for (int round = 0; round < 3000; round++) {
      ByteArrayOutputStream b = new ByteArrayOutputStream();
      if (random.nextInt(20) == 0) {
        most = random.nextInt(4097);
        integer(b, 0x20, 5, most);
        shrink(table, most);
      }
      long expected = 0;
      for (int f = random.nextInt(6); f > 0; f--) {
        if (!table.isEmpty() && random.nextBoolean()) {
          int back = random.nextInt(table.size());
          integer(b, 0x80, 7, 62 + back);
          expected += table.stream().skip(back).findFirst().orElseThrow();
        } else {
          String name = text(random, 30);
          String value = text(random, random.nextInt(50) == 0 ? 5000 : 300);
          boolean added = random.nextBoolean();
          b.write(added ? 0x40 : 0x10);
          string(b, name);
          string(b, value);
          int size = name.length() + value.length() + 32;
          expected += size;
          if (added) {
            table.addFirst(size);
            shrink(table, most);
          }
        }
      }
      assertThat(of(b.toByteArray())).isEqualTo(expected);
    }
  }

  private static void shrink(ArrayDeque<Integer> table, int most) {
    while (table.stream().mapToInt(x -> x).sum() > most) {
      table.removeLast();
    }
  }

  @Test
  void sizesMatchStaticTable() throws Exception {
    assertThat(of(new byte[] {(byte) 0x82})).as(":method GET").isEqualTo(7 + 3 + 32);
    assertThat(of(new byte[] {(byte) (0x80 | 16)}))
        .as("accept-encoding: gzip, deflate")
        .isEqualTo(15 + 13 + 32);
    assertThat(of(new byte[] {(byte) (0x80 | 61)})).as("www-authenticate").isEqualTo(16 + 32);
  }

  @Test
  void rejectsMalformedBlocks() {
    for (byte[] b :
        new byte[][] {
          {(byte) 0x80}, // index 0
          {(byte) 0xfe}, // no such entry
          {0x3f, (byte) 0xe2, 0x1f}, // a table of 4097
          {(byte) 0x82, 0x20}, // a change of the table behind a field
          {0, 5, 'a'}, // truncated
          {0x7f, -1, -1, -1, -1, -1, -1}, // a number without end
          {0, (byte) 0x84, -1, -1, -1, -1, 0}, // the code that ends a string
          {0, (byte) 0x81, 0, 0} // padding that is not of ones
        }) {
      assertThatThrownBy(() -> new HeaderListSizes().of(b, 0, b.length))
          .isInstanceOf(HeaderListSizes.MalformedException.class);
    }
  }
}
