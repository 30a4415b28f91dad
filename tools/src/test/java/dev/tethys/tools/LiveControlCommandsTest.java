package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveControlCommandsTest {
  @Test
  void namesShareThatKeepsNothingOrEverything() {
    assertThat(LiveControlCommands.kept("10%")).isEqualTo("0.1");
    for (String wrong : List.of("0", "100%", "1", "-1%", "NaN")) {
      assertThatThrownBy(() -> LiveControlCommands.kept(wrong))
          .hasMessage("share \"" + wrong + "\" must be above 0 and below 100%; mute drops all");
    }
  }

  @Test
  void describesChangesOfRecords() {
    assertThat(LiveControlCommands.changeWords("only_before")).isEqualTo("held or dropped");
    assertThat(LiveControlCommands.changeWords("only_after")).isEqualTo("released or added");
    assertThat(LiveControlCommands.changeWords("changed")).isEqualTo("changed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          998.2277778976843 | items | 998 items
          1 | items | 1 item
          1.0E9 | items | 1,000,000,000 items
          5.0E10 | bytes | 46.6 GiB
          512.0 | bytes | 512 B
          1048575.0 | bytes | 1.0 MiB
          2.5E-3 | cost | 0.0025
          0.034 | cost | 0.034
          0.5 | cost | 0.50
          0 | cost | 0.00
          1234.567 | cost | 1,234.57
          """)
  void quotaAmountsAreShortAndHaveAUnit(String number, String unit, String shown) {
    assertThat(LiveControlCommands.amount(number, unit)).isEqualTo(shown);
  }
}
