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
    for (String response = line.read(); !response.equals("PONG"); response = line.read()) {
      if (response.startsWith("-ERR")) {
        refusal = response.substring(4).strip();
      } else if (response.equals("PING")) {
        line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
      } else if (isMessage(response)) {
        NatsClient.read(line, response.split(" "));
      }
    }
    return refusal;
  }

  private static boolean isMessage(String response) {
    String word = response.toUpperCase(Locale.ROOT);
    return word.startsWith("MSG ") || word.startsWith("HMSG ");
  }

  @Override
  public String await(LineSockets.Line line, String subject, byte[] body) throws IOException {
    for (int others = 0; others < LoopbackProbe.MOST; ) {
      String response;
      try {
        response = line.read();
      } catch (IOException e) {
        return LoopbackProbe.nothing(subject, e);
      }
      if (response.equals("PING")) {
        line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
      } else if (isMessage(response)) {
        NatsClient.Message m = NatsClient.read(line, response.split(" "));
        if (Arrays.equals(m.body(), m.head(), m.body().length, body, 0, body.length)) {
          return "";
        }
        others++;
      }
    }
    return "it was not found in " + LoopbackProbe.MOST + " messages on " + subject;
  }
}
