package dev.tethys.web.internal;

import io.helidon.common.socket.SocketOptions;
import java.net.Socket;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The options of accepted sockets; each socket is also shown to somebody before it is used. */
public final class WatchedSockets implements SocketOptions {
  private final SocketOptions plain;
  private final Consumer<Socket> watcher;

  public WatchedSockets(Duration readTimeout, Consumer<Socket> watcher) {
    this.plain =
        SocketOptions.builder()
            .tcpNoDelay(true)
            .socketKeepAlive(true)
            .readTimeout(readTimeout)
            .build();
    this.watcher = watcher;
  }

  @Override
  public void configureSocket(Socket socket) {
    plain.configureSocket(socket);
    watcher.accept(socket);
  }

  @Override
  public Map<SocketOption<?>, Object> socketOptions() {
    return plain.socketOptions();
  }

  @Override
  public Duration connectTimeout() {
    return plain.connectTimeout();
  }

  @Override
  public Duration readTimeout() {
    return plain.readTimeout();
  }

  @Override
  public Optional<Integer> socketReceiveBufferSize() {
    return plain.socketReceiveBufferSize();
  }

  @Override
  public Optional<Integer> socketSendBufferSize() {
    return plain.socketSendBufferSize();
  }

  @Override
  public boolean socketReuseAddress() {
    return plain.socketReuseAddress();
  }

  @Override
  public boolean socketKeepAlive() {
    return plain.socketKeepAlive();
  }

  @Override
  public boolean tcpNoDelay() {
    return plain.tcpNoDelay();
  }
}
