package dev.tethys.pipeline.receiver.points;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PointTallyTest {
  private final Logger logger = Logger.getLogger("dev.tethys.pipeline.receiver");
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord r) {
          lines.add(MessageFormat.format(r.getMessage(), r.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void close() {
    logger.removeHandler(handler);
  }

  @Test
  void logsOncePerReceiverInTenSeconds() {
    AtomicLong now = new AtomicLong();
    PointTally zipkin = new PointTally("receiver a", new Registry(), now::get);
    PointTally loki = zipkin.named("receiver b");
    zipkin.refused("http", 1, "x is wrong");
    loki.refused("http", 2, "y is wrong");
    zipkin.refused("http", 3, "x is wrong");
    assertThat(lines)
        .containsExactly(
            "Items refused receiver=receiver a items=1 transport=http reason=x is wrong",
            "Items refused receiver=receiver b items=2 transport=http reason=y is wrong");
    now.addAndGet(TimeUnit.SECONDS.toNanos(10));
    zipkin.refused("http", 4, "x is wrong");
    assertThat(lines.getLast())
        .isEqualTo(
            "Items refused receiver=receiver a items=4 transport=http reason=x is wrong"
                + " suppressed=1");
  }
}
