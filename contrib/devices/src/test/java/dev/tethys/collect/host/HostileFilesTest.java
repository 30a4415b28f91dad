package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** For any content of files, a scrape ends, and a fault stays with its collector. */
@Timeout(120)
@Tag("slow")
final class HostileFilesTest {
  @TempDir(factory = InMemory.class)
  Path dir;

  private HostCollectors collectors;
  private List<Path> files = List.of();

  @BeforeEach
  void unpack() throws IOException {
    HostPaths paths = Fixtures.unpack(dir);
    collectors = new HostCollectors(Fixtures.options(paths), InstantSource.system());
    try (Stream<Path> s = Files.walk(dir)) {
      files =
          s.filter(p -> p.startsWith(dir.resolve("proc")) || p.startsWith(dir.resolve("sys")))
              .filter(p -> Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS))
              .toList();
    }
  }

  /** Runs all and gives the number of collectors that succeeded. */
  private long scrape() {
    var success = Exposition.of(collectors).samples("node_scrape_collector_success");
    assertThat(success).hasSize(collectors.names().size());
    return success.values().stream().filter(v -> v == 1).count();
  }

  @Test
  void cutOffAnywhere() throws IOException {
    long whole = scrape();
    Random random = new Random(7);
    for (Path p : files) {
      byte[] b = Files.readAllBytes(p);
      Files.write(p, Arrays.copyOf(b, b.length == 0 ? 0 : random.nextInt(b.length)));
    }
    assertThat(scrape()).isLessThan(whole);
    for (Path p : files) {
      Files.write(p, new byte[0]);
    }
    scrape();
  }

  @Test
  void garbage() throws IOException {
    Random random = new Random(11);
    for (int round = 0; round < 3; round++) {
      for (Path p : files) {
        byte[] b = new byte[random.nextInt(2000)];
        random.nextBytes(b);
        if (round == 1) { // words and numbers
          for (int i = 0; i < b.length; i++) {
            b[i] = (byte) " \n\t:0123456789abcdefxyz()[]{}=%./-_\"\\".charAt(b[i] & 31);
          }
        } else if (round == 2) { // the right words, wrong numbers
          byte[] old = Files.readAllBytes(p);
          for (int i = 0; i < old.length; i++) {
            old[i] = random.nextInt(40) == 0 ? b.length > 0 ? b[i % b.length] : 0 : old[i];
          }
          b = old;
        }
        Files.write(p, b);
      }
      scrape();
    }
  }

  @Test
  void endlessNumbersAndLines() throws IOException {
    String nines = "9".repeat(500);
    for (Path p : files) {
      Files.writeString(
          p,
          Files.readString(p, StandardCharsets.ISO_8859_1).replaceAll("[0-9]+", nines),
          StandardCharsets.ISO_8859_1);
    }
    scrape();
  }

  @Test
  void tooLargeFileIsAnErrorOfItsCollector() throws IOException {
    long whole = scrape();
    for (String name : List.of("meminfo", "vmstat", "diskstats", "net/snmp")) {
      try (RandomAccessFile f =
          new RandomAccessFile(dir.resolve("proc").resolve(name).toFile(), "rw")) {
        f.setLength(17L << 20); // a hole: no disk is used
      }
    }
    assertThat(scrape()).isEqualTo(whole - 4);
  }

  @Test
  void handlesFoldersInPlaceOfFilesAndMissingFiles() throws IOException {
    for (Path p : files) {
      Files.delete(p);
      Files.createDirectory(p);
    }
    scrape();
    for (Path p : files) {
      Files.delete(p);
    }
    scrape();
  }
}
