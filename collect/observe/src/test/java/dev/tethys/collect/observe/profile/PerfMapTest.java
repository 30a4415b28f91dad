package dev.tethys.collect.observe.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfMapTest {
  @Test
  void laterLinesReplaceEarlierOnes(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("perf-1.map"),
            "1000 10 first\n0x2000 0x20 second part\n1008 8 third\nnonsense\n30");
    int user = (int) Files.getAttribute(file, "unix:uid");
    assertThat(PerfMap.names(file, user, new long[] {0x0fff, 0x1000, 0x100f, 0x1010, 0x2010}))
        .containsExactly(null, "first", "third", null, "second part");
  }

  @Test
  void findsMemorySegments() {
    ProcessMap sorted =
        ProcessMap.of(
            List.of(
                "7f00-8f00 r-xp 00000000 00:00 0 ",
                "9000-9100 r-xp 00000000 00:00 0                  [vdso]",
                "00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/a b"));
    assertThat(sorted.at(0x400010))
        .isEqualTo(new ProcessMap.Part(0x400000, 0x452000, 0x1000, "/usr/bin/a b"));
    assertThat(sorted.at(0x8000)).isEqualTo(new ProcessMap.Part(0x7f00, 0x8f00, 0, ""));
    assertThat(sorted.at(0x9100)).isNull();
  }
}
