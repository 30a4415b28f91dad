package dev.tethys.collect.host.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SensorFileTest {
  @ParameterizedTest
  @CsvSource({
    "temp1_crit_alarm, temp, 1, crit_alarm",
    "fan12, fan, 12, ''",
    "update_interval, update_interval, 0, ''",
    "in0_input, in, 0, input",
    "a_b1c, a, 0, b1c"
  })
  void namesOfSensorFiles(String name, String type, int number, String property) {
    assertThat(SensorFile.parse(name)).isEqualTo(new SensorFile(type, number, property));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1x", "in1a", "temp12345678901", ""})
  void namesOfOtherFiles(String name) {
    assertThat(SensorFile.parse(name)).isNull();
  }
}
