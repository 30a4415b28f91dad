package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RefusedRecordsTest {
  private static final class Lines implements System.Logger {
    private final List<String> lines = new ArrayList<>();

    @Override
    public String getName() {
      return "lines";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle b, String message, Throwable thrown) {
      lines.add(level + " " + message);
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle b, String format, Object... params) {
      lines.add(level + " " + MessageFormat.format(format, params));
    }
  }

  private static String line(boolean readable, String reason) {
    Lines to = new Lines();
    RefusedRecords.log(
        to,
        "receiver kafka",
        new ConsumerRecord<>("clymene", 3, 70_000, new byte[0], new byte[0]),
        readable,
        reason,
        "skip");
    return to.lines.getFirst();
  }

  /** The response does not say whether the destination has the samples or only newer ones. */
  @Test
  void reportsOnlyTheDestinationsError() {
    assertThat(line(true, "HTTP status 400: out of order sample"))
        .isEqualTo(
            "WARNING receiver kafka: Record refused by a destination topic=clymene partition=3"
                + " offset=70000 action=skip reason=\"HTTP status 400: out of order sample\"");
    assertThat(line(true, "HTTP status 400: label name invalid"))
        .startsWith("ERROR receiver kafka: Record refused by a destination topic=clymene");
    assertThat(line(false, "out of order sample"))
        .startsWith("ERROR receiver kafka: Record not readable topic=clymene");
  }
}
