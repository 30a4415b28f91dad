package dev.tethys.pipeline.destination.nats;

import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.client.LineSockets;
import dev.tethys.pipeline.destination.messages.Overheard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Subscribes to a subject, as anybody else would who wants what is published there. */
record NatsListener(NatsClient client) implements Overheard.Listener {
  /** Messages of others on the subject that are read past. */
  private static final int MOST = 100_000;

  @Override
  public void close() {
    client.close();
  }

  @Override
  public Overheard.Heard hear(String subject, byte[] body, Overheard.Send send)
      throws IOException, InterruptedException {
    boolean[] sent = {false};
    try {
      return client.over(
          line -> {
            line.write(("SUB " + subject + " 2\r\nPING\r\n").getBytes(StandardCharsets.UTF_8));
            String refusal = subscribed(line);
            sent[0] = true;
            Verdict v = sent(send);
            if (!refusal.isEmpty() || !(v instanceof Verdict.Delivered)) {
              return new Overheard.Heard(v, refusal);
            }
            return new Overheard.Heard(v, await(line, subject, body));
          });
    } catch (IOException e) {
      if (sent[0]) {
        throw e;
      }
      return new Overheard.Heard(send.send(), String.valueOf(e.getMessage()));
    }
  }

  private static Verdict sent(Overheard.Send send) throws IOException {
    try {
      return send.send();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What the server has against it; "" for nothing. */
  private static String subscribed(LineSockets.Line line) throws IOException {
    String refusal = "";
    for (String said = line.read(); !said.equals("PONG"); said = line.read()) {
      if (said.startsWith("-ERR")) {
        refusal = said.substring(4).strip();
      } else if (said.equals("PING")) {
        line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
      } else if (isMessage(said)) {
        NatsClient.read(line, said.split(" "));
      }
    }
    return refusal;
  }

  private static boolean isMessage(String said) {
    String word = said.toUpperCase(Locale.ROOT);
    return word.startsWith("MSG ") || word.startsWith("HMSG ");
  }

  /** Why it was not heard; "" when it was. */
  private static String await(LineSockets.Line line, String subject, byte[] body)
      throws IOException {
    for (int others = 0; others < MOST; ) {
      String said;
      try {
        said = line.read();
      } catch (IOException e) {
        return Overheard.nothing(subject, e);
      }
      if (said.equals("PING")) {
        line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
      } else if (isMessage(said)) {
        NatsClient.Message m = NatsClient.read(line, said.split(" "));
        if (Arrays.equals(m.body(), m.head(), m.body().length, body, 0, body.length)) {
          return "";
        }
        others++;
      }
    }
    return "it was not among " + MOST + " others on " + subject;
  }
}
