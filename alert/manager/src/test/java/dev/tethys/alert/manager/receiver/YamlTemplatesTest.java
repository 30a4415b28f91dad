package dev.tethys.alert.manager.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.template.NotificationJson;
import dev.tethys.config.YamlDocument;
import org.junit.jupiter.api.Test;

class YamlTemplatesTest {
  private static String json(String yaml) {
    return NotificationJson.of(
        YamlTemplates.expand(
            YamlDocument.parse("payload", null, yaml).root(), s -> s.replace("{{x}}", "{k: ~}")));
  }

  @Test
  void keepsNullInPayloads() {
    assertThat(json("{a: null, b: ~, c: , d: '', e: [null, 1, {f: null}]}"))
        .isEqualTo("{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\",\"e\":[null,1,{\"f\":null}]}");
  }

  @Test
  void keepsNullInExpandedText() {
    assertThat(json("{a: '{{x}}'}")).isEqualTo("{\"a\":{\"k\":null}}");
  }
}
