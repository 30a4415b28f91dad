package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowPatternsTest {
  private static String[] patterns(List<String> lines) {
    LogRows rows = new LogRows().clear();
    for (String line : lines) {
      byte[] b = line.getBytes(StandardCharsets.UTF_8);
      rows.add(0, 0, b, 0, b.length);
    }
    return RowPatterns.of(rows);
  }

  private static String[] patterns(String... lines) {
    return patterns(List.of(lines));
  }

  @Test
  void singleLineKeepsItsWords() {
    assertThat(patterns()).isEmpty();
    assertThat(patterns("disk full on /dev/sda1")).containsExactly("disk full on /dev/sda<_>");
    assertThat(patterns("")).containsExactly("");
    assertThat(patterns("42 17")).containsExactly("<_> <_>");
  }

  @Test
  void linesWithoutCommonWordsKeepThem() {
    assertThat(patterns("the quick fox", "disk was full", "lots of fun", "not so 5"))
        .containsExactly("the quick fox", "disk was full", "lots of fun", "not so <_>");
  }

  @Test
  void varyingWordsAreArguments() {
    assertThat(
            patterns(
                "user bob logged in",
                "user alice logged in",
                "user carl logged in",
                "user dora logged in",
                "user emil logged in",
                "user frank logged in"))
        .containsOnly("user <_> logged in");
  }

  @Test
  void showsWordsSharedByAllLinesOfATemplate() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      lines.add("started job " + i + " of root");
      if (i % 15 == 0) {
        lines.add("upstream answer " + i + " comes late, while upstream reads");
      }
    }
    assertThat(patterns(lines))
        .containsOnly(
            "started job <_> of root", "upstream answer <_> comes late, while upstream reads");
  }

  @Test
  void equalPatternsAreOneObject() {
    String[] of = patterns("ready 1", "ready 2", "other words");
    assertThat(of[0]).isSameAs(of[1]);
  }
}
