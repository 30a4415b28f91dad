package dev.tethys.web.internal.http1;

import dev.tethys.web.HttpException;
import dev.tethys.web.internal.Answers;
import dev.tethys.web.internal.BrokenAnswerException;
import dev.tethys.web.internal.SlowClients;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1: its requests, one after the other, on the thread that the engine gave it.
 */
final class Http1Connection implements ServerConnection, InterruptableTask<Void> {
  private static final System.Logger LOG = System.getLogger("dev.tethys.web");

  private final SocketInput in;
  private final RequestHead head;
  private final Http1Answer answer;
  private final Http1Request.Client client;
  private final SlowClients.Peer peer;
  private final Answers answers;
  private volatile @Nullable Thread thread;
  private volatile boolean closing;
  private volatile boolean waiting;
  private volatile long lastNanos = System.nanoTime();

  Http1Connection(
      ConnectionContext context,
      byte[] begin,
      RequestHead head,
      SlowClients.Peer peer,
      Answers answers) {
    HelidonSocket socket = context.serverSocket();
    this.in = new SocketInput(socket, begin);
    this.head = head;
    this.answer = new Http1Answer(socket);
    this.client = Http1Request.Client.of(context);
    this.peer = peer;
    this.answers = answers;
  }

  @Override
  public void handle(Limit limit) {
    thread = Thread.currentThread();
    try {
      boolean again = true;
      while (again && !closing) {
        again = one();
      }
    } catch (UncheckedIOException e) {
      LOG.log(Level.DEBUG, "a connection has ended", e);
    } catch (BrokenAnswerException e) {
      LOG.log(Level.DEBUG, "an answer broke off", e);
    }
  }

  /** Answers the next request; false when it was the last. */
  private boolean one() {
    waiting = true;
    try {
      if (!head.read(in)) {
        return false;
      }
    } catch (HttpException e) {
      refuse(e);
      return false;
    } finally {
      waiting = false;
      lastNanos = System.nanoTime();
    }
    answer.next(head.method());
    boolean again =
        answers.answer(peer.begin(), new Http1Request(head, client, in, answer), answer);
    in.rest();
    lastNanos = System.nanoTime();
    return again;
  }

  /** What came is no request that could be answered, and what follows it cannot be understood. */
  private void refuse(HttpException why) {
    try (SlowClients.Exchange exchange = peer.begin()) {
      exchange.bodyRead();
      exchange.writing();
      answer.next("");
      byte[] text = (why.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
      answer.send(
          why.status(),
          Map.of(
              "connection", List.of("close"), "content-type", List.of("text/plain; charset=utf-8")),
          text,
          text.length);
      exchange.written();
      exchange.closeWhileItSends();
    }
  }

  @Override
  public boolean canInterrupt() {
    return waiting;
  }

  @Override
  public Duration idleTime() {
    return waiting ? Duration.ofNanos(System.nanoTime() - lastNanos) : Duration.ZERO;
  }

  @Override
  public void close(boolean interrupt) {
    closing = true;
    Thread t = thread;
    if (t != null && (interrupt || waiting)) {
      t.interrupt();
    }
  }
}
