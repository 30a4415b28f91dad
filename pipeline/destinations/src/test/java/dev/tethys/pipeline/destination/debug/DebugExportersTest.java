package dev.tethys.pipeline.destination.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Account;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class DebugExportersTest {
  private final Account account = new Account("exporter", "debug", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();

  private void send(Exporter e) {
    e.consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[1234], 7, 0), outcomes::add);
  }

  @Test
  void nothingTakesEverything() {
    send(new NopExporterFactory.Nop(account));
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(account.balance().out()).isEqualTo(7);
  }

  @Test
  void everyBatchIsALineOfTheLog() {
    List<String> lines = new ArrayList<>();
    Logger logger = Logger.getLogger("debug-test");
    logger.setUseParentHandlers(false);
    logger.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            lines.add(new java.util.logging.SimpleFormatter().formatMessage(r));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    send(new DebugExporterFactory.Debug(account, System.getLogger("debug-test")));
    assertThat(lines).containsExactly("logs: 7 items, 1234 bytes");
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(account.balance().out()).isEqualTo(7);
  }

  @Test
  void whatIsNotBuiltIsRefused() {
    assertThatThrownBy(
            () ->
                DebugExporterFactory.TYPE.read(
                    YamlDocument.parse("t.yaml", null, "verbosity: detailed").root()))
        .hasMessageContaining("verbosity \"detailed\" is not built");
  }
}
