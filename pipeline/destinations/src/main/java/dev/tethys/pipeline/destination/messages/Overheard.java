package dev.tethys.pipeline.destination.messages;

import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import java.io.IOException;
import java.time.Duration;

/**
 * Sends a message while somebody listens, over a connection of his own, and says whether it was
 * heard. Who may write and not read is no failure: that it was taken is known then, and no more.
 */
public final class Overheard implements Sender {
  /** Listens to one topic or subject. */
  public interface Listener extends AutoCloseable {
    /**
     * Listens, has the message sent, and waits for it.
     *
     * @param to the topic or subject
     * @param body of the message that is waited for
     * @param send sends it, once
     * @return what the sender said, and whether it was heard
     * @throws IOException when it was not taken
     */
    Heard hear(String to, byte[] body, Send send) throws IOException, InterruptedException;

    @Override
    void close();
  }

  /** Sends the message. */
  @FunctionalInterface
  public interface Send {
    Verdict send() throws IOException, InterruptedException;
  }

  /**
   * What became of a message.
   *
   * @param silence why nobody heard it; "" when the message was heard
   */
  public record Heard(Verdict verdict, String silence) {}

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Sender sender;
  private final Listener listener;
  private volatile String silence = "";

  /** Both are closed with this. */
  public Overheard(Sender sender, Listener listener) {
    this.sender = sender;
    this.listener = listener;
  }

  /** As long is listened, at most. */
  public static Duration patience(Duration timeout) {
    return timeout.compareTo(PATIENCE) < 0 ? timeout : PATIENCE;
  }

  /** What to say when nothing was heard although nobody refused to let us listen. */
  public static String nothing(String to, IOException end) {
    return "who listened to "
        + to
        + " heard nothing, which is so where the user may not read it ("
        + end.getMessage()
        + ")";
  }

  @Override
  public Verdict send(Parcel p) throws IOException, InterruptedException {
    Heard h = listener.hear(MessageParcels.topic(p), p.body(), () -> sender.send(p));
    silence = h.silence;
    return h.verdict;
  }

  /** What to say behind the topic: that it was heard, or why it was not listened to. */
  public String told() {
    return silence.isEmpty() ? ", and heard it there" : ", and did not hear it there: " + silence;
  }

  @Override
  public void close() {
    try (listener) {
      sender.close();
    }
  }
}
