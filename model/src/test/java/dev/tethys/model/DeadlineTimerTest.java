package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTimerTest {
  @Test
  void endsTheReadInProgressAndReportsIt() throws Exception {
    Pipe pipe = Pipe.open();
    try (Pipe.SinkChannel end = pipe.sink();
        DeadlineTimer alarm =
            DeadlineTimer.closing(pipe.source(), System.nanoTime() + 20_000_000)) {
      assertThatThrownBy(() -> pipe.source().read(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedChannelException.class);
      assertThat(alarm.hasRung()).isTrue();
      alarm.close();
      assertThat(end.isOpen()).isTrue();
      assertThat(alarm.hasRung()).isTrue();
    }
  }

  @Test
  void waitingCloseDoesNotDelayOtherAlarms() throws Exception {
    Pipe pipe = Pipe.open();
    Thread[] held = new Thread[1];
    try (Pipe.SinkChannel end = pipe.sink();
        DeadlineTimer first =
            DeadlineTimer.closing(
                () -> {
                  held[0] = Thread.currentThread();
                  Thread.sleep(Duration.ofDays(1));
                },
                System.nanoTime());
        DeadlineTimer second =
            DeadlineTimer.closing(pipe.source(), System.nanoTime() + 20_000_000)) {
      assertThatThrownBy(() -> pipe.source().read(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedChannelException.class);
      assertThat(first.hasRung()).isTrue();
      assertThat(second.hasRung()).isTrue();
    } finally {
      held[0].interrupt();
    }
  }

  @Test
  void closesNothingAfterBeingTurnedOff() throws Exception {
    Pipe pipe = Pipe.open();
    try (Pipe.SinkChannel end = pipe.sink();
        Pipe.SourceChannel source = pipe.source()) {
      DeadlineTimer off = DeadlineTimer.closing(source, System.nanoTime() + 200_000_000);
      off.close();
      // one that was set later, for a later moment, rings when the first would have
      Pipe other = Pipe.open();
      try (Pipe.SinkChannel otherEnd = other.sink();
          DeadlineTimer on =
              DeadlineTimer.closing(other.source(), System.nanoTime() + 300_000_000)) {
        assertThatThrownBy(() -> other.source().read(ByteBuffer.allocate(1)))
            .isInstanceOf(ClosedChannelException.class);
        assertThat(on.hasRung()).isTrue();
      }
      assertThat(off.hasRung()).isFalse();
      assertThat(source.isOpen()).isTrue();
    }
  }
}
