package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionSharesTest {
  private final ConnectionShares shares = new ConnectionShares();

  private static Socket of(String address) {
    return new Socket() {
      @Override
      public InetAddress getInetAddress() {
        try {
          return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
          throw new AssertionError(e);
        }
      }
    };
  }

  @Test
  void evictsOldestConnectionOfTheBusiestClient() {
    assertThat(shares.oldestOfMost(of("10.0.0.1"))).isNull();
    List<Socket> many = new ArrayList<>();
    List<ConnectionShares.Share> places = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      many.add(of("10.0.0.9"));
      places.add(shares.add(many.get(i)));
    }
    shares.add(of("10.0.0.1"));
    assertThat(shares.oldestOfMost(of("10.0.0.9"))).as("one of its own").isNull();
    assertThat(shares.oldestOfMost(of("10.0.0.2"))).isSameAs(many.get(0));
    assertThat(shares.oldestOfMost(of("10.0.0.1"))).isSameAs(many.get(0));
    places.get(0).close();
    assertThat(shares.oldestOfMost(of("10.0.0.2"))).isSameAs(many.get(1));
    for (int i = 1; i < 6; i++) {
      places.get(i).close();
    }
    assertThat(shares.oldestOfMost(of("10.0.0.2"))).as("two are no more than their share").isNull();
  }
}
