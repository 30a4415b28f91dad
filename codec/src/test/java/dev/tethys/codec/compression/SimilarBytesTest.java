package dev.tethys.codec.compression;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SimilarBytesTest {
  /** What a host says of itself; hosts of another kind say other things. */
  private static byte[] page(int kind, String host) {
    Random r = new Random(kind);
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      sb.append("instance=").append(host).append(" name=").append(Long.toHexString(r.nextLong()));
    }
    return sb.toString().getBytes(UTF_8);
  }

  private static SimilarBytes pack(SimilarBytes.ReferenceGroup kin, byte[] b) {
    SimilarBytes p = kin.pack(b, b.length, null);
    assertThat(p.open()).isEqualTo(b);
    return p;
  }

  @Test
  void similarPagesTakeLittleMemory() {
    SimilarBytes.ReferenceGroup kin = new SimilarBytes.ReferenceGroup(1 << 20);
    int first = pack(kin, page(1, "host-1")).held();
    for (int i = 2; i < 50; i++) {
      SimilarBytes p = pack(kin, page(1, "host-" + i));
      assertThat(p.held()).isLessThan(first / 2);
      byte[] next = page(1, "other-" + i);
      assertThat(kin.pack(next, next.length, p).open()).isEqualTo(next);
    }
    assertThat(pack(kin, page(2, "host-1")).held()).isGreaterThan(first / 2);
    assertThat(pack(kin, page(2, "host-2")).held()).isLessThan(first / 2);
  }

  @Test
  void evictsBasesWithoutSimilarPages() {
    int length = page(0, "host-1").length;
    SimilarBytes.ReferenceGroup kin = new SimilarBytes.ReferenceGroup(length * 5L);
    for (int kind = 1; kind < 100; kind++) {
      pack(kin, page(kind, "host-1"));
    }
    int alone = pack(kin, page(1, "host-3")).held();
    assertThat(pack(kin, page(99, "host-2")).held()).isLessThan(alone / 2);
  }

  @Test
  void roundTripsAnyLength() {
    SimilarBytes.ReferenceGroup kin = new SimilarBytes.ReferenceGroup(1 << 16);
    Random r = new Random(5);
    for (int i = 0; i < 200; i++) {
      byte[] b = new byte[i < 3 ? i : r.nextInt(3000)];
      for (int k = 0; k < b.length; k++) {
        b[k] = (byte) r.nextInt(1 + i % 7);
      }
      pack(kin, b);
    }
  }
}
