package dev.tethys.pipeline.exporter.nats;

import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.messages.LoopbackProbe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Subscribes to a subject to verify a published message. */
record NatsListener(NatsClient client) implements LoopbackProbe.Listener {
  @Override
  public void close() {
    client.close();
  }

  @Override
  public <T> T over(LineSockets.Session<T> session) throws IOException {
    return client.over(session);
  }

  @Override
  public String subscribe(LineSockets.Line line, String subject) throws IOException {
    line.write(("SUB " + subject + " 2\r\nPING\r\n").getBytes(StandardCharsets.UTF_8));
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

  @Override
  public String await(LineSockets.Line line, String subject, byte[] body) throws IOException {
    for (int others = 0; others < LoopbackProbe.MOST; ) {
      String said;
      try {
        said = line.read();
      } catch (IOException e) {
        return LoopbackProbe.nothing(subject, e);
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
    return "it was not among " + LoopbackProbe.MOST + " others on " + subject;
  }
}
