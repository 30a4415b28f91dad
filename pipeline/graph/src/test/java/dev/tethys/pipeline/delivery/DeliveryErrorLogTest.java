package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Scheduler;
import org.junit.jupiter.api.Test;

class DeliveryErrorLogTest {
  @Test
  void masksSecretsInTheLastError() {
    DeliveryErrorLog log = new DeliveryErrorLog("exporter a", Scheduler.system());
    log.note("lookup user:pw@host: no such host, url=http://u:pw@h/?token=pw");
    assertThat(log.last().reason())
        .isEqualTo("lookup user:xxxxx@host: no such host, url=http://u:xxxxx@h/?token=xxxxx");
  }
}
