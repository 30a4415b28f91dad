package dev.tethys.codec.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules of files of this machine, compared with those that readelf of binutils prints. */
@Tag("slow")
class UnwindTableTest {
  @ParameterizedTest
  @ValueSource(strings = {"/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/python3", "/usr/bin/bash"})
  void agreesWithReadelf(String file) throws Exception {
    Path path = Path.of(file);
    assumeTrue(Files.exists(path), file + " is not there");
    long[] rows;
    try (ElfFile elf = ElfFile.open(path)) {
      rows = UnwindTable.of(elf);
    }
    assertThat(rows).isSortedAccordingTo(Comparator.comparing(r -> r & 0xffff_ffffL));
    int compared = 0;
    try (BufferedReader in = readelf(path)) {
      int framePointer = -1;
      String line;
      while ((line = in.readLine()) != null) {
        List<String> f = Arrays.asList(line.strip().split("\\s+", -1));
        if (line.contains(" CIE ")) {
          framePointer = -2; // its row holds for no address
        } else if (line.contains(" FDE ")) {
          framePointer = -1;
        } else if (f.getFirst().equals("LOC")) {
          framePointer = framePointer == -2 ? -2 : f.indexOf("rbp");
        } else if (framePointer != -2 && f.size() > 2 && f.getFirst().matches("[0-9a-f]{16}")) {
          long row = at(rows, Long.parseLong(f.getFirst(), 16));
          String saved = framePointer < 0 ? "u" : f.get(framePointer);
          if (compare(f.get(1), saved, f.getLast(), row, line)) {
            compared++;
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(5_000);
  }

  /** Compares a row; false for forms that readelf does not write out. */
  private static boolean compare(String cfa, String saved, String back, long row, String line) {
    int kind = (int) (row >>> 56);
    if (back.equals("u")) {
      assertThat(kind).as(line).isEqualTo(UnwindTable.END);
      return true;
    }
    boolean onStack = cfa.startsWith("rsp+");
    if (!onStack && !cfa.startsWith("rbp+") || saved.equals("exp")) {
      return false;
    }
    assertThat(kind)
        .as(line)
        .isEqualTo(onStack ? UnwindTable.STACK_POINTER : UnwindTable.FRAME_POINTER);
    assertThat((short) (row >>> 32) * 8).as(line).isEqualTo(Integer.parseInt(cfa.substring(4)));
    if (saved.startsWith("c-")) {
      assertThat((byte) (row >>> 48) * 8).as(line).isEqualTo(-Integer.parseInt(saved.substring(2)));
    }
    return true;
  }

  private static long at(long[] rows, long address) {
    int low = 0;
    int high = rows.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if ((rows[middle] & 0xffff_ffffL) <= address) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return rows[low];
  }

  private static BufferedReader readelf(Path file) {
    try {
      Process p =
          new ProcessBuilder("readelf", "--debug-dump=frames-interp", "-W", file.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new BufferedReader(
          new InputStreamReader(p.getInputStream(), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      assumeTrue(false, "readelf is not installed");
      throw new IllegalStateException(e);
    }
  }

  @Test
  void rejectsDamagedSections() throws Exception {
    Path path = Path.of("/usr/bin/bash");
    assumeTrue(Files.exists(path), "bash is not installed");
    byte[] section;
    try (ElfFile elf = ElfFile.open(path)) {
      ByteBuffer b = elf.content(".eh_frame");
      section = Arrays.copyOf(b.array(), Math.min(b.limit(), 20_000));
    }
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      byte[] damaged = section.clone();
      for (int n = 0; n < 20; n++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(UnwindTable.of(ByteBuffer.wrap(damaged), 0, ElfBudget.standard()).length)
            .isLessThanOrEqualTo(UnwindTable.MAX_ROWS);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("damaged");
      }
    }
    assertThatThrownBy(
            () ->
                UnwindTable.of(
                    ByteBuffer.wrap(new byte[] {4, 0, 0, 0, 1, 0, 0, 0, 9}),
                    0,
                    ElfBudget.standard()))
        .isInstanceOf(IOException.class);
  }
}
