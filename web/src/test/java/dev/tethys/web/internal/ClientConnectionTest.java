package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ClientConnectionTest {
  /** A client repeats elsewhere what it was told is not answered: it must not be done here, too. */
  @Test
  @Timeout(20)
  void whatComesBehindTheLastRequestThatWasToldIsNotAnswered() throws Exception {
    LinkedBlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    Multiplexed whole =
        new Multiplexed() {
          @Override
          public void goAway(int lastStream) {
            told.add(lastStream);
          }

          @Override
          public boolean isGone(long now) {
            return false;
          }
        };
    try (Socket socket = new Socket()) {
      ClientConnection c =
          new ClientConnection(
              socket, socket, true, 0, ClientConnection.NEVER, ClientConnection.NEVER);
      assertThat(c.takes(1)).isTrue();
      c.part(whole, 0);
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(Integer.MAX_VALUE);
      assertThat(c.takes(3)).as("it was on its way").isTrue();
      c.part(whole, 200_000_000);
      assertThat(c.takes(5)).isFalse();
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }
}
