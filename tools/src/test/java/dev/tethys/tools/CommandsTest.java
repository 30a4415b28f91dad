package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CommandsTest {
  @Test
  void listsShowTheFullFirstSentenceOfEachCommand() {
    Commands all = new Commands(List.of());
    assertThat(all.help("control "))
        .contains("such as 10% or 0.1: above 0 and below")
        .contains("a selector such as env=prod,region=~eu.* matches\n");
    for (Command c : all.list()) {
      String about = c.about();
      int end = (about + " ").replace('\n', ' ').indexOf(". ");
      assertThat(end).as(c.name()).isPositive();
      assertThat(all.help("")).contains(about.substring(0, end) + "\n");
    }
  }
}
