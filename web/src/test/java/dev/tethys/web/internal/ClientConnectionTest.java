package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ClientConnectionTest {
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean heard = new AtomicBoolean();

  private Multiplexed whole(LinkedBlockingQueue<Integer> told) {
    return new Multiplexed() {
      @Override
      public void goAway(int lastStream) {
        told.add(lastStream);
      }

      @Override
      public boolean hasAcknowledgedGoAway() {
        return heard.get();
      }

      @Override
      public boolean hasBegun() {
        return begun.get();
      }

      @Override
      public boolean isGone(long now) {
        return false;
      }
    };
  }

  /**
   * A client repeats elsewhere what it was informed of as unanswered: it must not be done here,
   * too.
   */
  @Test
  @Timeout(20)
  void ignoresRequestsAfterTheAnnouncedLastOne() throws Exception {
    LinkedBlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    Multiplexed whole = whole(told);
    try (Socket socket = new Socket()) {
      ClientConnection c =
          new ClientConnection(
              socket, socket, true, "", true, 0, ClientConnection.NEVER, ClientConnection.NEVER);
      c.arrives(1);
      assertThat(c.takes(1)).isTrue();
      c.part(whole, 0, 1000);
      assertThat(c.isGoAwaySent()).as("before the first words").isFalse();
      begun.set(true);
      c.part(whole, 0, 1000);
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(Integer.MAX_VALUE);
      c.arrives(3); // it was on its way
      heard.set(true);
      c.part(whole, 1000, 1000);
      assertThat(told.poll()).as("a request that has come and is not in work yet").isNull();
      assertThat(c.takes(3)).isTrue();
      c.part(whole, 1000, 1000);
      c.arrives(5);
      assertThat(c.takes(5)).isFalse();
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  /** Before the first bytes nothing can be sent, but they may never come. */
  @Test
  @Timeout(20)
  void endsAConnectionWithoutAnyRequest() throws Exception {
    LinkedBlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    try (Socket socket = new Socket()) {
      ClientConnection c =
          new ClientConnection(
              socket, socket, true, "", true, 0, ClientConnection.NEVER, ClientConnection.NEVER);
      c.part(whole(told), 500, 1000);
      c.part(whole(told), 1500, 1000);
      assertThat(c.isClosed()).isFalse();
      c.part(whole(told), 1501, 1000);
      while (!c.isClosed()) {
        Waiting.pause();
      }
      assertThat(told).isEmpty();
    }
  }

  /** A client that never answers that it has heard does not keep its connection open. */
  @Test
  @Timeout(20)
  void graceTimeExpires() throws Exception {
    LinkedBlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    try (Socket socket = new Socket()) {
      ClientConnection c =
          new ClientConnection(
              socket, socket, true, "", true, 0, ClientConnection.NEVER, ClientConnection.NEVER);
      begun.set(true);
      c.part(whole(told), 0, 1000);
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(Integer.MAX_VALUE);
      c.arrives(1);
      c.part(whole(told), 1000, 1000);
      c.part(whole(told), 1001, 1000);
      assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
      while (!c.isClosed()) {
        Waiting.pause();
      }
    }
  }
}
