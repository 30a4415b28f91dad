package dev.tethys.codec.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagedBytesTest {
  private static final int HEADER = 64;
  private static final int SIZE = 3 << 20; // more pages than are kept

  @TempDir Path folder;
  private final byte[] content = new byte[SIZE];

  PagedBytesTest() {
    new Random(1).nextBytes(content);
  }

  private Path file() throws IOException {
    byte[] names = {0, '.', 'x', 0};
    ByteBuffer b =
        ByteBuffer.allocate(HEADER + 2 * HEADER + names.length + SIZE)
            .order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
    b.putLong(40, HEADER).putShort(60, (short) 2); // sections, the first one has their names
    section(b, HEADER, 0, 3 * HEADER, names.length);
    section(b, 2 * HEADER, 1, 3 * HEADER + names.length, SIZE);
    b.put(3 * HEADER, names).put(3 * HEADER + names.length, content);
    return Files.write(folder.resolve("elf"), b.array());
  }

  private static void section(ByteBuffer b, int at, int name, long offset, long size) {
    b.putInt(at, name).putInt(at + 4, 1).putLong(at + 24, offset).putLong(at + 32, size);
  }

  private static PagedBytes bytes(ElfFile elf) {
    return new PagedBytes(elf, Objects.requireNonNull(elf.section(".x")));
  }

  @Test
  void sectionNumbersAreCorrectAcrossPages() throws IOException {
    ByteBuffer expected = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    try (ElfFile elf = ElfFile.open(file())) {
      PagedBytes b = bytes(elf);
      PagedBytes later = b.from(5000);
      for (int page = 0; page < SIZE; page += 100 << 12) {
        for (int at = page + 4080; at < page + 4100; at++) {
          assertThat(b.get(at)).isEqualTo(expected.get(at));
          assertThat(b.getShort(at)).isEqualTo(expected.getShort(at));
          assertThat(b.getInt(at)).isEqualTo(expected.getInt(at));
          assertThat(b.getLong(at)).isEqualTo(expected.getLong(at));
          assertThat(later.getLong(at)).isEqualTo(expected.getLong(at + 5000));
        }
      }
      assertThat(b.getLong(SIZE - 8)).isEqualTo(expected.getLong(SIZE - 8));
      assertThatThrownBy(() -> b.getLong(SIZE - 7)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> b.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void stringsEndWithNul() throws IOException {
    byte[] text = "crypto/tls.(*Conn).Read".getBytes(StandardCharsets.UTF_8);
    int at = 4096 - 10;
    System.arraycopy(text, 0, content, at, text.length);
    content[at + text.length] = 0;
    content[SIZE - 1] = 'z';
    content[SIZE - 2] = 'y';
    try (ElfFile elf = ElfFile.open(file())) {
      PagedBytes b = bytes(elf);
      assertThat(b.text(at)).isEqualTo("crypto/tls.(*Conn).Read");
      assertThat(b.isText(at, text)).isTrue();
      assertThat(b.isText(at + 1, text)).isFalse();
      assertThat(b.isText(at, "crypto/tls.(*Conn)".getBytes(StandardCharsets.UTF_8))).isFalse();
      assertThat(b.text(SIZE - 2)).isEqualTo("yz");
      assertThat(b.text(SIZE)).isEmpty();
      assertThat(b.text(-1)).isEmpty();
    }
  }

  @Test
  void truncatedFileIsDamaged() throws IOException {
    Path file = file();
    try (ElfFile elf = ElfFile.open(file)) {
      PagedBytes b = bytes(elf);
      Files.write(file, new byte[HEADER]);
      assertThatThrownBy(() -> b.getInt(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
