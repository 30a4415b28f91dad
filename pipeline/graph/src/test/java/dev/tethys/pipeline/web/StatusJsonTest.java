package dev.tethys.pipeline.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeadLetter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatusJsonTest {
  @Test
  void masksSecretsOfDeadLetters() {
    Json j = new Json();
    StatusJson.letter(
        j,
        new DeadLetter(
            "1",
            Signal.LOGS,
            1,
            2,
            3,
            4,
            "Post \"http://u:pw@h/\": 400",
            Map.of("Authorization", "Bearer pw", "Content-Type", "a/b")));
    assertThat(j.toString())
        .doesNotContain("pw")
        .contains("http://u:xxxxx@h/")
        .contains("\"Authorization\":\"\\u003csecret\\u003e\"")
        .contains("\"Content-Type\":\"a/b\"");
  }
}
