package dev.tethys.pipeline.exporter.messages;

import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.client.LineSockets;
import java.io.IOException;
import java.time.Duration;

/**
 * Publishes a test message while a second connection subscribes, and reports whether it arrived. A
 * client without permission to subscribe is not a failure: only acceptance is verified then.
 */
public final class LoopbackProbe implements Sender {
  /** Maximum number of other messages that are skipped. */
  public static final int MOST = 100_000;

  /** Listens to one topic or subject. */
  public interface Listener extends AutoCloseable {
    /** Performs an operation on a connection. */
    <T> T over(LineSockets.Session<T> session) throws IOException;

    /**
     * Subscribes and returns the topic.
     *
     * @param to the topic or subject
     * @return the reason why it is impossible; "" on success
     */
    String subscribe(LineSockets.Line line, String to) throws IOException;

    /**
     * Waits for a message.
     *
     * @param body expected content
     * @return the reason why it was not received; "" on success
     * @throws IOException if it is unknown whether it was accepted
     */
    String await(LineSockets.Line line, String to, byte[] body) throws IOException;

    @Override
    void close();
  }

  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  private final Sender sender;
  private final Listener listener;
  private volatile String silence = "";

  /** Creates a probe that closes both with itself. */
  public LoopbackProbe(Sender sender, Listener listener) {
    this.sender = sender;
    this.listener = listener;
  }

  /** Returns the maximum time to wait for the message. */
  public static Duration timeLimit(Duration timeout) {
    return timeout.compareTo(TIME_LIMIT) < 0 ? timeout : TIME_LIMIT;
  }

  /** Reports that nothing was received although subscribing was allowed. */
  public static String nothing(String to, IOException end) {
    return "the subscriber to "
        + to
        + " received nothing; the user may lack permission to read it ("
        + end.getMessage()
        + ")";
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    String to = MessageRequestEncoder.topic(p);
    boolean[] sent = {false};
    try {
      return listener.over(
          line -> {
            String refusal = listener.subscribe(line, to);
            sent[0] = true;
            SendResult v = sendOnce(p);
            boolean waits = refusal.isEmpty() && v instanceof SendResult.Delivered;
            silence = waits ? listener.await(line, to, p.body()) : refusal;
            return v;
          });
    } catch (IOException e) {
      if (sent[0]) {
        throw e;
      }
      SendResult v = sender.send(p);
      silence = String.valueOf(e.getMessage());
      return v;
    }
  }

  private SendResult sendOnce(EncodedRequest p) throws IOException {
    try {
      return sender.send(p);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Describes the result after the topic: the message was received, or why subscribing failed. */
  public String describeResult() {
    return silence.isEmpty() ? ", and heard it there" : ", and did not hear it there: " + silence;
  }

  @Override
  public void close() {
    try (listener) {
      sender.close();
    }
  }
}
