package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.UsageException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  @ParameterizedTest
  @CsvSource({
    "servr, did you mean server?",
    "Colector, did you mean collector?",
    "nodeagent, did you mean node-agent?",
    "alertmanger --help, did you mean alertmanager?",
    "tset, did you mean test?",
    "exporter nod, did you mean node?",
    "collector validat, did you mean validate?",
    "control verfy, did you mean verify?",
    "server --config-file=x, did you mean --config.file?",
    "server -config.file=x, did you mean --config.file?",
    "server --listen-address=x, did you mean --web.listen-address?",
    "server --no-traces.enabld, did you mean --no-traces.enabled?",
    "agent --storage.path=x, did you mean --storage.agent.path?",
    "alertmanager --cluster.listen=x, did you mean --cluster.listen-address?",
    "pushgateway --persistence=x, did you mean --persistence.file?",
    "collector --confg=x, did you mean --config?",
    "logs -config.fil=x, did you mean --config.file?",
    "node-agent --listn=x, did you mean --listen?",
    "demo --fualt=x, did you mean --fault?",
    "exporter node --collector.cpuu, did you mean --collector.cpu?",
    "exporter statsd --statsd.mapping=x, did you mean --statsd.mapping-config?",
    "gateway --admin.http.host-port=x, did you mean --admin.http.host-ports?",
  })
  void suggestsTheNearestName(String words, String suggestion) {
    assertThatThrownBy(() -> Main.run(List.of(words.split(" "))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(suggestion);
  }

  @Tag("contrib")
  @ParameterizedTest
  @CsvSource({
    "exporter postgre, did you mean postgres?",
    "exporter blackbox --config.fil=x, did you mean --config.file?",
  })
  void suggestsTheNearestNameOfContribution(String words, String suggestion) {
    suggestsTheNearestName(words, suggestion);
  }
}
