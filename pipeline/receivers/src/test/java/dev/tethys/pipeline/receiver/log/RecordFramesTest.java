package dev.tethys.pipeline.receiver.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.logs.file.RecordEnds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class RecordFramesTest {
  /** Gives some bytes at a time, and fails at the end. */
  private static InputStream dripping(String text, Random sizes) {
    byte[] all = text.getBytes(StandardCharsets.UTF_8);
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        throw new UnsupportedOperationException();
      }

      @Override
      public int read(byte[] b, int from, int length) throws IOException {
        if (at == all.length) {
          throw new IOException("reset");
        }
        int n = Math.min(1 + sizes.nextInt(40), Math.min(length, all.length - at));
        System.arraycopy(all, at, b, from, n);
        at += n;
        return n;
      }
    };
  }

  @Test
  void returnsTheLastLineBeforeTheError() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      LineFrames f =
          new LineFrames(dripping("one\ntwo\nthr", new Random(seed)), '\n', 1 << 20, n -> {});
      for (String line : new String[] {"one", "two", "thr"}) {
        assertThat(new String(f.next(), StandardCharsets.UTF_8)).isEqualTo(line);
      }
      assertThatThrownBy(f::next).isInstanceOf(IOException.class).hasMessage("reset");
      assertThatThrownBy(f::next).isInstanceOf(IOException.class).hasMessage("reset");
    }
  }

  @Test
  void returnsLongRecordsInPiecesBeforeTheError() throws IOException {
    String line = "  " + "x".repeat(30) + "\n";
    String first = "1 a\n" + line.repeat(400);
    String second = "2 " + "y".repeat(20_000) + "\n";
    for (int seed = 0; seed < 20; seed++) {
      RecordFrames f =
          new RecordFrames(
              dripping(first + second + "3 c\n", new Random(seed)),
              new RecordEnds("^\\d+ ", true, false),
              1 << 20,
              n -> {});
      assertThat(new String(f.next(), StandardCharsets.UTF_8)).isEqualTo(first);
      assertThat(new String(f.next(), StandardCharsets.UTF_8)).isEqualTo(second);
      assertThat(new String(f.next(), StandardCharsets.UTF_8)).isEqualTo("3 c\n");
      assertThatThrownBy(f::next).isInstanceOf(IOException.class).hasMessage("reset");
      assertThatThrownBy(f::next).isInstanceOf(IOException.class).hasMessage("reset");
    }
  }

  @Test
  void accountsForMemoryOfLongRecords() throws IOException {
    AtomicLong memory = new AtomicLong();
    String line = "x".repeat(500_000) + "\n";
    LineFrames lines =
        new LineFrames(
            new ByteArrayInputStream((line + line).getBytes(StandardCharsets.UTF_8)),
            '\n',
            1 << 20,
            memory::addAndGet);
    RecordFrames records =
        new RecordFrames(
            new ByteArrayInputStream((line + line).getBytes(StandardCharsets.UTF_8)),
            new RecordEnds("\n", false, false),
            1 << 20,
            memory::addAndGet);
    for (int i = 0; i < 2; i++) {
      memory.set(0);
      assertThat(lines.next()).hasSize(500_000);
      assertThat(memory.get()).isBetween(500_000L, 2_500_000L);
      memory.set(0);
      assertThat(records.next()).hasSizeGreaterThanOrEqualTo(500_000);
      assertThat(memory.get()).isBetween(500_000L, 5_000_000L);
    }
  }
}
