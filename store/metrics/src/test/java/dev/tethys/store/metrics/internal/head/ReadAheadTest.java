package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bytes of files through windows, against the bytes. */
@Tag("slow")
class ReadAheadTest {
  /** Fake of a file; counts how often it is read. */
  private static final class Counted implements PageBytes {
    final byte[] bytes;
    int reads;
    boolean failing;

    Counted(int length, long seed) {
      bytes = new byte[length];
      new Random(seed).nextBytes(bytes);
    }

    @Override
    public MemorySegment memory() {
      return MemorySegment.ofArray(bytes);
    }

    @Override
    public boolean isFile() {
      return true;
    }

    @Override
    public void read(int at, byte[] into, int offset, int n) {
      reads++;
      if (failing) {
        Arrays.fill(into, offset, offset + n, (byte) 0);
        throw new InternalError("a disk that gives nothing");
      }
      System.arraycopy(bytes, at, into, offset, n);
    }
  }

  private static byte[] read(PageBytes from, int at, int n) {
    byte[] b = new byte[n + 2];
    from.read(at, b, 1, n);
    assertThat(b[0]).isZero();
    assertThat(b[n + 1]).isZero();
    return Arrays.copyOfRange(b, 1, n + 1);
  }

  @Property(tries = 100)
  void readsTheBytesOfTheFile(@ForAll long seed) {
    Random random = new Random(seed);
    ReadAhead ahead = new ReadAhead();
    List<Counted> files = new ArrayList<>();
    List<PageBytes> through = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      files.add(new Counted(1 + random.nextInt(2_000_000), seed + i));
      through.add(ahead.of(files.get(i)));
    }
    for (int i = 0; i < 500; i++) {
      int f = random.nextInt(files.size());
      byte[] all = files.get(f).bytes;
      int at = random.nextInt(all.length);
      int n = random.nextInt(Math.min(all.length - at, 1500) + 1);
      assertThat(read(through.get(f), at, n)).isEqualTo(Arrays.copyOfRange(all, at, at + n));
    }
  }

  @Test
  void oneReadFetchesNeighbours() {
    Counted file = new Counted(100_000, 1);
    PageBytes through = new ReadAhead().of(file);
    for (int at = 51_200; at < 51_200 + 512 - 14; at += 14) {
      read(through, at, 14);
    }
    assertThat(file.reads).isEqualTo(1);
  }

  @Test
  void doesNotCacheFailedReads() {
    Counted file = new Counted(1000, 2);
    PageBytes through = new ReadAhead().of(file);
    file.failing = true;
    assertThatThrownBy(() -> read(through, 10, 20)).isInstanceOf(InternalError.class);
    file.failing = false;
    assertThat(read(through, 10, 20)).isEqualTo(Arrays.copyOfRange(file.bytes, 10, 30));
  }

  @Test
  void readsMemoryDirectly() {
    PageBytes memory = new PageBytes.InMemory(MemorySegment.ofArray(new byte[100]));
    assertThat(new ReadAhead().of(memory)).isSameAs(memory);
  }
}
